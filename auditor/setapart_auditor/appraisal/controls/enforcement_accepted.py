"""`enforcement-accepted`: a manager's block of every restricted app stands in for the list of apps."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "enforcement-accepted"


def find(case: Case) -> Iterator[Finding]:
    """One finding."""
    if case.enforced is not None:
        yield case.finding(
            CONTROL,
            case.enforced,
            "a manager blocks every restricted app; the pack accepts this in place of the list of apps",
            "nothing to do",
        )
