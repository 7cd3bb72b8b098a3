"""The verdict as a whole: its status, its order, what it rests on."""

import datetime as dt
import time

import msgspec
import pytest

from evidence_factory import (
    DAY,
    MINUTE,
    NOW,
    TELEGRAM,
    TIKTOK,
    account,
    app,
    make_chain,
    make_exception,
    make_inventory,
    make_policy,
    make_received,
    make_registration,
    make_station_report,
    rows,
)
from judging import NONCE, findings, judge
from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.model import Context, Status
from setapart_auditor.policy.model import SEVERITIES


def test_a_verdict_names_device_policy_and_evidence() -> None:
    report = make_received(nonce=NONCE)
    verdict = judge(report, device_class="social-dedicated")
    assert (verdict.name, verdict.id, verdict.class_) == ("patrol-phone", report.report.device, "social-dedicated")
    assert verdict.policy == make_policy().digest
    assert verdict.evidence is not None
    assert verdict.evidence.digest == report.report.statement_digest
    assert (verdict.evidence.received_at, verdict.evidence.grade) == (NOW - MINUTE, "agent-key")
    assert (verdict.status, verdict.findings) == ("compliant", ())


def test_it_is_written_as_the_command_line_promises() -> None:
    written = msgspec.to_builtins(judge(make_inventory(apps=[app(TIKTOK)])))
    assert {"name", "id", "class", "status", "findings", "evidence", "exceptions", "policy"} == written.keys()
    assert {"control", "severity", "evidence", "message", "cure"} == written["findings"][0].keys()
    assert {"digest", "received_at", "grade"} == written["evidence"].keys()


def test_findings_stand_worst_first_then_by_control_and_place() -> None:
    messy = make_inventory(
        profiles=["0", "10"],
        apps=[app("com.example.videos", name="T1kTok"), app(TIKTOK, profile="10"), app(TELEGRAM)],
        accounts=[account(domain=None)],
        coverage=rows("apps"),
    )
    verdict = judge(make_received(messy), device_class="social-dedicated")
    ranks = [SEVERITIES.index(finding.severity) for finding in verdict.findings]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == 3
    for severity in SEVERITIES:
        order = [item.control for item in verdict.findings if item.severity == severity]
        assert order == sorted(order)


def test_the_ninth_place_stands_before_the_tenth() -> None:
    crowd = make_inventory(apps=[app("com.example.videos", name="TikTok") for _ in range(11)])
    places = [finding.evidence for finding in findings(judge(crowd), "suspect-app")]
    assert places == [f"/apps/{number}" for number in range(11)]


def test_notes_and_warnings_change_no_status() -> None:
    verdict = judge(make_received(make_inventory(apps=[app("com.x", name="TikTok")]), collected_at=NOW + DAY))
    assert {finding.severity for finding in verdict.findings} == {"warning"}
    assert verdict.status == "compliant"


def test_the_newest_report_is_the_evidence_and_every_pointer_says_which_report_it_means() -> None:
    local = make_received(make_inventory(apps=[app(TIKTOK)]), received_at=NOW - 2 * MINUTE)
    adb = make_station_report(make_inventory(apps=[app(), app(TIKTOK, profile="10")]), received_at=NOW - MINUTE)
    verdict = judge(local, adb)
    assert verdict.evidence is not None
    assert verdict.evidence.digest == adb.report.statement_digest
    found = findings(verdict, "restricted-app-on-ordinary-device")
    assert [item.evidence for item in found] == ["#0/apps/1", "#1/apps/0"]


def test_the_moment_of_judging_may_come_in_any_time_zone() -> None:
    """Days change at 00:00 UTC: an exception's last day is over in UTC, not in Oslo."""
    phone, held = make_inventory(apps=[app(TIKTOK)]), make_exception(until=dt.date(2026, 11, 23))
    midnight = dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    assert judge(phone, device_class="social-dedicated", exceptions=(held,), now=midnight).status == "excepted"
    later = midnight + dt.timedelta(hours=1)
    assert judge(phone, device_class="social-dedicated", exceptions=(held,), now=later).status == "violation"


def test_a_history_is_judged_as_of_then() -> None:
    """What-if over the past: what came later is not known yet."""
    clean, dirty = make_chain(make_inventory(), make_inventory(apps=[app(TIKTOK)]), step=5 * DAY)
    assert judge(clean, dirty, now=NOW - 3 * DAY).status == "compliant"
    assert judge(clean, dirty).status == "violation"


@pytest.mark.parametrize(
    ("status", "exit_severity"), [("never", Status.STALE), ("clean", Status.COMPLIANT), ("carried", Status.EXCEPTED)]
)
def test_statuses_are_ordered_from_best_to_worst(status: str, exit_severity: Status) -> None:
    phone = make_inventory(apps=[app(TIKTOK)] if status == "carried" else [])
    reports = () if status == "never" else (make_received(phone),)
    verdict = appraise(
        reports, make_registration("social-dedicated"), (make_exception(),), make_policy(), Context(), NOW
    )
    assert Status[verdict.status.upper()] is exit_severity
    assert list(Status) == sorted(Status)


def test_of_very_many_findings_a_verdict_holds_what_a_person_reads_and_says_how_many_more() -> None:
    crowd = make_inventory(apps=[app(TIKTOK, profile=f"{number:03}") for number in range(150)])
    verdict = judge(crowd)
    found = findings(verdict, "restricted-app-on-ordinary-device")
    assert len(found) == 100
    assert found[-1].message.endswith("(and 50 more findings of this control)")
    assert found[-1].evidence == "/apps/99"
    assert "in profile 099" in found[-1].message
    assert len(findings(verdict, "coverage-incomplete")) == 100
    assert verdict.status == "violation"


def test_where_a_control_says_all_that_it_has_to_say_nothing_is_counted_beyond() -> None:
    crowd = make_inventory(apps=[app(TIKTOK, profile=f"{number:03}") for number in range(100)])
    found = findings(judge(crowd), "restricted-app-on-ordinary-device")
    assert len(found) == 100
    assert "more findings" not in found[-1].message


def test_the_machines_own_time_zone_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    held = make_exception(until=dt.date(2026, 11, 23))
    evening = dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        phone = make_inventory(apps=[app(TIKTOK)])
        assert judge(phone, device_class="social-dedicated", exceptions=(held,), now=evening).status == "excepted"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_two_clocks_of_an_auditor_may_be_ten_minutes_apart() -> None:
    for ahead, status in ((10 * MINUTE, "compliant"), (11 * MINUTE, "pending")):
        young = make_registration(since=NOW.date())
        assert judge(make_received(received_at=NOW + ahead), registration=young).status == status
