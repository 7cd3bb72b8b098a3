"""`suspect-app`: an app that looks like a restricted one, or is signed like it as far as a short hash can tell."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "suspect-app"


def find(case: Case) -> Iterator[Finding]:
    """One finding per app as a profile has it; a suspicion is never a violation by itself."""
    if not case.in_reach:
        return
    for seen in case.suspects:
        yield case.finding(
            CONTROL,
            seen.evidence,
            f"{seen.words} looks like {seen.app}",
            "look at the app on the device; remove it if it is what it looks like",
        )
