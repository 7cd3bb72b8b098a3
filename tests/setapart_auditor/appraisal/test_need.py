"""Which exception carries an app."""

import datetime as dt
from typing import Any

import pytest

from evidence_factory import make_exception, make_policy, make_registration
from setapart_auditor.appraisal.model import Exception_
from setapart_auditor.appraisal.need import Need, need_of
from setapart_auditor.policy.model import ExceptionRule

TODAY = dt.date(2026, 11, 23)


def need(*exceptions: Exception_, app: str = "tiktok", role: str = "staff", holder: str = "h1", **rule: Any) -> Need:
    return need_of(
        app,
        make_policy().apps[app],
        registration=make_registration("social-dedicated", role=role, holder=holder),
        exceptions=exceptions,
        pack=make_policy(exception=ExceptionRule(**{"allowed": True, **rule})).pack,
        today=TODAY,
    )


def test_an_exception_holds_on_its_first_and_on_its_last_day() -> None:
    for day in ({"valid_from": TODAY}, {"until": TODAY}):
        assert need(make_exception(**day)).exception is not None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"until": TODAY - dt.timedelta(days=1)}, "ended on 2026-11-22"),
        ({"valid_from": TODAY + dt.timedelta(days=1)}, "begins on 2026-11-24"),
        ({"revoked": TODAY}, "was revoked on 2026-11-23"),
        ({"holder": "h2"}, "another holder"),
        ({"holder": " "}, "another holder"),
        ({"requested_by": "O2 "}, "second person"),
        ({"approved_by": "H1"}, "second person"),
        ({"approved_by": ""}, "second person"),
        ({"need": "  "}, "names no need"),
        ({"device": "another-phone"}, "no exception names this device and app"),
        ({"app": "telegram"}, "no exception names this device and app"),
        ({"app": "tiktok-lite"}, "no exception names this device and app"),
    ],
)
def test_what_is_wrong_with_an_exception_is_said(fields: dict[str, Any], why: str) -> None:
    found = need(make_exception(**fields))
    assert found.exception is None
    assert why in found.refusal


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"allowed": False}, "allows no exception"),
        ({"max_days": 179}, "longer than 179 days"),
        ({"grounds": ("security-research",)}, "ground"),
        ({"not_for_apps": ("tiktok",)}, "never excepts"),
        ({"not_for_roles": ("staff",)}, "role"),
        ({"signed": True}, "two officers"),
    ],
)
def test_what_the_pack_does_not_allow_is_no_exception(rule: dict[str, Any], why: str) -> None:
    found = need(make_exception(), **rule)
    assert found.exception is None
    assert why in found.refusal


def test_the_length_is_counted_as_the_register_counts_it() -> None:
    """From 1 November until 30 April are 180 days."""
    assert need(make_exception(), max_days=180).exception is not None


@pytest.mark.parametrize("role", ["", "intern", "STAFF"])
def test_an_unknown_role_is_the_strictest(role: str) -> None:
    assert need(make_exception(), role=role).exception is not None
    assert need(make_exception(), role=role, not_for_roles=("minister",)).exception is None


def test_a_future_revocation_does_not_end_it_today() -> None:
    assert need(make_exception(revoked=TODAY + dt.timedelta(days=1))).exception is not None


def test_an_exception_for_the_named_app_covers_its_variants() -> None:
    assert need(make_exception(), app="tiktok-lite").exception is not None
    assert need(make_exception(app="tiktok-lite"), app="tiktok-lite").exception is not None
    assert need(make_exception(), app="tiktok-lite", not_for_apps=("tiktok",)).exception is None


def test_of_several_the_valid_one_that_lasts_longest_is_taken_in_any_order() -> None:
    short = make_exception(id="E-1", until=dt.date(2026, 12, 1))
    long = make_exception(id="E-2", until=dt.date(2027, 4, 1))
    revoked = make_exception(id="E-3", revoked=TODAY)
    for order in ((short, long, revoked), (revoked, long, short)):
        found = need(*order).exception
        assert found is not None
        assert found.id == "E-2"


def test_people_are_compared_as_the_register_compares_them() -> None:
    assert need(make_exception(holder=" H1")).exception is not None
    assert need(make_exception(), holder="").exception is None
