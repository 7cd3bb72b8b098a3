"""The pack is not in force yet."""

from evidence_factory import DAY, NOW, TELEGRAM, TIKTOK, app, make_inventory, make_policy
from judging import findings, judge, only
from setapart_auditor.policy.model import Effective

CONTROL = "policy-not-in-force"


def test_before_the_first_day_nothing_is_restricted_and_it_is_said_what_will_be() -> None:
    tomorrow = make_policy(effective=Effective(from_=NOW.date() + DAY))
    verdict = judge(make_inventory(apps=[app(TIKTOK), app(TELEGRAM)]), policy=tomorrow)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("compliant", "info", "policy:/pack/effective/from")
    assert "2026-11-24; from then on it restricts telegram, tiktok on this device" in finding.message


def test_on_the_first_day_it_rules() -> None:
    today = make_policy(effective=Effective(from_=NOW.date()))
    verdict = judge(make_inventory(apps=[app(TIKTOK)]), policy=today)
    assert (verdict.status, findings(verdict, CONTROL)) == ("violation", [])


def test_evidence_is_needed_before_the_first_day_too() -> None:
    tomorrow = make_policy(effective=Effective(from_=NOW.date() + DAY))
    assert judge(make_inventory(coverage=()), policy=tomorrow).status == "inconclusive"


def test_a_device_without_such_an_app_is_told_the_day_alone() -> None:
    tomorrow = make_policy(effective=Effective(from_=NOW.date() + DAY))
    assert only(judge(make_inventory(), policy=tomorrow), CONTROL).message.endswith(" 2026-11-24")
