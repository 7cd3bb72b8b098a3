"""An exception without two officers' signatures."""

from evidence_factory import TIKTOK, TIKTOK_LITE, app, make_exception, make_inventory
from judging import findings, judge, only

CONTROL = "exception-unsigned"
PHONE = make_inventory(apps=[app(TIKTOK), app(TIKTOK_LITE)])


def test_an_exception_that_carries_something_is_noted_once() -> None:
    verdict = judge(PHONE, device_class="social-dedicated", exceptions=(make_exception(),))
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("excepted", "info", "register:/exception/E-7")


def test_a_signed_or_an_idle_exception_is_not() -> None:
    signed = judge(PHONE, device_class="social-dedicated", exceptions=(make_exception(signed=True),))
    idle = judge(make_inventory(), device_class="social-dedicated", exceptions=(make_exception(),))
    assert not findings(signed, CONTROL)
    assert not findings(idle, CONTROL)
