"""JUnit XML for CI systems: a test case for each device. Silence never passes.

A violation and an invalid device fail; what is inconclusive, stale or pending is an error: the check could not be made.
The form is that of Apache Ant's junitreport, which every CI system reads.
"""

from collections.abc import Iterable, Mapping
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from setapart_evidence.text import printable

from .row import DeviceRow, JudgedBy

_PASSES = frozenset({"compliant", "excepted"})
_FAILS = frozenset({"violation", "invalid"})
_LONGEST = 4000


def write_junit(rows: Iterable[DeviceRow], out: TextIO, judged: JudgedBy, totals: Mapping[str, int]) -> None:
    """Writes a suite.

    Args:
        rows: the devices.
        out: where to.
        judged: when and by what.
        totals: how many devices have each status; the suite begins with them.
    """
    failures = sum(count for status, count in totals.items() if status in _FAILS)
    errors = sum(count for status, count in totals.items() if status not in _FAILS | _PASSES)
    counts = f'tests="{sum(totals.values())}" failures="{failures}" errors="{errors}"'
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<testsuites name="setapart" {counts}>\n')
    out.write(f'<testsuite name="setapart" {counts} skipped="0" time="0" timestamp="{judged.at:%Y-%m-%dT%H:%M:%S}">\n')
    out.writelines(_case(row) for row in rows)
    out.write("</testsuite>\n</testsuites>\n")


def _case(row: DeviceRow) -> str:
    begin = f'<testcase classname={_attribute(f"setapart.{row.class_}")} name={_attribute(row.name)} time="0"'
    if row.status in _PASSES:
        return f"{begin}/>\n"
    kind = "failure" if row.status in _FAILS else "error"
    told = "\n".join(
        escape(printable(f"{one.severity} {one.control}: {one.message} ({one.evidence}); {one.cure}", _LONGEST))
        for one in row.findings
    )
    message = row.findings[0].message if row.findings else row.status
    return (
        f"{begin}>\n<{kind} type={_attribute(row.status)} message={_attribute(message)}>{told}</{kind}>\n</testcase>\n"
    )


def _attribute(text: str) -> str:
    return quoteattr(printable(text, _LONGEST))
