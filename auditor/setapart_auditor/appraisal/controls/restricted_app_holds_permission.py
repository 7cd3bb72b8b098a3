"""`restricted-app-holds-permission`: a restricted app may read contacts, calendar, location or accounts."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "restricted-app-holds-permission"
_SENSITIVE = ("contacts", "calendar", "location", "accounts")


def find(case: Case) -> Iterator[Finding]:
    """One finding per app as a profile has it. Platforms spell permissions differently; each spelling has the word."""
    if not case.in_reach:
        return
    for seen in case.restricted:
        spelled = " ".join(seen.item.permissions).lower()
        held = [word for word in _SENSITIVE if word in spelled]
        if held:
            yield case.finding(
                CONTROL, f"{seen.evidence}/permissions", f"{seen.words} may read {', '.join(held)}",
                "take the permission from the app in the device's settings",
            )  # fmt: skip
