"""`extra-profiles`: more profiles on a dedicated device than its holder's own."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_evidence.text import printable

CONTROL = "extra-profiles"


def find(case: Case) -> Iterator[Finding]:
    """One finding per profile; browser profiles belong to their owner."""
    if not case.dedicated:
        return
    for view in case.fresh:
        for index, profile in enumerate(view.inventory.profiles):
            if profile.kind not in ("primary", "system") and "/" not in profile.id:
                yield case.finding(
                    CONTROL,
                    f"{view.mark}/profiles/{index}",
                    f"profile {printable(profile.id, 80)} is a {profile.kind} profile",
                    "remove the profile, or explain it to the officer",
                )
