"""Reports that were made and never arrived."""

import pytest

from evidence_factory import DAY, NOW, make_received, make_station_report
from judging import findings, judge, only

CONTROL = "sequence-gap"


@pytest.mark.parametrize(
    ("sequence", "words"), [(3, "1 report between"), (4, "2 reports between"), (9, "7 reports between")]
)
def test_what_is_missing_between_is_noted_and_no_more(sequence: int, words: str) -> None:
    verdict = judge(make_received(sequence=1), make_received(sequence=sequence))
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity) == ("compliant", "info")
    assert finding.evidence == "/predicate/observation/sequence"
    assert words in finding.message


def test_what_came_before_the_first_report_is_not_missed() -> None:
    assert not findings(judge(make_received(sequence=77)), CONTROL)


def test_a_gap_is_shown_in_the_newest_report_of_the_key_that_left_it() -> None:
    reports = [make_station_report(sequence=number, received_at=NOW - (9 - number) * DAY) for number in (1, 4)]
    finding = only(judge(make_received(), *reports), CONTROL)
    assert finding.evidence == "#1/predicate/observation/sequence"
