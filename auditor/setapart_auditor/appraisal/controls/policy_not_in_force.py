"""`policy-not-in-force`: the pack is not in force yet: its apps are not restricted today."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "policy-not-in-force"


def find(case: Case) -> Iterator[Finding]:
    """One finding."""
    begins = case.policy.pack.effective.from_
    if case.today < begins:
        apps = sorted({seen.app for seen in case.restricted})
        then = f"; from then on it restricts {', '.join(apps)} on this device" if apps else ""
        yield case.finding(
            CONTROL, "policy:/pack/effective/from", f"the pack is in force from {begins}{then}", "nothing to do today"
        )
