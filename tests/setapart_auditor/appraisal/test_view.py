"""One report as the rule sees it."""

import pytest

from evidence_factory import NOW, app, make_inventory, make_policy, make_received, rows
from setapart_auditor.appraisal.model import Context
from setapart_auditor.appraisal.rulebook import rulebook_of
from setapart_auditor.appraisal.view import View, owner_of, profile_words, view_of
from setapart_evidence.model import Coverage


def view(*coverage: Coverage) -> View:
    inventory = make_inventory(coverage=coverage, apps=[app(profile="7/firefox/x")])
    return view_of(make_received(inventory), "#1", rulebook_of(make_policy()), Context(), NOW)


def test_every_row_of_a_section_must_say_observed() -> None:
    found = view(*rows(), *rows("links", status="failed", collector="wifi"))
    assert found.seen == {("apps", "0"), ("accounts", "0")}
    lack = found.lacks["links", "0"]
    assert (lack.cause, lack.evidence, lack.detail) == ("unseen", "#1/coverage/3", "failed by wifi")


def test_the_first_row_that_speaks_against_a_section_is_named() -> None:
    found = view(*rows("apps", status="denied", collector="one"), *rows("apps", status="failed", collector="two"))
    assert found.lacks["apps", "0"].detail == "denied by one"


def test_a_browser_alone_does_not_speak_for_its_user() -> None:
    found = view(*rows("apps", profiles=["0/chromium/Default"]))
    assert found.seen == frozenset()
    assert found.lacks["apps", "0"].detail == "only a browser was looked into"


def test_owners_are_all_that_anything_betrays() -> None:
    found = view(*rows(), *rows("apps", profiles=["11"], status="denied"), *rows("apps", profiles=["12"]))
    assert found.owners == {"0", "7", "11"}  # that 12 was seen, and holds nothing, is no reason to look further


@pytest.mark.parametrize(
    ("profile", "owner", "words"),
    [
        ("1000/chromium/Default", "1000", "in profile 1000"),
        ("system", "system", "for all users"),
        ("S-1-5-21-1", "S-1-5-21-1", "in profile S-1-5-21-1"),
        ("", "", "in profile "),
    ],
)
def test_profiles_have_owners_and_words(profile: str, owner: str, words: str) -> None:
    assert owner_of(profile) == owner
    assert profile_words(owner) == words
