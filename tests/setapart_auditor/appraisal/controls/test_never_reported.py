"""No evidence of a device was ever accepted."""

import pytest

from evidence_factory import DAY, MINUTE, NOW, make_received, make_registration
from judging import judge, only

CONTROL = "never-reported"


@pytest.mark.parametrize(
    ("days", "status"), [(0, "pending"), (14, "pending"), (15, "stale"), (400, "stale"), (-3, "pending")]
)
def test_a_device_is_new_for_as_long_as_the_pack_says(days: int, status: str) -> None:
    verdict = judge(registration=make_registration(since=NOW.date() - days * DAY))
    finding = only(verdict, CONTROL)
    assert (verdict.status, verdict.evidence, finding.evidence) == (status, None, "register:/since")
    had = "had" if status == "stale" else "has"
    assert finding.message.endswith(f"it was registered on {NOW.date() - days * DAY}, and {had} 14 days")


def test_a_device_of_unknown_age_waits() -> None:
    verdict = judge(registration=make_registration(since=None))
    finding = only(verdict, CONTROL)
    assert verdict.status == "pending"
    assert finding.message.endswith("nobody wrote down since when it is registered, so it stays pending")
    assert "`since`" in finding.cure


def test_what_has_not_arrived_yet_is_not_there() -> None:
    assert judge(make_received(received_at=NOW + DAY)).status == judge().status
    assert judge(make_received(received_at=NOW + MINUTE)).status == "compliant"  # two clocks of one auditor
