"""Every row of a database in a form that belongs to none: dumped into an archive, and loaded from one.

Values are those of the columns as the database has them (moments are whole numbers), so that this is the same for
every version of the schema and for both databases.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any, get_args

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Date,
    LargeBinary,
    Text,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.types import TypeEngine

from setapart_auditor.errors import StoreError

from .archive import TABLES, ArchiveWriter, DumpedColumn, DumpedTable, Kind, Manifest
from .schema import VERSION_TABLE

_CHUNK_BYTES = 4 * 1024 * 1024
_AT_ONCE = 500
_TYPES: dict[Kind, TypeEngine[Any]] = {
    "int": BigInteger(),
    "text": Text(),
    "bytes": LargeBinary(),
    "date": Date(),
    "bool": Boolean(),
}
_PYTHON: dict[Kind, type] = {"int": int, "text": str, "bytes": bytes, "date": dt.date, "bool": bool}
assert set(_TYPES) == set(_PYTHON) == set(get_args(Kind))


def dump(
    connection: Connection, archive: ArchiveWriter, progress: Callable[[int], None] = lambda _rows: None
) -> tuple[DumpedTable, ...]:
    """Adds every row of every table to an archive.

    Args:
        connection: one state of the store (`Store.read`).
        archive: gets the rows, in members of a bounded size.
        progress: called with a number of rows that are done.

    Returns:
        The tables, those that others refer to first.

    Raises:
        StoreError: a value is not one of its column.
    """
    found = []
    for name in _tables(connection):
        described = _describe(connection, name)
        source = _lightweight(described)
        order = [source.c[key] for key in inspect(connection).get_pk_constraint(name)["constrained_columns"]]
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(select(source).order_by(*order))
        count = 0
        try:
            for number, (size, chunk) in enumerate(_chunks(rows)):
                archive.add(f"{TABLES}{name}/{number:08}", chunk)
                count += size
                progress(size)
        except (TypeError, ValueError, OverflowError):
            raise StoreError(
                f"{name} holds a value that is none of its column, after row {count}",
                expected="a whole database",
                cure="run `setapart-auditor db check`",
            ) from None
        found.append(DumpedTable(name=name, columns=described.columns, rows=count))
    return tuple(found)


class Loader:
    """Fills the tables of a new database with the members of an archive.

    Args:
        connection: in a transaction; the schema is that of the manifest, without rows of its own.
        manifest: of a verified archive.
    """

    def __init__(self, connection: Connection, manifest: Manifest) -> None:
        self._connection = connection
        self._tables = {one.name: one for one in manifest.tables}
        self._left = {one.name: one.rows for one in manifest.tables}
        unlike = {name for name, one in self._tables.items() if one.columns != self._columns(name)}
        unlike |= set(_tables(connection)) ^ self._tables.keys()
        if unlike:
            raise StoreError(
                f"the backup's table {min(unlike)} is not that of schema {manifest.schema}",
                expected="a backup that this program can read",
            )

    def load(self, member: str, raw: bytes) -> int:
        """Adds the rows of one member. Returns how many there are.

        Raises:
            StoreError: it holds no rows of its table.
        """
        described = self._tables.get(member.removeprefix(TABLES).partition("/")[0])
        if described is None:
            raise StoreError(f"{member} is of no table", expected="a backup that fits its manifest")
        try:
            rows = msgspec.msgpack.decode(raw, type=list[tuple[tuple(self._hints(described))]])  # type: ignore[misc]
        except (msgspec.DecodeError, UnicodeDecodeError, OverflowError):
            raise StoreError(f"{member} holds no rows of its table", expected="a backup as it was written") from None
        if rows:
            self._insert(described, rows)
        self._left[described.name] -= len(rows)
        return len(rows)

    def finish(self) -> None:
        """Makes the database go on counting after the rows that were loaded.

        Raises:
            StoreError: rows are missing, or refer to none.
        """
        wrong = [name for name, left in self._left.items() if left]
        if wrong:
            raise StoreError(f"the backup has other rows of {wrong[0]} than its manifest says")
        if self._connection.dialect.name == "sqlite":
            broken = self._connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise StoreError(f"a row of {broken[0]} refers to a row of {broken[2]} that is not there")
            return
        for name, described in self._tables.items():
            for key in {"no"} & {one.name for one in described.columns}:
                self._connection.execute(
                    select(func.setval(func.pg_get_serial_sequence(f'"{name}"', key), func.max(column(key))))
                    .select_from(table(name))
                    .having(func.max(column(key)).is_not(None))
                )

    def _columns(self, name: str) -> tuple[DumpedColumn, ...] | None:
        return _describe(self._connection, name).columns if name in _tables(self._connection) else None

    def _hints(self, described: DumpedTable) -> Iterator[Any]:
        return (_PYTHON[one.kind] | None for one in described.columns)

    def _insert(self, described: DumpedTable, rows: Sequence[tuple[Any, ...]]) -> None:
        names = [one.name for one in described.columns]
        if self._connection.dialect.name == "postgresql":
            quoted = ", ".join(f'"{name}"' for name in names)
            driver: Any = self._connection.connection.cursor()
            with driver, driver.copy(f'COPY "{described.name}" ({quoted}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        target = _lightweight(described)
        self._connection.execute(insert(target), [dict(zip(names, row, strict=True)) for row in rows])


def empty(connection: Connection) -> None:
    """Takes away what a new schema has of rows: the log's state, which the backup has too."""
    connection.execute(text("DELETE FROM log_state"))


def _tables(connection: Connection) -> tuple[str, ...]:
    """Those that others refer to first."""
    ordered = inspect(connection).get_sorted_table_and_fkc_names()
    return tuple(name for name, _ in ordered if name is not None and name != VERSION_TABLE)


def _describe(connection: Connection, name: str) -> DumpedTable:
    columns = inspect(connection).get_columns(name)
    return DumpedTable(
        name=name, columns=tuple(DumpedColumn(name=one["name"], kind=_kind(one["type"])) for one in columns), rows=0
    )


def _kind(found: TypeEngine[Any]) -> Kind:
    generic = found.as_generic()
    return next(kind for kind, python in _PYTHON.items() if generic.python_type is python)


def _lightweight(described: DumpedTable) -> Any:  # noqa: ANN401 - SQLAlchemy's TableClause
    return table(described.name, *(column(one.name, _TYPES[one.kind]) for one in described.columns))


def _chunks(rows: Any) -> Iterator[tuple[int, bytes]]:  # noqa: ANN401 - a result
    """Rows as MessagePack arrays, some megabytes at a time."""
    kept: list[msgspec.Raw] = []
    size = 0
    for row in rows:
        raw = msgspec.msgpack.encode(tuple(row))
        kept.append(msgspec.Raw(raw))
        size += len(raw)
        if size >= _CHUNK_BYTES:
            yield len(kept), msgspec.msgpack.encode(kept)
            kept, size = [], 0
    if kept:
        yield len(kept), msgspec.msgpack.encode(kept)
