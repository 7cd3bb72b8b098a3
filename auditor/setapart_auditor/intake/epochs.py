"""Epochs that were issued: kept, so that a report which names one is known to be made after it."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from setapart_auditor.store.schema import epoch as table
from setapart_evidence.epoch import Epoch


def keep_epoch(connection: Connection, epoch: Epoch, raw: bytes) -> None:
    """Keeps an epoch and its signed file."""
    connection.execute(
        insert(table).values(value=epoch.value, issued_at=epoch.issued_at, use_until=epoch.use_until, raw=raw)
    )


def known_epochs(connection: Connection) -> Mapping[str, dt.datetime]:
    """When each epoch was issued, by its value."""
    return {row.value: row.issued_at for row in connection.execute(select(table.c.value, table.c.issued_at))}


def newest_epoch(connection: Connection, now: dt.datetime) -> bytes | None:
    """The signed file of the newest epoch that may be handed out now."""
    query = select(table.c.raw).where(table.c.use_until > now).order_by(table.c.issued_at.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()
