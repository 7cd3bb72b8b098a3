"""Words that findings use for what they saw."""

import pytest

from evidence_factory import account, app, link
from setapart_auditor.appraisal.attribution import Attribution
from setapart_auditor.appraisal.case import Seen, Tie
from setapart_auditor.appraisal.matcher import How
from setapart_evidence.model import Account, App, Link


@pytest.mark.parametrize(
    ("item", "how", "words"),
    [
        (app("a.b", name="TikTok"), "identity", "TikTok (a.b) in profile 0"),
        (app("a.b", name="Notes"), "identity", "Notes (a.b), which is tiktok, in profile 0"),
        (app("a.b"), "identity", "tiktok (a.b) in profile 0"),
        (app("a.b", name="a.b"), "identity", "tiktok (a.b) in profile 0"),
        (app("a.b"), "suspicion", "a.b in profile 0"),
        (app("a.b", name="T1kTok"), "suspicion", "T1kTok (a.b) in profile 0"),
        (app("https://tiktok.com/"), "web", "https://tiktok.com/ in profile 0"),
        (app("a.b", name="\x1b[31m"), "suspicion", "\\u001b[31m (a.b) in profile 0"),
        (app("a.b", name="Notes"), "signer", "Notes (a.b), signed by the maker of tiktok, in profile 0"),
        (app("a.b"), "signer", "a.b, signed by the maker of tiktok, in profile 0"),
    ],
)
def test_an_app_is_named_by_its_name_its_identifier_and_what_it_is(item: App, how: How, words: str) -> None:
    assert Seen(app="tiktok", how=how, item=item, profile="0", evidence="/apps/0").words == words


@pytest.mark.parametrize(
    ("item", "noun", "words"),
    [
        (
            account(domain="a.example", host="b.example"),
            "account",
            "account of type imap at a.example (b.example) in profile 0",
        ),
        (
            account(domain="a.example", host="Imap.A.example", tenant="a.example"),
            "account",
            "account of type imap at a.example in profile 0",
        ),
        (account(tenant="T", profile="5/x/y"), "account", "account of type imap at T in profile 5"),
        (account(domain=None), "account", "account of type imap in profile 0"),
        (link("vpn", "v.example\n"), "link", "vpn link at v.example\\u000a in profile 0"),
        (link("vpn", None, profile="system"), "link", "vpn link for all users"),
    ],
)
def test_a_tie_is_named_by_its_kind_and_its_place(item: Account | Link, noun: str, words: str) -> None:
    tie = Tie(item=item, evidence="/x", attribution=Attribution.FOREIGN, reach=("mail",))
    assert (tie.noun, tie.words) == (noun, words)
