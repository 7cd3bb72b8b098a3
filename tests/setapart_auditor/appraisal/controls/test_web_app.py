"""Web access to a restricted app."""

from evidence_factory import DAY, NOW, RESTRICTED, WEB, app, make_exception, make_inventory, make_policy
from judging import controls, findings, judge, only
from setapart_auditor.policy.model import Effective

CONTROL = "web-app"
DESK = make_inventory(platform="linux", apps=[app("https://www.tiktok.com/", kind="web-app", source="browser")])


def test_it_is_shown_where_web_access_does_not_count() -> None:
    verdict = judge(DESK)
    assert (verdict.status, only(verdict, CONTROL).severity) == ("compliant", "warning")


def test_it_is_the_app_itself_where_web_access_counts() -> None:
    verdict = judge(DESK, policy=make_policy(restricted={**RESTRICTED, **WEB}, web={}))
    assert (verdict.status, controls(verdict)) == ("violation", {"restricted-app-on-ordinary-device"})


def test_an_exception_for_the_app_carries_its_web_app_too() -> None:
    strict = make_policy(severities={CONTROL: "violation"})
    assert judge(DESK, device_class="social-dedicated", policy=strict).status == "violation"
    excepted = judge(DESK, device_class="social-dedicated", policy=strict, exceptions=(make_exception(),))
    assert (excepted.status, excepted.exceptions) == ("compliant", ())


def test_it_is_not_said_before_the_first_day() -> None:
    later = make_policy(effective=Effective(from_=NOW.date() + DAY))
    assert not findings(judge(DESK, policy=later), CONTROL)


def test_an_exception_for_one_app_hides_no_other_web_app() -> None:
    pages = [app(f"https://{host}/", kind="web-app", source="browser") for host in ("www.tiktok.com", "web.example")]
    both = make_policy(web={**WEB, "origin:web.example": "telegram"})
    desk = make_inventory(platform="linux", apps=pages)
    verdict = judge(desk, device_class="social-dedicated", policy=both, exceptions=(make_exception(),))
    assert only(verdict, CONTROL).evidence == "/apps/1"
