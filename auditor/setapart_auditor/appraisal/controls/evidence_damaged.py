"""`evidence-damaged`: a report that was accepted once, and no longer verifies as it is stored."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "evidence-damaged"


def find(case: Case) -> Iterator[Finding]:
    """One finding per report; it counts for nothing else, whatever it once showed."""
    for digest in case.history.damaged:
        yield case.finding(
            CONTROL,
            f"store:/evidence/{digest}",
            "a stored report no longer verifies: its bytes were changed, or its key was never the device's",
            "run `setapart-auditor log verify`, restore the database from a backup, and have the device report again",
        )
