"""Adding many rows at the driver's own speed: SQLAlchemy's work on each value is left out.

Measured on batches of 128 reports: SQLAlchemy's executemany cost as much as the database itself. PostgreSQL is given
an array for each column, in one statement: each statement costs it and its driver more than a row.
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
    _add(connection, table, rows, "")


def update_rows(connection: Connection, table: Table, key: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Sets columns of the rows that `key` names; every row gives it and the same other columns."""
    if not rows:
        return
    columns = tuple(rows[0])
    values = _values(rows, columns, _converts(connection.dialect, table, columns))
    others = [name for name in columns if name != key]
    if connection.dialect.name == "sqlite":
        at = [columns.index(name) for name in (*others, key)]
        sets = ", ".join(f'"{name}" = ?' for name in others)
        sql = f'UPDATE "{table.name}" SET {sets} WHERE "{key}" = ?'  # noqa: S608 - the schema's own names
        connection.exec_driver_sql(sql, [tuple(row[one] for one in at) for row in values])
        return
    sets = ", ".join(f'"{name}" = new."{name}"' for name in others)
    new = f"{_unnested(connection, table, columns)} AS new({_names(columns)})"
    sql = f'UPDATE "{table.name}" AS old SET {sets} FROM {new} WHERE old."{key}" = new."{key}"'  # noqa: S608 - as above
    connection.exec_driver_sql(sql, _columns(values))


def put_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows, or sets the other columns of those whose primary key is there already."""
    if not rows:
        return
    key = [column.name for column in table.primary_key.columns]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name not in key)
    names = ", ".join(f'"{name}"' for name in key)
    _add(connection, table, rows, f" ON CONFLICT ({names}) DO UPDATE SET {sets}")


def _add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], then: str) -> None:
    columns = tuple(rows[0])
    values = _values(rows, columns, _converts(connection.dialect, table, columns))
    into = f'INSERT INTO "{table.name}" ({_names(columns)})'
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"{into} VALUES ({', '.join('?' * len(columns))}){then}", values)
    else:
        sql = f"{into} SELECT * FROM {_unnested(connection, table, columns)}{then}"  # noqa: S608 - the schema's own names
        connection.exec_driver_sql(sql, _columns(values))


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _unnested(connection: Connection, table: Table, columns: tuple[str, ...]) -> str:
    """PostgreSQL's table of arrays, one parameter for each column; bytes travel as they are."""
    kinds = [table.columns[name].type for name in columns]
    marks = ("%b" if isinstance(kind, LargeBinary) else "%s" for kind in kinds)
    casts = (kind.compile(connection.dialect) for kind in kinds)
    return f"unnest({', '.join(f'{mark}::{cast}[]' for mark, cast in zip(marks, casts, strict=True))})"


def _columns(values: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*values, strict=True)))


def _values(
    rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...], converts: tuple[_Convert | None, ...]
) -> list[tuple[Any, ...]]:
    pairs = tuple(zip(columns, converts, strict=True))
    return [tuple(row[name] if convert is None else convert(row[name]) for name, convert in pairs) for row in rows]


@cache
def _converts(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> tuple[_Convert | None, ...]:
    return tuple(_convert(dialect, table.columns[name].type) for name in columns)


def _convert(dialect: Dialect, kind: Any) -> _Convert | None:  # noqa: ANN401 - a column's type
    """What the driver needs done to a value; both drivers take bytes as they are."""
    if isinstance(kind, LargeBinary):
        return None
    processor: _Convert | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor
