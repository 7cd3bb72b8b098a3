"""CSV for spreadsheets (RFC 4180, UTF-8): a line for each finding; a device without any has one line.

A cell that a spreadsheet would take for a formula begins with an apostrophe, which shows that it is text (OWASP, "CSV
Injection"). Names of devices and apps are foreign text.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from setapart_auditor.register.cells import neutral
from setapart_evidence.text import printable

from .row import DeviceRow, JudgedBy

COLUMNS = (
    "name", "class", "unit", "status", "since", "control", "severity", "message", "cure", "where", "evidence",
    "received_at", "grade", "exceptions", "policy", "id", "judged_at",
)  # fmt: skip
_LONGEST = 4000


def write_csv(rows: Iterable[DeviceRow], out: TextIO, judged: JudgedBy) -> None:
    """Writes rows under headings; every line says when it was judged. `out` must not translate line ends."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerows([list(map(cell_of, line)) for line in _lines(row, judged)])


def cell_of(text: str) -> str:
    """A cell that is text to every spreadsheet: what can't be printed is escaped, no formula begins."""
    shown = printable(text, _LONGEST)
    begin = shown.lstrip(" ")
    return f"'{shown}" if neutral(begin) != begin else shown


def _lines(row: DeviceRow, judged: JudgedBy) -> Iterator[tuple[str, ...]]:
    begin = (row.name, row.class_, row.unit, row.status, row.since.isoformat() if row.since else "")
    end = (
        row.evidence.digest if row.evidence else "",
        row.evidence.received_at.isoformat() if row.evidence else "",
        row.evidence.grade if row.evidence else "",
        " ".join(row.exceptions),
        row.policy,
        row.id,
        judged.at.isoformat(),
    )
    for one in row.findings:
        yield (*begin, one.control, one.severity, one.message, one.cure, one.evidence, *end)
    if not row.findings:
        yield (*begin, "", "", "", "", "", *end)
