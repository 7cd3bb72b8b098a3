"""One report as the rule sees it."""

import pytest

from evidence_factory import NOW, SECTIONS, app, make_inventory, make_policy, make_received, rows
from setapart_auditor.appraisal.model import Context
from setapart_auditor.appraisal.rulebook import rulebook_of
from setapart_auditor.appraisal.view import Lack, View, owner_of, profile_words, view_of
from setapart_auditor.policy.model import CoverageRule
from setapart_evidence.model import Coverage, Section, Withheld
from setapart_evidence.statement import Disclosure

RULEBOOK = rulebook_of(make_policy())


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
    silent = Lack(
        section="apps",
        profile="0",
        cause="unseen",
        evidence="#1/coverage/0",
        detail="only a browser was looked into",
    )
    assert found.lacks == {("apps", "0"): silent}


def test_a_browser_takes_nothing_from_what_was_seen_or_said_of_its_user() -> None:
    browser = rows("apps", profiles=["0/chromium/Default"])
    seen = view(*browser, *rows("apps"))
    assert (seen.seen, seen.lacks) == ({("apps", "0")}, {})
    refused = view(*browser, *rows("apps", status="denied"))
    assert refused.lacks["apps", "0"].detail == "denied by android.test"


def test_the_agents_own_note_about_a_client_ends_no_list_of_rows() -> None:
    note = rows("accounts", status="partial", collector="agent.own-store", reason="own-store:k-9")
    found = view(*note, *rows())
    assert found.seen == {("apps", "0"), ("accounts", "0"), ("links", "0")}
    assert [store.evidence for store in found.own_stores] == ["#1/coverage/0"]


@pytest.mark.parametrize("section", ["apps", "accounts"])
def test_what_a_filter_kept_back_is_missing_in_every_profile_and_nowhere_else(section: Section) -> None:
    inventory = make_inventory(
        profiles=["0", "10"], coverage=rows(profiles=["0", "10"]), withheld=Withheld(**{section: 1})
    )
    found = view_of(make_received(inventory, disclosure=Disclosure(level="scoped")), "#1", RULEBOOK, Context(), NOW)
    missing = {(section, "0"), (section, "10")}
    assert found.seen == {(name, profile) for name in SECTIONS for profile in ("0", "10")} - missing
    assert found.lacks == {
        place: Lack(section=place[0], profile=place[1], cause="disclosure", evidence="#1/predicate/disclosure")
        for place in missing
    }


def test_of_evidence_of_too_low_a_grade_nothing_is_believed() -> None:
    strict = rulebook_of(make_policy(coverage=CoverageRule(min_grade="agent-key")))
    found = view_of(make_received(grade="self-declared"), "", strict, Context(), NOW)
    assert found.seen == frozenset()
    assert found.lacks == {
        (section, "0"): Lack(
            section=section,
            profile="0",
            cause="grade",
            evidence="/predicate/origin/grade",
            detail="self-declared",
        )
        for section in SECTIONS
    }


def test_owners_are_all_that_anything_betrays() -> None:
    found = view(*rows(), *rows("apps", profiles=["11"], status="denied"), *rows("apps", profiles=["12"]))
    assert found.owners == {"0", "7", "11"}  # that 12 was seen, and holds nothing, is no reason to look further


def test_a_profile_that_is_not_listed_counts_by_its_apps_though_a_row_says_it_was_seen() -> None:
    assert view(*rows("apps", profiles=["7/firefox/x"])).owners == {"0", "7"}


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
