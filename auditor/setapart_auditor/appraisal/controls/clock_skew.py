"""`clock-skew`: the device's clock is wrong for certain: ahead of the arrival, or behind what it answers to."""

import datetime as dt
from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.freshness import skew_of
from setapart_auditor.appraisal.model import Finding

CONTROL = "clock-skew"


def find(case: Case) -> Iterator[Finding]:
    """One finding per fresh report; it never decides anything."""
    for view in case.fresh:
        skew = skew_of(view.received, view.freshness)
        if skew:
            minutes = abs(skew) // dt.timedelta(minutes=1)
            yield case.finding(
                CONTROL,
                f"{view.mark}/predicate/observation/collected_at",
                f"the device's clock is {minutes} minutes or more {'ahead' if skew > dt.timedelta(0) else 'behind'}",
                "set the device's clock by the network",
            )
