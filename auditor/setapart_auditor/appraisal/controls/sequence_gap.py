"""`sequence-gap`: reports that were made and never arrived."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "sequence-gap"


def find(case: Case) -> Iterator[Finding]:
    """One finding per gap in a chain."""
    for gap in case.history.gaps:
        mark = next((view.mark for view in case.views if view.received.report.keyid == gap.chain[0]), "")
        missing = gap.before - gap.after - 1
        yield case.finding(
            CONTROL,
            f"{mark}/predicate/observation/sequence",
            f"{missing} {'reports' if missing > 1 else 'report'} between sequence {gap.after} and {gap.before} "
            "never arrived",
            "deliver what is still in the device's spool",
        )
