"""`internal-link-without-app`: the authority's data on a dedicated device that has no restricted app now."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "internal-link-without-app"


def find(case: Case) -> Iterator[Finding]:
    """One finding per account or link: the device is set apart for what may be installed tomorrow."""
    if not case.dedicated or not case.in_reach or case.restricted:
        return
    for tie in case.internal:
        yield case.finding(
            CONTROL,
            tie.evidence,
            f"internal {', '.join(tie.reach)} on a device that is set apart: {tie.words}",
            f"remove the {tie.noun}, or register the device as an ordinary one",
        )
