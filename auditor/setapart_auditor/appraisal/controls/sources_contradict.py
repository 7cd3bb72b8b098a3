"""`sources-contradict`: two ways into one device tell different things of the same day."""

import datetime as dt
from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding
from setapart_auditor.appraisal.survey import disputed
from setapart_auditor.appraisal.view import View
from setapart_evidence.model import Device
from setapart_evidence.text import printable

CONTROL = "sources-contradict"
_SAME_TIME = dt.timedelta(days=1)
_COMPARED = 8
"""Sources that are compared with each other, the newest; a device has two or three."""


def find(case: Case) -> Iterator[Finding]:
    """One finding per restricted app that a report lacks, per unlike machine, and per profile of disputed kind."""
    fresh = case.fresh[:_COMPARED]
    if len(fresh) < 2:  # noqa: PLR2004 - it takes two
        return
    for one in fresh:
        for other in fresh:
            if abs(one.freshness.moment - other.freshness.moment) <= _SAME_TIME:
                yield from _apps(case, one, other)
    for other in fresh[1:]:
        if _differ(fresh[0].inventory.device, other.inventory.device):
            yield case.finding(
                CONTROL,
                f"{other.mark}/device",
                f"{_source(fresh[0])} and {_source(other)} describe two different machines",
                "find out whether two devices share one key or serial",
            )
    for profile in sorted(disputed(fresh)):
        yield case.finding(
            CONTROL,
            f"{fresh[0].mark}/profiles",
            f"the reports disagree whether profile {printable(profile, 80)} is a work profile",
            "read this profile itself, by adb or a bug report while it is running",
        )


def _apps(case: Case, one: View, other: View) -> Iterator[Finding]:
    there = {(seen.app, seen.profile) for seen in case.restricted if seen.evidence.startswith(f"{one.mark}/")}
    for seen in case.restricted:
        if (
            seen.evidence.startswith(f"{other.mark}/")
            and ("apps", seen.profile) in one.seen
            and (seen.app, seen.profile) not in there
        ):
            yield case.finding(
                CONTROL,
                seen.evidence,
                f"{_source(other)} found {seen.words}, {_source(one)} did not",
                "read the device again by both ways; if they still differ, look at the device",
            )


def _differ(one: Device, other: Device) -> bool:
    serials = {one.serial_digest, other.serial_digest} - {None}
    return one.platform != other.platform or len(serials) > 1


def _source(view: View) -> str:
    return printable(view.received.report.predicate.origin.source, 40)
