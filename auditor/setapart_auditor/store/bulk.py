"""Adding many rows at the driver's own speed: SQLAlchemy's work on each value is left out.

Measured on batches of 128 reports: SQLAlchemy's executemany cost as much as the database itself.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import LargeBinary

_Convert = Callable[[Any], Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows that all give the same columns; nothing for no rows."""
    if not rows:
        return
    columns = tuple(rows[0])
    sql, converts = _insert(connection.dialect, connection.dialect.name, table, columns)
    connection.exec_driver_sql(sql, _values(rows, columns, converts))


def update_rows(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Sets columns of the rows that `key` names; every row gives it and the same other columns."""
    if not rows:
        return
    columns = (*(name for name in rows[0] if name != key), key)
    sql, converts = _update(connection.dialect, connection.dialect.name, table, columns)
    connection.exec_driver_sql(sql, _values(rows, columns, converts))


def put_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, or sets the other columns of those whose primary key is there already."""
    if not rows:
        return
    columns = tuple(rows[0])
    sql, converts = _put(connection.dialect, connection.dialect.name, table, columns)
    connection.exec_driver_sql(sql, _values(rows, columns, converts))


def _values(
    rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...], converts: tuple[_Convert | None, ...]
) -> list[tuple[Any, ...]]:
    pairs = tuple(zip(columns, converts, strict=True))
    return [tuple(row[name] if convert is None else convert(row[name]) for name, convert in pairs) for row in rows]


@cache
def _insert(
    dialect: Dialect, kind: str, table: Table, columns: tuple[str, ...]
) -> tuple[str, tuple[_Convert | None, ...]]:
    marks = ", ".join([_mark(kind)] * len(columns))
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', _converts(dialect, table, columns)  # noqa: S608


@cache
def _update(
    dialect: Dialect, kind: str, table: Table, columns: tuple[str, ...]
) -> tuple[str, tuple[_Convert | None, ...]]:
    *names, key = columns
    sets = ", ".join(f'"{name}" = {_mark(kind)}' for name in names)
    return f'UPDATE "{table.name}" SET {sets} WHERE "{key}" = {_mark(kind)}', _converts(dialect, table, columns)  # noqa: S608


@cache
def _put(
    dialect: Dialect, kind: str, table: Table, columns: tuple[str, ...]
) -> tuple[str, tuple[_Convert | None, ...]]:
    sql, converts = _insert(dialect, kind, table, columns)
    key = [column.name for column in table.primary_key.columns]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in key)
    names = ", ".join(f'"{name}"' for name in key)
    return f"{sql} ON CONFLICT ({names}) DO UPDATE SET {sets}", converts


def _mark(kind: str) -> str:
    return "%s" if kind == "postgresql" else "?"


def _converts(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> tuple[_Convert | None, ...]:
    return tuple(_convert(dialect, table.columns[name].type) for name in columns)


def _convert(dialect: Dialect, kind: Any) -> _Convert | None:  # noqa: ANN401 - a column's type
    """What the driver needs done to a value; both drivers take bytes as they are."""
    if isinstance(kind, LargeBinary):
        return None
    processor: _Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor
