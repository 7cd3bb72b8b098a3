"""Evidence of a lower grade than the pack believes."""

from typing import Any

import pytest

from evidence_factory import TIKTOK, app, make_inventory, make_policy, make_received, make_station_report
from judging import findings, judge, only
from setapart_auditor.policy.model import CoverageRule

CONTROL = "grade-too-low"
PACK = make_policy(coverage=CoverageRule(min_grade="agent-key"))


@pytest.mark.parametrize(
    ("grade", "status"), [("hardware-key", "compliant"), ("agent-key", "compliant"), ("self-declared", "inconclusive")]
)
def test_what_is_seen_below_the_packs_grade_is_not_believed(grade: Any, status: str) -> None:
    assert judge(make_received(grade=grade), policy=PACK).status == status


def test_the_finding_is_one_and_points_to_the_grade() -> None:
    finding = only(judge(make_station_report(make_inventory(profiles=["0", "10"])), policy=PACK), CONTROL)
    assert (finding.severity, finding.evidence) == ("inconclusive", "/predicate/origin/grade")
    assert finding.message == "evidence of grade station is not enough"


def test_a_better_source_for_the_same_sections_is_enough() -> None:
    verdict = judge(make_received(), make_station_report(), policy=PACK)
    assert (verdict.status, findings(verdict, CONTROL)) == ("compliant", [])


def test_what_speaks_against_a_device_is_believed_of_anybody() -> None:
    low = make_station_report(make_inventory(apps=[app(TIKTOK)]))
    assert judge(make_received(), low, policy=PACK).status == "violation"
