"""Sealing rows: the log holds a digest of every row of the record, so that no row changes or goes unseen.

`Store.write` calls `seal_touched` at the end of every transaction: no writer can forget it. A row's newest seal is the
one that counts; a row without a seal, a seal without its row, and a row that differs from its seal are what
`log verify` finds.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Table, select

from setapart_auditor.store.schema import metadata
from setapart_auditor.store.watch import touched

from .append import Entry, append

KIND = "rows"
_AT_ONCE = 500


class SealedRow(Struct, frozen=True, array_like=True):
    """One row: its table, its key as text, the hex SHA-256 of what it holds."""

    table: str
    key: str
    digest: str


class Sealed(Struct, frozen=True, kw_only=True):
    """The record of an entry of kind `rows`."""

    rows: tuple[SealedRow, ...]


def seal_touched(connection: Connection, now: dt.datetime) -> None:
    """Seals the rows that this transaction wrote, as they are now."""
    written = touched(connection)
    rows = [row for name, keys in written.items() for row in _seals(connection, metadata.tables[name], keys)]
    entries = [
        Entry(kind=KIND, at=now, record=Sealed(rows=tuple(rows[at : at + _AT_ONCE])))
        for at in range(0, len(rows), _AT_ONCE)
    ]
    append(connection, entries)


def _seals(connection: Connection, table: Table, keys: Sequence[str]) -> Iterator[SealedRow]:
    (column,) = table.primary_key.columns
    wanted = [column.type.python_type(key) for key in keys]
    for at in range(0, len(wanted), _AT_ONCE):
        query = select(table).where(column.in_(wanted[at : at + _AT_ONCE])).order_by(column)
        for row in connection.execute(query).mappings():
            yield sealed_row(table, row)


def sealed_row(table: Table, row: Mapping[Any, Any]) -> SealedRow:
    """The seal of one row, of which every column is given by name."""
    (key,) = table.primary_key.columns
    return SealedRow(_plain(table.name), str(row[key.name]), row_digest(table, row))


def row_digest(table: Table, row: Mapping[Any, Any]) -> str:
    """SHA-256, in hex, of a row: MessagePack of its columns by name, without those that are NULL.

    A column that a later schema adds is NULL in older rows, and so changes no digest.
    """
    held = {name: row[name] for name in _columns(table) if row[name] is not None}
    return hashlib.sha256(_ENCODER.encode((_plain(table.name), held))).hexdigest()


@cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(sorted(map(_plain, table.columns.keys())))


def _plain(name: str) -> str:
    """SQLAlchemy's names are more than strings."""
    return str.__str__(name)


def seals_of(record: bytes) -> Sequence[SealedRow]:
    """The seals in the record of an entry of kind `rows`.

    Raises:
        msgspec.DecodeError: it is no such record.
    """
    return _DECODER.decode(record).rows


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.json.Decoder(Sealed)
