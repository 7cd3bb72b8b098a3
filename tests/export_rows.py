"""Rows as exports get them."""

import datetime as dt

from setapart_auditor.appraisal.model import EvidenceRef, Finding
from setapart_auditor.export.row import DeviceRow, JudgedBy

AT = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
JUDGED = JudgedBy(at=AT, sweep=3, policy="sha256:" + "d0" * 32, pack=None, unit=None, engine="0.1.0")


def make_row(name: str, status: str, *messages: str, unit: str = "u1") -> DeviceRow:
    """A device with a finding for each message."""
    return DeviceRow(
        name=name,
        id="ab" * 32,
        class_="ordinary",
        unit=unit,
        status=status,
        since=AT,
        findings=tuple(
            Finding(control="suspect-app", severity="violation", evidence="/apps/0", message=one, cure="look at it")
            for one in messages
        ),
        evidence=EvidenceRef(digest="sha256:" + "5e" * 32, received_at=AT, grade="agent-key"),
        exceptions=("E-1",),
        policy="sha256:" + "d0" * 32,
    )
