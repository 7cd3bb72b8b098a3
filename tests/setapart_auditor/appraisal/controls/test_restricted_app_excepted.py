"""A restricted app that a valid exception carries."""

from evidence_factory import TIKTOK, app, make_exception, make_inventory
from judging import findings, judge, only

CONTROL = "restricted-app-excepted"


def test_the_exception_is_named_and_the_status_says_it() -> None:
    verdict = judge(make_inventory(apps=[app(TIKTOK)]), device_class="social-dedicated", exceptions=(make_exception(),))
    finding = only(verdict, CONTROL)
    assert (verdict.status, verdict.exceptions) == ("excepted", ("E-7",))
    assert (finding.severity, finding.evidence) == ("info", "/apps/0")
    assert finding.message.endswith("is carried by exception E-7 until 2027-04-30")


def test_nothing_is_carried_where_no_exception_holds() -> None:
    verdict = judge(make_inventory(apps=[app(TIKTOK)]), device_class="social-dedicated")
    assert (verdict.exceptions, findings(verdict, CONTROL)) == ((), [])
