"""A restricted app may read contacts, calendar, location or accounts."""

import pytest

from evidence_factory import DAY, NOW, TIKTOK, app, make_exception, make_inventory, make_policy
from judging import findings, judge, only
from setapart_auditor.policy.model import Effective

CONTROL = "restricted-app-holds-permission"


@pytest.mark.parametrize(
    ("permissions", "words"),
    [
        (("contacts", "camera", "location"), "contacts, location"),
        (("android.permission.READ_CALENDAR",), "calendar"),
        (("android.permission.ACCESS_FINE_LOCATION", "android.permission.GET_ACCOUNTS"), "location, accounts"),
    ],
)
def test_every_spelling_of_a_permission_is_understood(permissions: tuple[str, ...], words: str) -> None:
    verdict = judge(
        make_inventory(apps=[app(permissions=("contacts",)), app(TIKTOK, permissions=permissions)]),
        device_class="social-dedicated", exceptions=(make_exception(),),
    )  # fmt: skip
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("excepted", "warning", "/apps/1/permissions")
    assert finding.message.endswith(f"may read {words}")


def test_other_permissions_and_other_days_are_not_meant() -> None:
    assert not findings(judge(make_inventory(apps=[app(TIKTOK, permissions=("camera",))])), CONTROL)
    later = make_policy(effective=Effective(from_=NOW.date() + DAY))
    assert not findings(judge(make_inventory(apps=[app(TIKTOK, permissions=("contacts",))]), policy=later), CONTROL)
