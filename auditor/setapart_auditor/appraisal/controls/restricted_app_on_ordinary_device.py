"""`restricted-app-on-ordinary-device`: a restricted app where everybody works."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "restricted-app-on-ordinary-device"


def find(case: Case) -> Iterator[Finding]:
    """One finding per app and profile; a personal device counts as ordinary unless the pack lets it choose."""
    personal = case.device_class == "personal"
    if case.dedicated or (personal and (case.internal or case.app_or_link)):
        return
    kind = "a personal device, which the pack judges as an ordinary one" if personal else "an ordinary device"
    for seen in case.offending:
        yield case.finding(
            CONTROL,
            seen.evidence,
            f"{seen.words} is on {kind}",
            "remove the app; if the work needs it, use a device that is set apart for it",
        )
