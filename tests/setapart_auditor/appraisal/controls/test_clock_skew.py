"""The device's clock is wrong for certain."""

from evidence_factory import DAY, MINUTE, NOW, make_received
from judging import ISSUED, NONCE, findings, judge, only

CONTROL = "clock-skew"


def test_a_clock_ahead_of_the_arrival_is_shown_and_decides_nothing() -> None:
    verdict = judge(make_received(collected_at=NOW + 3 * DAY))
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity) == ("compliant", "warning")
    assert finding.evidence == "/predicate/observation/collected_at"
    assert "4321 minutes or more ahead" in finding.message


def test_a_clock_behind_what_the_report_answers_to_is_shown() -> None:
    verdict = judge(make_received(nonce=NONCE, collected_at=ISSUED - 15 * MINUTE))
    assert "15 minutes or more behind" in only(verdict, CONTROL).message


def test_a_file_that_was_on_its_way_for_days_is_no_wrong_clock() -> None:
    assert not findings(judge(make_received(collected_at=NOW - 5 * DAY)), CONTROL)


def test_some_minutes_ahead_are_ahead() -> None:
    assert "14 minutes or more ahead" in only(judge(make_received(collected_at=NOW + 13 * MINUTE)), CONTROL).message
