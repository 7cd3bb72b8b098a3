"""`exception-unsigned`: an exception that carries an app without two officers' signatures."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.text import printable

CONTROL = "exception-unsigned"


def find(case: Case) -> Iterator[Finding]:
    """One finding per exception."""
    for exception in case.exceptions:
        if not exception.signed:
            yield case.finding(
                CONTROL,
                f"register:/exception/{printable(exception.id)}",
                f"exception {printable(exception.id, 40)} is not signed by two officers",
                "have two officers sign the register",
            )
