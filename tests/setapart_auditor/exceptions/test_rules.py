"""What may be asked for and what may be granted."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_factory import make_exception, make_policy, make_registration
from setapart_auditor.appraisal.need import folded, same_person
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.exceptions.rules import check_grant, check_request, only_ground
from setapart_auditor.policy.model import ExceptionRule

TODAY = dt.date(2026, 11, 23)
NEXT_YEAR = dt.date(2027, 12, 1)


def asked(*, approved_by: str = "", rule: dict[str, Any] | None = None, **fields: Any) -> None:
    """Asks; where somebody approves, grants."""
    device = make_registration(
        fields.pop("class_", "social-dedicated"),
        role=fields.pop("role", "staff"),
        holder=fields.pop("held_by", "h1"),
        since=fields.pop("since", None),
    )
    role = fields.pop("approver_role", None)
    policy = make_policy(exception=ExceptionRule(**{"allowed": True, **(rule or {})}))
    request = make_exception(approved_by=approved_by, **fields)
    if approved_by:
        check_grant(request, device, policy, TODAY, role)
    else:
        check_request(request, device, policy, TODAY)


def test_three_people_and_a_need_are_enough() -> None:
    asked()
    asked(approved_by="o2")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"requested_by": "H1"}, "holds the device"),
        ({"approved_by": "O1"}, "has asked for it"),
        ({"approved_by": " h1"}, "holds the device"),
        ({"approved_by": "h\u200b1"}, "holds the device"),
        ({"holder": "h2"}, "held by `h1`"),
        ({"holder": " "}, "without a name"),
        ({"requested_by": ""}, "without a name"),
        ({"approved_by": "o2", "rule": {"approver_role": "ciso"}}, "no office"),
    ],
)
def test_people_who_are_not_three_are_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAllowedError, match=why):
        asked(**fields)


@pytest.mark.parametrize("fields", [{}, {"approved_by": "o2"}])
@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"held_by": ""}, "has no holder"),
        ({"class_": "ordinary"}, "of class ordinary"),
        ({"class_": "ordinary", "since": NEXT_YEAR}, "from 2027-12-01"),
        ({"until": TODAY - dt.timedelta(days=1)}, "is past"),
        ({"until": dt.date(2026, 11, 24), "valid_from": dt.date(2026, 11, 24)}, "a day after"),
        ({"until": dt.date(9999, 1, 1)}, "years from"),
        ({"app": "tiktock"}, "did you mean `tiktok`"),
        ({"rule": {"allowed": False}}, "allows no exceptions"),
        ({"rule": {"max_days": 30}}, "at most 30"),
        ({"rule": {"grounds": ("research",)}}, "ground `communication`"),
        ({"rule": {"not_for_apps": ("tiktok",)}}, "no exception for `tiktok`"),
        ({"rule": {"not_for_roles": ("minister",)}, "role": "minister"}, "of role `minister`"),
    ],
)
def test_what_register_or_pack_can_not_have_is_refused_at_both_steps(
    wrong: dict[str, Any], why: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(AuditorError, match=why):
        asked(**fields, **wrong)


@pytest.mark.parametrize("need", ["", "  ", "a\x1bb", "x" * 1001])
def test_a_need_is_a_line_of_text(need: str) -> None:
    with pytest.raises(AuditorError, match="need"):
        asked(need=need)


def test_the_office_that_the_pack_names_grants() -> None:
    asked(approved_by="o2", approver_role="ciso", rule={"approver_role": "ciso"})
    with pytest.raises(AuditorError, match="`clerk`"):
        asked(approved_by="o2", approver_role="clerk", rule={"approver_role": "ciso"})


def test_only_one_ground_goes_without_saying() -> None:
    for grounds, found in (((), ""), (("research",), "research"), (("research", "press"), "")):
        policy = make_policy(exception=ExceptionRule(allowed=True, grounds=grounds))
        assert only_ground(policy) == found


@given(st.text(max_size=12), st.sampled_from(["\u200b", "\ufe0f", "\u00ad", " ", "\u2060"]))
def test_a_name_is_the_same_person_however_it_is_spelled(name: str, unseen: str) -> None:
    assert folded(folded(name)) == folded(name)
    assert same_person(name, f" {name}{unseen}")
    assert same_person("Å" + name, "A\u030a" + name)
