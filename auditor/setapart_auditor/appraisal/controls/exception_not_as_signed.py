"""`exception-not-as-signed`: an exception that is recorded as granted, and that no two officers signed so."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.text import printable

CONTROL = "exception-not-as-signed"


def find(case: Case) -> Iterator[Finding]:
    """One finding per record; it carries nothing, whatever it says."""
    for broken in case.context.broken.get(case.registration.name, ()):
        yield case.finding(
            CONTROL,
            f"register:/exception/{printable(broken.id)}",
            f"exception {printable(broken.id, 40)} for {printable(broken.app, 80)} counts for nothing, "
            f"it is not as two officers signed it: {printable(broken.reason, 200)}",
            "find out who changed it (`setapart-auditor log verify`), revoke it, and have another one granted",
        )
