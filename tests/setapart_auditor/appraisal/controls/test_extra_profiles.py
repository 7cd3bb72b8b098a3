"""More profiles on a dedicated device than its holder's own."""

from evidence_factory import make_inventory, profile, rows
from judging import findings, judge, only

CONTROL = "extra-profiles"
PHONE = make_inventory(
    profiles=[
        profile("0"),
        profile("system", "system"),
        profile("10", "work"),
        profile("0/chromium/Default", "secondary"),
    ],
    coverage=rows(profiles=["0", "system", "10"]),
)


def test_each_further_profile_of_a_dedicated_device_is_shown() -> None:
    verdict = judge(PHONE, device_class="social-dedicated")
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("compliant", "warning", "/profiles/2")
    assert finding.message == "profile 10 is a work profile"


def test_other_devices_may_have_many_users() -> None:
    assert not findings(judge(PHONE), CONTROL)
