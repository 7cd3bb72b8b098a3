"""What is known of one device over time: reports, forks, statuses, changes of the register, exceptions."""

import datetime as dt

from msgspec import Struct
from sqlalchemy import Connection, select

from setapart_auditor.register.database import RegisteredDevice
from setapart_auditor.store.schema import chain, device_change, evidence, exception, inventory, status, verdict
from setapart_evidence.statement import digest_text

from .reading import read_outline


class StoredReport(Struct, frozen=True, kw_only=True):
    """One report: its place in the chain of the key that signed it, how it came in, and whether it was erased."""

    sequence: int
    digest: str
    key: str
    received_at: dt.datetime
    collected_at: dt.datetime
    grade: str
    source: str
    outcome: str
    erased: bool


class Transition(Struct, frozen=True, kw_only=True):
    """A status, since when, and the policy whose verdict made it."""

    status: str
    since: dt.datetime
    policy: str


class RegisterChange(Struct, frozen=True, kw_only=True):
    """A field of the register that was changed, by whom and why."""

    at: dt.datetime
    by: str
    field: str
    old: str | None
    new: str | None
    why: str


class HeldException(Struct, frozen=True, kw_only=True):
    """An exception that was ever asked for, and what became of it."""

    id: str
    app: str
    holder: str
    need: str
    state: str
    valid_from: dt.date
    until: dt.date
    requested_by: str
    decided_by: str | None


class SeenFork(Struct, frozen=True, kw_only=True):
    """Several payloads in one place of a chain; settled if officers have accepted all of them."""

    key: str
    sequence: int
    digests: tuple[str, ...]
    settled: bool


class Story(Struct, frozen=True, kw_only=True):
    """Everything of one device, each list from the oldest on."""

    name: str
    id: str
    reports: tuple[StoredReport, ...]
    forks: tuple[SeenFork, ...]
    statuses: tuple[Transition, ...]
    changes: tuple[RegisterChange, ...]
    exceptions: tuple[HeldException, ...]


def story_of(connection: Connection, device: RegisteredDevice, *, most: int = 1000) -> Story:
    """Reads what is known of a device; of reports the newest `most`."""
    settled = frozenset(device.registration.settled)
    forks = read_outline(connection, device).forks
    return Story(
        name=device.name,
        id=device.registration.id,
        reports=_reports(connection, device.no, most),
        forks=tuple(
            SeenFork(
                key=fork.chain[0],
                sequence=fork.sequence,
                digests=fork.digests,
                settled=settled.issuperset(fork.digests),
            )
            for fork in forks
        ),
        statuses=_statuses(connection, device.no),
        changes=_changes(connection, device.no),
        exceptions=_exceptions(connection, device.no),
    )


def _reports(connection: Connection, no: int, most: int) -> tuple[StoredReport, ...]:
    query = (
        select(evidence, chain.c.keyid, inventory.c.erased_at)
        .join(chain, chain.c.no == evidence.c.chain_no)
        .outerjoin(inventory, inventory.c.evidence_no == evidence.c.no)
        .where(evidence.c.device_no == no)
        .order_by(evidence.c.no.desc())
        .limit(most)
    )
    found = [
        StoredReport(
            sequence=row.sequence,
            digest=digest_text(row.digest),
            key=row.keyid,
            received_at=row.received_at,
            collected_at=row.collected_at,
            grade=row.grade,
            source=row.source,
            outcome=row.outcome,
            erased=row.erased_at is not None,
        )
        for row in connection.execute(query)
    ]
    return tuple(reversed(found))


def _statuses(connection: Connection, no: int) -> tuple[Transition, ...]:
    query = (
        select(status.c.status, status.c.since, verdict.c.policy)
        .join(verdict, verdict.c.no == status.c.verdict_no)
        .where(status.c.device_no == no)
        .order_by(status.c.no)
    )
    return tuple(Transition(status=row.status, since=row.since, policy=row.policy) for row in connection.execute(query))


def _changes(connection: Connection, no: int) -> tuple[RegisterChange, ...]:
    query = select(device_change).where(device_change.c.device_no == no).order_by(device_change.c.no)
    return tuple(
        RegisterChange(at=row.at, by=row.by, field=row.field, old=row.old, new=row.new, why=row.why)
        for row in connection.execute(query)
    )


def _exceptions(connection: Connection, no: int) -> tuple[HeldException, ...]:
    query = select(exception).where(exception.c.device_no == no).order_by(exception.c.requested_at, exception.c.id)
    return tuple(
        HeldException(
            id=row.id,
            app=row.app,
            holder=row.holder,
            need=row.need,
            state=row.state,
            valid_from=row.valid_from,
            until=row.until,
            requested_by=row.requested_by,
            decided_by=row.decided_by,
        )
        for row in connection.execute(query)
    )
