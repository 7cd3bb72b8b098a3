"""`unregistered-device`: a device that the register does not name; it is judged as an ordinary one."""

from collections.abc import Iterator

from setapart_auditor.appraisal.case import Case
from setapart_auditor.appraisal.model import Finding

CONTROL = "unregistered-device"


def find(case: Case) -> Iterator[Finding]:
    """One finding."""
    if case.registration.registered:
        return
    evidence = f"{case.views[0].mark}/predicate/device/id" if case.views else "register:/device"
    yield case.finding(
        CONTROL,
        evidence,
        "the register does not name this device; it was judged as an ordinary one",
        "add the device to the register, or find out whose it is",
    )
