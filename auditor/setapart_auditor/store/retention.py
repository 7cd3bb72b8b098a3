"""Retention: inventories are erased after their time; statements, verdicts and proofs stay."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Join, and_, exists, func, select, update

from setapart_auditor.settings import RetentionSettings

from .schema import current, device, evidence, inventory

AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The numbers of the evidence of which inventories were erased, in order."""

    numbers: tuple[int, ...]


def count_expired(connection: Connection, settings: RetentionSettings, now: dt.datetime) -> int:
    """How many inventories `erase_expired` would erase."""
    query = select(func.count()).select_from(_joined()).where(_is_expired(settings, now))
    return int(connection.execute(query).scalar_one())


def erase_expired(
    connection: Connection, settings: RetentionSettings, now: dt.datetime, *, by: str, limit: int = AT_ONCE
) -> Erased | None:
    """Erases the oldest inventories whose time is over, in the transaction of the only writer.

    Kept are those of devices on legal hold, and the current one of every device, signer and source. The caller writes
    to the log what was erased, and calls again until nothing is left: intake goes on in between.

    Args:
        connection: the writer's.
        settings: how long they are kept.
        now: age is counted from arrival to this moment.
        by: who erases.
        limit: how many at most.

    Returns:
        What was erased, None for nothing.
    """
    query = select(inventory.c.evidence_no).select_from(_joined()).where(_is_expired(settings, now))
    found = connection.execute(query.order_by(inventory.c.evidence_no).limit(limit)).scalars().all()
    if not found:
        return None
    connection.execute(
        update(inventory).where(inventory.c.evidence_no.in_(found)).values(body=None, erased_at=now, erased_by=by)
    )
    return Erased(numbers=tuple(found))


def _joined() -> Join:
    return inventory.join(evidence, evidence.c.no == inventory.c.evidence_no).join(
        device, device.c.no == evidence.c.device_no
    )


def _is_expired(settings: RetentionSettings, now: dt.datetime) -> ColumnElement[bool]:
    return and_(
        inventory.c.erased_at.is_(None),
        evidence.c.received_at < now - dt.timedelta(days=settings.inventory_days),
        device.c.legal_hold.is_(False),
        ~exists().where(current.c.evidence_no == evidence.c.no, current.c.device_no == evidence.c.device_no),
    )
