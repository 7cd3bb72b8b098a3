"""`restricted-app-beside-work-data`: a restricted app on a personal device that reaches the authority's data."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "restricted-app-beside-work-data"


def find(case: Case) -> Iterator[Finding]:
    """One finding per app and profile, whatever the pack says of personal devices: the two never go together."""
    if case.device_class != "personal" or not case.internal:
        return
    first, others = case.internal[0], len(case.internal) - 1
    beside = f"the internal {first.words}" + (f" and {others} more" if others else "")
    for seen in case.offending:
        yield case.finding(
            CONTROL,
            seen.evidence,
            f"{seen.words} is beside {beside}",
            "remove the app or the work data",
        )
