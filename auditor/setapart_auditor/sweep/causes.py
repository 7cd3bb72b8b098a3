"""Why verdicts are open, in words that are the same for every device with the same trouble."""

import re

from setapart_auditor.appraisal.history import History
from setapart_auditor.appraisal.model import Finding, Verdict
from setapart_evidence.text import printable

_ROW = re.compile(r"\A(?:#(\d+))?/coverage/(\d+)\Z")


def causes_of(verdict: Verdict, history: History) -> tuple[str, ...]:
    """For each finding that leaves the verdict open: its control, and what a missing section was missing for."""
    open_ones = [finding for finding in verdict.findings if finding.severity == "inconclusive"]
    return tuple(dict.fromkeys(_cause(finding, history) for finding in open_ones))


def _cause(finding: Finding, history: History) -> str:
    found = _ROW.match(finding.evidence)
    if found is None:
        return finding.control
    index, at = int(found[1] or 0), int(found[2])
    inventory = history.current[index].report.inventory
    row = inventory.coverage[at]
    reason = printable(row.reason, 80) if row.reason else row.status
    return f"{finding.control}: {row.section} on {inventory.device.platform}, {reason}"
