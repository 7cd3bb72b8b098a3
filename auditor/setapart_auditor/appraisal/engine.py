"""The decision for one device: reports, a registration, exceptions and a policy in, a verdict out. Pure."""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby

from msgspec import structs

from setapart_auditor.policy.model import SEVERITIES, Policy

from .case import Case
from .controls import CHECKS
from .freshness import TOLERANCE
from .history import History, history_of
from .model import Context, EvidenceRef, Exception_, Finding, Received, Registration, Status, Verdict
from .survey import open_case

_MOST = 100
"""Findings of one control that a verdict holds; a hostile device could otherwise make it hold megabytes."""
_OWN_STATUS = {
    "chain-forked": Status.INVALID,
    "evidence-damaged": Status.INVALID,
    "evidence-stale": Status.STALE,
}
_BY_SEVERITY = {
    "info": Status.COMPLIANT,
    "warning": Status.COMPLIANT,
    "inconclusive": Status.INCONCLUSIVE,
    "violation": Status.VIOLATION,
}


def appraise(  # noqa: PLR0917 - the six things that a verdict depends on
    reports: tuple[Received, ...],
    registration: Registration,
    exceptions: tuple[Exception_, ...],
    policy: Policy,
    context: Context,
    now: dt.datetime,
) -> Verdict:
    """Judges one device.

    Args:
        reports: what was accepted, in any order and any number of times. Reports of another device are left out, and
            so is what had not arrived by `now`.
        registration: the device as the register has it.
        exceptions: of any device; those that hold for this one are found.
        policy: the pack, resolved.
        context: what is known beyond the device.
        now: the moment to judge as of; days change at 00:00 UTC.

    Returns:
        The worst of all findings as the status, and the findings themselves, worst first.
    """
    latest = now + TOLERANCE
    history = history_of(
        item for item in reports if item.received_at <= latest and item.report.device == registration.id
    )
    return appraise_history(history, registration, exceptions, policy, context, now)


def appraise_history(  # noqa: PLR0917 - the six things that a verdict depends on
    history: History,
    registration: Registration,
    exceptions: tuple[Exception_, ...],
    policy: Policy,
    context: Context,
    now: dt.datetime,
) -> Verdict:
    """Judges one device by what its reports amount to, for an auditor that has put them in order already.

    Args:
        history: of this device alone, of what had arrived by `now`.
        registration: the device as the register has it.
        exceptions: of any device.
        policy: the pack, resolved.
        context: what is known beyond the device.
        now: the moment to judge as of.
    """
    now = now.astimezone(dt.UTC)
    case = open_case(
        history,
        registration=registration,
        exceptions=exceptions,
        policy=policy,
        context=context,
        now=now,
    )
    findings = [finding for find in CHECKS for finding in find(case)]
    status = status_of(case, findings)
    if len(findings) > 1:
        findings = _readable(sorted(findings, key=_order))
    newest = history.current[0] if history.current else None
    return Verdict(
        name=registration.name,
        id=registration.id,
        class_=case.device_class,
        status=status.word,
        findings=tuple(findings),
        evidence=EvidenceRef(
            digest=newest.report.statement_digest, received_at=newest.received_at, grade=newest.report.grade
        )
        if newest is not None
        else None,
        exceptions=tuple(exception.id for exception in case.exceptions),
        policy=policy.digest,
    )


def status_of(case: Case, findings: Iterable[Finding]) -> Status:
    """The worst status that a finding stands for. A control that nobody settled has a status of its own."""
    worst = Status.EXCEPTED if case.exceptions else Status.COMPLIANT
    for finding in findings:
        if finding.control == "never-reported":
            status = _unheard(case)
        else:
            status = _OWN_STATUS.get(finding.control) or _BY_SEVERITY[finding.severity]
        worst = max(worst, status)
    return worst


def _unheard(case: Case) -> Status:
    """Pending while a device is new; a device whose first day nobody wrote down stays so."""
    since = case.registration.since
    grace = dt.timedelta(days=case.policy.pack.freshness.grace_for_new)
    return Status.STALE if since is not None and case.today > since + grace else Status.PENDING


def _readable(findings: list[Finding]) -> list[Finding]:
    """The findings, of each control no more than a person reads; the last of many says how many more there are."""
    if len(findings) <= _MOST:
        return findings
    kept: list[Finding] = []
    for _, group in groupby(findings, key=_kind):
        alike = list(group)
        kept += alike[:_MOST]
        if len(alike) > _MOST:
            more = len(alike) - _MOST
            kept[-1] = structs.replace(
                kept[-1], message=f"{kept[-1].message} (and {more} more findings of this control)"
            )
    return kept


def _kind(finding: Finding) -> tuple[str, str]:
    return finding.severity, finding.control


def _order(finding: Finding) -> tuple[int, str, tuple[str, ...], str]:
    """Worst first, then by control and place; of places, the ninth stands before the tenth."""
    place = tuple(part.zfill(9) if part.isdigit() else part for part in finding.evidence.split("/"))
    return -SEVERITIES.index(finding.severity), finding.control, place, finding.message
