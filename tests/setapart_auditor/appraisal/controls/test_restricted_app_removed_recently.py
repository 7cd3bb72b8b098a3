"""Traces of a restricted app that was removed."""

from evidence_factory import DAY, NOW, TIKTOK, app, make_inventory, make_policy
from judging import findings, judge, only
from setapart_auditor.policy.model import Effective

CONTROL = "restricted-app-removed-recently"
TRACES = make_inventory(apps=[app(TIKTOK, state="removed-trace"), app(TIKTOK, state="removed-trace", source="apk")])


def test_a_trace_is_no_app() -> None:
    verdict = judge(TRACES)
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity, finding.evidence) == ("compliant", "warning", "/apps/0")


def test_a_pack_may_take_it_seriously() -> None:
    strict = make_policy(severities={CONTROL: "violation"})
    assert judge(TRACES, policy=strict).status == "violation"


def test_a_trace_of_a_look_alike_or_before_the_first_day_is_nothing() -> None:
    assert not judge(make_inventory(apps=[app("com.x", name="TikTok", state="removed-trace")])).findings
    later = make_policy(effective=Effective(from_=NOW.date() + DAY))
    assert not findings(judge(TRACES, policy=later), CONTROL)
