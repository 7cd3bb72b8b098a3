"""`grade-too-low`: what was seen was seen by evidence of a lower grade than the pack believes."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "grade-too-low"


def find(case: Case) -> Iterator[Finding]:
    """One finding per report whose sections are missed for it."""
    for evidence, grade in sorted({(lack.evidence, lack.detail) for lack in case.lacks if lack.cause == "grade"}):
        yield case.finding(
            CONTROL,
            evidence,
            f"evidence of grade {grade} is not enough",
            f"report at grade {case.policy.pack.coverage.min_grade} or better",
        )
