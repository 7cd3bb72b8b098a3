"""A restricted app on a dedicated device for which no exception holds."""

from evidence_factory import DAY, NOW, TELEGRAM, TIKTOK, TIKTOK_LITE, app, make_exception, make_inventory
from judging import findings, judge, only

CONTROL = "restricted-app-without-need"
PHONE = make_inventory(apps=[app(TIKTOK), app(TELEGRAM)])


def test_each_app_needs_an_exception_of_its_own() -> None:
    verdict = judge(PHONE, device_class="social-dedicated", exceptions=(make_exception(),))
    finding = only(verdict, CONTROL)
    assert (finding.severity, finding.evidence) == ("violation", "/apps/1")
    assert "no exception names this device and app" in finding.message


def test_what_is_wrong_with_the_nearest_exception_is_said() -> None:
    ended = make_exception(until=NOW.date() - DAY)
    verdict = judge(PHONE, device_class="social-dedicated", exceptions=(ended,))
    assert "exception E-7 ended on 2026-11-22" in findings(verdict, CONTROL)[0].message


def test_an_exception_does_nothing_on_an_ordinary_device() -> None:
    assert judge(PHONE, exceptions=(make_exception(),)).status == "violation"
    assert judge(PHONE, exceptions=(make_exception(),)).exceptions == ()


def test_an_exception_for_a_variant_carries_the_variant_alone() -> None:
    phone = make_inventory(apps=[app(TIKTOK_LITE), app(TIKTOK)])
    lite = make_exception(app="tiktok-lite")
    finding = only(judge(phone, device_class="social-dedicated", exceptions=(lite,)), CONTROL)
    assert finding.evidence == "/apps/1"
