"""`restricted-app-without-need`: a restricted app on a dedicated device for which no exception holds."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "restricted-app-without-need"


def find(case: Case) -> Iterator[Finding]:
    """One finding per app and profile, with what is wrong with the exception that comes nearest."""
    if not case.dedicated:
        return
    for seen in case.offending:
        need = case.needs[seen.app]
        if need.exception is None:
            yield case.finding(
                CONTROL,
                seen.evidence,
                f"{seen.words} has no valid exception: {need.refusal}",
                "remove the app, or have an exception approved for this device, app and holder",
            )
