"""Threat 5, the auditor's half: the app hides in another user, a work profile, a clone or a private space."""

import pytest

from evidence_factory import TIKTOK, account, app, link, make_inventory, profile, rows
from judging import controls, judge, only
from setapart_evidence.model import ProfileKind

OTHERS: dict[str, ProfileKind] = {
    "10": "work",
    "11": "secondary",
    "12": "guest",
    "150": "private-space",
    "999": "clone",
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_app_counts_in_every_kind_of_profile(other: str) -> None:
    inventory = make_inventory(profiles=["0", profile(other, OTHERS[other])], apps=[app(TIKTOK, profile=other)])
    verdict = judge(inventory)
    assert verdict.status == "violation"
    assert f"profile {other}" in only(verdict, "restricted-app-on-ordinary-device").message


@pytest.mark.parametrize("other", OTHERS)
def test_a_profile_that_was_listed_and_not_looked_into_is_no_green(other: str) -> None:
    inventory = make_inventory(profiles=["0", profile(other, OTHERS[other])], coverage=rows())
    verdict = judge(inventory)
    assert (verdict.status, controls(verdict)) == ("inconclusive", {"coverage-incomplete"})


def test_both_ways_into_a_profile_refused_is_inconclusive() -> None:
    refused = rows("apps", profiles=["10"], status="denied", reason="no permission to access user 10")
    verdict = judge(make_inventory(profiles=["0", "10"], coverage=(*rows(), *refused)))
    assert verdict.status == "inconclusive"
    assert "no permission to access user 10" in only(verdict, "coverage-incomplete").message


@pytest.mark.parametrize(
    "fact",
    [{"apps": [app(profile="11")]}, {"accounts": [account(profile="11")]}, {"links": [link("mdm", None, profile="11")]},
     {"coverage": (*rows(), *rows("links", profiles=["11"], status="denied"))}],
    ids=["app", "account", "link", "refusal"],
)  # fmt: skip
def test_a_profile_that_only_a_fact_betrays_counts_as_unseen(fact: dict[str, object]) -> None:
    verdict = judge(make_inventory(**fact))  # type: ignore[arg-type]
    assert verdict.status == "inconclusive"
    assert "profile 11" in only(verdict, "coverage-incomplete").message


def test_a_browser_profile_belongs_to_its_user_and_speaks_for_no_more_than_itself() -> None:
    browser = "1000/chromium/Default"
    seen = (*rows("apps", profiles=["1000"]), *rows("apps", profiles=[browser], collector="browser"))
    inventory = make_inventory(platform="linux", profiles=["1000"], apps=[app(profile=browser)], coverage=seen)
    assert judge(inventory).status == "compliant"
    alone = make_inventory(platform="linux", profiles=["1000"], coverage=rows("apps", profiles=[browser]))
    assert judge(alone).status == "inconclusive"
    unread = (*rows("apps", profiles=["1000"]), *rows("apps", profiles=[browser], status="failed"))
    assert judge(make_inventory(platform="linux", profiles=["1000"], coverage=unread)).status == "inconclusive"
