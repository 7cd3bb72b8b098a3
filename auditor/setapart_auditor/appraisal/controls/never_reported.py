"""`never-reported`: no evidence of this device was ever accepted."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "never-reported"


def find(case: Case) -> Iterator[Finding]:
    """One finding while there is no report; whether the device is still new decides its status, not this finding."""
    if case.views or case.history.damaged:
        return
    days = case.policy.pack.freshness.grace_for_new
    since = case.registration.since
    waited = f"registered on {since}, and has {days} days" if since else f"has {days} days"
    yield case.finding(
        CONTROL,
        "register:/since",
        f"the device has never reported; it {'was ' if since else ''}{waited}",
        "enrol the device, or have a station read it",
    )
