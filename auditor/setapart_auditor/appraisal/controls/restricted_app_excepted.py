"""`restricted-app-excepted`: a restricted app that a valid exception carries."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.text import printable

CONTROL = "restricted-app-excepted"


def find(case: Case) -> Iterator[Finding]:
    """One finding per app and profile."""
    if not case.dedicated:
        return
    for seen in case.offending:
        exception = case.needs[seen.app].exception
        if exception is not None:
            yield case.finding(
                CONTROL,
                seen.evidence,
                f"{seen.words} is carried by exception {printable(exception.id, 40)} until {exception.until}",
                "nothing to do",
            )
