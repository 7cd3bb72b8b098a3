"""Building a case: what is required, whom the pack reaches."""

import datetime as dt
from typing import Any

import pytest

from evidence_factory import NOW, make_policy, make_registration
from setapart_auditor.appraisal.survey import covers_holder, in_force, required_sections
from setapart_auditor.policy.model import CoverageRule, Covers, Effective

ALL = ("apps", "accounts", "links")


@pytest.mark.parametrize(
    ("device_class", "personal", "ordinary", "required"),
    [
        ("ordinary", "as-ordinary", ("apps",), ("apps",)),
        ("ordinary", "app-or-link", ("apps",), ("apps",)),
        ("ordinary", "as-ordinary", ("links", "apps"), ("apps", "links")),
        ("ordinary", "as-ordinary", (), ("apps",)),
        ("personal", "as-ordinary", ("apps",), ("apps",)),
        ("personal", "app-or-link", ("apps",), ALL),
        ("social-dedicated", "as-ordinary", ("apps",), ALL),
    ],
)
def test_what_must_have_been_seen(device_class: Any, personal: Any, ordinary: Any, required: tuple[str, ...]) -> None:
    pack = make_policy(personal=personal, coverage=CoverageRule(ordinary=ordinary)).pack
    assert required_sections(device_class, pack) == required


def test_a_pack_rules_from_its_first_day_to_the_day_before_its_sunset() -> None:
    today = NOW.date()
    day = dt.timedelta(days=1)
    for first, sunset, expected in (
        (today, None, True),
        (today + day, None, False),
        (today, today + day, True),
        (today - day, today, False),
    ):
        pack = make_policy(effective=Effective(from_=first, sunset=sunset)).pack
        assert in_force(pack, today) is expected


@pytest.mark.parametrize(
    ("persons", "role", "covered"),
    [
        (("all",), "staff", True), (("minister", "all"), "staff", True), (("minister",), "minister", True),
        (("minister",), "staff", False), (("minister",), "", True), (("minister",), "unheard-of", True),
    ],
)  # fmt: skip
def test_unknown_roles_are_covered(persons: tuple[str, ...], role: str, covered: bool) -> None:
    pack = make_policy(covers=Covers(persons=persons)).pack
    assert covers_holder(pack, make_registration(role=role)) is covered
