"""Who looked at a device last: the log knows."""

import datetime as dt

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from setapart_auditor.store.schema import log_leaf, log_state

KIND = "device-read"
_LOOKS_BACK = 200_000
"""Entries of the log; what is older takes `log show --about`."""


class Read(Struct, frozen=True, kw_only=True):
    """A look at a device."""

    who: str
    at: dt.datetime
    why: str


class _Act(Struct, frozen=True):
    who: str
    about: str = ""
    why: str = ""


def last_read(connection: Connection, name: str) -> Read | None:
    """The last look at a device among the newest entries of the log; None if there is none."""
    size = connection.execute(select(log_state.c.size)).scalar_one()
    query = select(log_leaf.c.at, log_leaf.c.record).where(
        log_leaf.c.no >= size - _LOOKS_BACK, log_leaf.c.kind == KIND, log_leaf.c.record.is_not(None)
    )
    for row in connection.execute(query.order_by(log_leaf.c.no.desc())):
        act = msgspec.json.decode(row.record, type=_Act)
        if act.about == name:
            return Read(who=act.who, at=row.at, why=act.why)
    return None
