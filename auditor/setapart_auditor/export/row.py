"""What goes out of a device's verdict, the same in every format, and what it was judged by."""

import datetime as dt

from msgspec import Struct, field

from setapart_auditor.appraisal.model import EvidenceRef, Finding, Verdict


class DeviceRow(Struct, frozen=True, kw_only=True):
    """A device, its status, since when, and why. No holder: who has a device is the register's."""

    name: str
    id: str
    class_: str = field(name="class")
    unit: str
    status: str
    since: dt.datetime | None
    findings: tuple[Finding, ...]
    evidence: EvidenceRef | None
    exceptions: tuple[str, ...]
    policy: str


class JudgedBy(Struct, frozen=True, kw_only=True):
    """When and by what rows were judged: the sweep's number if they are a sweep's, the digest of the usual policy."""

    at: dt.datetime
    sweep: int | None
    policy: str | None
    pack: str | None
    unit: str | None
    engine: str


def row_of(verdict: Verdict, unit: str, since: dt.datetime | None) -> DeviceRow:
    """The row of a verdict."""
    return DeviceRow(
        name=verdict.name,
        id=verdict.id,
        class_=verdict.class_,
        unit=unit,
        status=verdict.status,
        since=since,
        findings=verdict.findings,
        evidence=verdict.evidence,
        exceptions=verdict.exceptions,
        policy=verdict.policy,
    )
