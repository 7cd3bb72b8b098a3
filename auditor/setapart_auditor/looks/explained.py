"""One device in full: what `explain --json` prints."""

import datetime as dt

from msgspec import Struct, field, structs

from setapart_auditor.appraisal.model import BrokenException, Exception_, Received
from setapart_auditor.export.row import DeviceRow, row_of
from setapart_auditor.sweep.look import Examined


class ReportFacts(Struct, frozen=True, kw_only=True):
    """A report that a verdict rests on; `fresh_since` is when the auditor issued the nonce that it carries."""

    digest: str
    sequence: int
    received_at: dt.datetime
    collected_at: dt.datetime
    fresh_since: dt.datetime | None
    grade: str
    source: str
    agent: str
    disclosure: str


class GrantedException(Struct, frozen=True, kw_only=True):
    """An exception that holds for the device."""

    id: str
    app: str
    need: str
    ground: str
    from_: dt.date = field(name="from")
    until: dt.date
    requested_by: str
    approved_by: str


class UnseenSection(Struct, frozen=True, kw_only=True):
    """A section of a report that could not be seen, and why."""

    section: str
    profile: str
    status: str
    collector: str
    reason: str | None
    report: str


class JudgedAt(Struct, frozen=True, kw_only=True):
    """The moment that a device was judged as of, and the digest of the policy."""

    at: dt.datetime
    policy: str


class Explained(DeviceRow, frozen=True, kw_only=True):
    """A device as it is listed, what its verdict rests on, and what was not seen."""

    state: str
    reports: tuple[ReportFacts, ...]
    held_exceptions: tuple[GrantedException, ...]
    broken_exceptions: tuple[BrokenException, ...]
    unseen: tuple[UnseenSection, ...]
    judged: JudgedAt


def explained(found: Examined, now: dt.datetime) -> Explained:
    """What is told of a device that was judged as of now."""
    verdict = found.seen.judged.verdict
    row = row_of(verdict, found.seen.judged.unit, found.seen.since)
    current = found.stored.history.current
    return Explained(
        **structs.asdict(row),
        state=found.stored.device.state,
        reports=tuple(_facts(one, found) for one in current),
        held_exceptions=tuple(map(_granted, found.exceptions)),
        broken_exceptions=found.broken,
        unseen=tuple(section for one in current for section in _unseen(one)),
        judged=JudgedAt(at=now, policy=verdict.policy),
    )


def _facts(received: Received, found: Examined) -> ReportFacts:
    report = received.report
    observation, origin = report.predicate.observation, report.predicate.origin
    return ReportFacts(
        digest=report.statement_digest,
        sequence=observation.sequence,
        received_at=received.received_at,
        collected_at=observation.collected_at,
        fresh_since=found.stored.nonces.get(observation.nonce or ""),
        grade=report.grade,
        source=origin.source,
        agent=origin.agent,
        disclosure=report.predicate.disclosure.level,
    )


def _granted(one: Exception_) -> GrantedException:
    return GrantedException(
        id=one.id,
        app=one.app,
        need=one.need,
        ground=one.ground,
        from_=one.valid_from,
        until=one.until,
        requested_by=one.requested_by,
        approved_by=one.approved_by,
    )


def _unseen(received: Received) -> tuple[UnseenSection, ...]:
    return tuple(
        UnseenSection(
            section=row.section,
            profile=row.profile,
            status=row.status,
            collector=row.collector,
            reason=row.reason,
            report=received.report.statement_digest,
        )
        for row in received.report.inventory.coverage
        if row.status != "observed"
    )
