"""Judging in one line: what a device shows, and what the engine says to it.

Inventories become reports that arrived a minute ago and answer to a nonce that the auditor issued an hour ago, so that
a verdict holds only what the test is about.
"""

import datetime as dt
import re
from collections.abc import Sequence

import msgspec

from evidence_factory import MINUTE, NOW, make_policy, make_received, make_registration
from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.freshness import TOLERANCE
from setapart_auditor.appraisal.history import history_of
from setapart_auditor.appraisal.model import Context, Exception_, Finding, Received, Registration, Verdict
from setapart_auditor.policy.controls import CONTROLS
from setapart_auditor.policy.model import SEVERITIES, Policy
from setapart_auditor.policy_check.pointer import leads_somewhere
from setapart_evidence.model import Inventory

NONCE = "ab" * 32
CONTROL_IDS = frozenset(spec.id for spec in CONTROLS)
ISSUED = NOW - 60 * MINUTE


def judge(
    *evidence: Inventory | Received,
    device_class: str = "ordinary",
    exceptions: tuple[Exception_, ...] = (),
    registration: Registration | None = None,
    policy: Policy | None = None,
    context: Context | None = None,
    now: dt.datetime = NOW,
) -> Verdict:
    """The verdict over inventories (each a report of its own source and chain place) or over reports as they are."""
    received = tuple(
        item
        if isinstance(item, Received)
        else make_received(item, nonce=NONCE, sequence=index + 1, source=f"way{index}")
        for index, item in enumerate(evidence)
    )
    device, rule = registration or make_registration(device_class), policy or make_policy()
    verdict = appraise(received, device, exceptions, rule, context or Context(nonces={NONCE: ISSUED}), now)
    here = (item for item in received if item.received_at <= now + TOLERANCE and item.report.device == device.id)
    check_whole(verdict, history_of(here).current, device, rule)
    return verdict


def check_whole(verdict: Verdict, current: Sequence[Received], device: Registration, policy: Policy) -> None:
    """What holds of every verdict: it keeps to its type, and each finding says what, where, and what cures it."""
    written = msgspec.json.encode(verdict)
    assert msgspec.json.decode(written, type=Verdict) == verdict, "a verdict holds what its type says"
    for finding in verdict.findings:
        assert finding.control in CONTROL_IDS
        assert is_sentence_part(finding.cure), finding
        assert finding.message
        assert not finding.message.isupper()
    for finding in {finding.control: finding for finding in verdict.findings}.values():
        where = finding.evidence
        assert where.startswith("register:/exception/") or leads_somewhere(where, current, device, policy), finding


def is_sentence_part(text: str) -> bool:
    """Whether a text can stand in a line between others: no capital first unless it is a name's, nobody shouts."""
    words = text.split()
    return bool(re.match(r"[a-z0-9]|[A-Z]+(-\d+)? ", text)) and sum(word.isupper() for word in words) * 2 <= len(words)


def controls(verdict: Verdict, least: str = "warning") -> set[str]:
    """The controls with a finding of at least this severity."""
    return {
        finding.control
        for finding in verdict.findings
        if SEVERITIES.index(finding.severity) >= SEVERITIES.index(least)  # type: ignore[arg-type]
    }


def findings(verdict: Verdict, control: str) -> list[Finding]:
    """The findings of one control, in the verdict's order."""
    return [finding for finding in verdict.findings if finding.control == control]


def only(verdict: Verdict, control: str) -> Finding:
    """The one finding of a control."""
    (found,) = findings(verdict, control)
    return found
