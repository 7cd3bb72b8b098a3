"""Reading entries as people read them."""

import datetime as dt
from collections.abc import Generator
from contextlib import closing
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select

from setapart_auditor.store.schema import log_leaf

_AT_ONCE = 1000
_VERIFY = "run `setapart-auditor log verify`"


class ShownEntry(Struct, frozen=True, kw_only=True):
    """An entry: its place, when, of what kind, and, unless it was erased, what it says; acts say who, what and why.

    Of one that can't be read `why` says so.
    """

    index: int
    at: dt.datetime
    kind: str
    who: str = ""
    about: str = ""
    why: str = ""
    record: Any = None


def read_entries(
    connection: Connection, *, kind: str | None, about: str | None, first: int | None, limit: int
) -> tuple[ShownEntry, ...]:
    """Entries in order: from `first` on, or the newest.

    Args:
        connection: one state of the store.
        kind: only these.
        about: only those about this; case does not count.
        first: the first index, None for the newest.
        limit: how many.
    """
    found: list[ShownEntry] = []
    with closing(_rows(connection, kind, first)) as rows:
        for shown in map(_shown, rows):
            if about is None or shown.about.casefold() == about.casefold():
                found.append(shown)
                if len(found) == limit:
                    break
    return tuple(found if first is not None else reversed(found))


def _rows(connection: Connection, kind: str | None, first: int | None) -> Generator[Any]:
    query = select(log_leaf)
    if kind is not None:
        query = query.where(log_leaf.c.kind == kind)
    if first is not None:
        query = query.where(log_leaf.c.no >= first).order_by(log_leaf.c.no)
    else:
        query = query.order_by(log_leaf.c.no.desc())
    with connection.execution_options(yield_per=_AT_ONCE).execute(query) as rows:
        yield from rows


def _shown(row: Any) -> ShownEntry:  # noqa: ANN401 - a row
    if row.record is None:
        gone = f"erased on {row.erased_at:%Y-%m-%d}" if row.erased_at is not None else f"taken away: {_VERIFY}"
        return ShownEntry(index=row.no, at=row.at, kind=row.kind, why=gone)
    try:
        record = msgspec.json.decode(row.record)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ShownEntry(index=row.no, at=row.at, kind=row.kind, why=f"was changed, and can't be read: {_VERIFY}")

    def text(name: str) -> str:
        value = record.get(name, "") if isinstance(record, dict) else ""
        return value if isinstance(value, str) else ""

    return ShownEntry(
        index=row.no,
        at=row.at,
        kind=row.kind,
        who=text("who"),
        about=text("about") or text("device"),
        why=text("why"),
        record=record,
    )
