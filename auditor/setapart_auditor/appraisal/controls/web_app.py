"""`web-app`: web access to a restricted app, where the pack says that it does not count by itself."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "web-app"


def find(case: Case) -> Iterator[Finding]:
    """One finding per web app as a profile has it; on a dedicated device none where an exception carries the app."""
    if not case.in_reach:
        return
    for seen in case.web:
        if seen.app in case.needs and case.needs[seen.app].exception is not None:
            continue
        yield case.finding(
            CONTROL, seen.evidence, f"{seen.words} opens {seen.app} on the web", "remove the web app from the browser"
        )
