"""Reports that were made and never arrived."""

import pytest

from evidence_factory import make_received
from judging import findings, judge, only

CONTROL = "sequence-gap"


@pytest.mark.parametrize(("sequence", "words"), [(3, "1 report between"), (9, "7 reports between")])
def test_what_is_missing_between_is_noted_and_no_more(sequence: int, words: str) -> None:
    verdict = judge(make_received(sequence=1), make_received(sequence=sequence))
    finding = only(verdict, CONTROL)
    assert (verdict.status, finding.severity) == ("compliant", "info")
    assert finding.evidence == "/predicate/observation/sequence"
    assert words in finding.message


def test_what_came_before_the_first_report_is_not_missed() -> None:
    assert not findings(judge(make_received(sequence=77)), CONTROL)
