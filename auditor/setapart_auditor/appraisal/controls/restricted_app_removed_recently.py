"""`restricted-app-removed-recently`: traces of a restricted app that was removed."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "restricted-app-removed-recently"


def find(case: Case) -> Iterator[Finding]:
    """One finding per app and profile."""
    if not case.in_reach:
        return
    for seen in {(seen.app, seen.profile): seen for seen in reversed(case.removed)}.values():
        yield case.finding(
            CONTROL,
            seen.evidence,
            f"{seen.words} was removed and has left traces",
            "ask the holder; nothing is left to remove",
        )
