"""`exception-expires-soon`: an exception that carries an app and ends soon."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.text import printable

CONTROL = "exception-expires-soon"


def find(case: Case) -> Iterator[Finding]:
    """One finding per exception."""
    soon = case.policy.days.get(CONTROL, 14)
    for exception in case.exceptions:
        left = (exception.until - case.today).days
        if left <= soon:
            yield case.finding(
                CONTROL,
                f"register:/exception/{printable(exception.id)}",
                f"exception {printable(exception.id, 40)} ends on {exception.until}",
                "ask for another one in time, or remove the app by then",
            )
