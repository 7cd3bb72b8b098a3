"""Who looked at a device last: the log knows."""

import datetime as dt

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from setapart_auditor.errors import StoreError
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


_ACT = msgspec.json.Decoder(_Act)


def last_read(connection: Connection, name: str) -> Read | None:
    """The last look at a device among the newest entries of the log; None if there is none.

    Raises:
        StoreError: an entry that may be the last look is damaged.
    """
    size = connection.execute(select(log_state.c.size)).scalar_one()
    query = select(log_leaf.c.no, log_leaf.c.at, log_leaf.c.record).where(
        log_leaf.c.no >= size - _LOOKS_BACK, log_leaf.c.kind == KIND, log_leaf.c.record.is_not(None)
    )
    for row in connection.execute(query.order_by(log_leaf.c.no.desc())):
        try:
            act = _ACT.decode(row.record)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise StoreError(
                f"entry {row.no} of the log is damaged",
                expected="a whole log",
                cure="run `setapart-auditor log verify`",
            ) from None
        if act.about == name:
            return Read(who=act.who, at=row.at, why=act.why)
    return None
