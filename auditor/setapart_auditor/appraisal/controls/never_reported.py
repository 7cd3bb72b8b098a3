"""`never-reported`: no evidence of this device was ever accepted."""

import datetime as dt
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
    cure = "enrol the device, or have a station read it"
    if since is None:
        waited = "nobody wrote down since when it is registered, so it stays pending"
        cure += "; and give it a `since` in the register"
    else:
        had = "had" if case.today > since + dt.timedelta(days=days) else "has"
        waited = f"it was registered on {since}, and {had} {days} days"
    yield case.finding(
        CONTROL,
        "register:/since",
        f"the device has never reported; {waited}",
        cure,
    )
