"""Column types that mean the same on SQLite and on PostgreSQL."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Date, Dialect, Integer, LargeBinary, Text, type_coerce
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from setapart_auditor.errors import DamagedValueError

Number = BigInteger().with_variant(Integer(), "sqlite")
"""A row number: 64 bits on both; SQLite counts only a column that is called INTEGER."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Moment(TypeDecorator[dt.datetime]):
    """A moment in UTC, kept as whole microseconds since 1970: exact, and sorted as numbers are."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:
        """Microseconds of an aware moment."""
        del dialect
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> dt.datetime | None:
        """The moment, in UTC."""
        del dialect
        if value is None:
            return None
        try:
            return _EPOCH + value * _MICROSECOND
        except (TypeError, OverflowError):
            raise damaged("moment") from None


class Day(TypeDecorator[dt.date]):
    """A day."""

    impl = Date
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], dt.date | None] | None:
        """What reads a value; SQLite keeps text, which can be anything."""
        read = super().result_processor(dialect, coltype)
        if read is None:
            return None

        def read_day(value: Any) -> dt.date | None:  # noqa: ANN401 - a driver's
            try:
                return read(value)
            except (TypeError, ValueError):
                raise damaged("day") from None

        return read_day


class _Checked:
    """A type of SQLite's that reads nothing else: there a column's type is a wish, and bytes may stand in any."""

    kind: tuple[type, str]

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """What reads a value."""
        del dialect, coltype
        wanted, called = self.kind

        def read(value: Any) -> Any:  # noqa: ANN401 - a driver's
            if value is None or type(value) is wanted:
                return value
            raise damaged(called)

        return read


class _CheckedText(_Checked, Text):
    kind = (str, "text")


class _CheckedInteger(_Checked, Integer):
    kind = (int, "number")


class _CheckedBigInteger(_Checked, BigInteger):
    kind = (int, "number")


class _CheckedBytes(_Checked, LargeBinary):
    kind = (bytes, "value in bytes")


CHECKED: Mapping[type[TypeEngine[Any]], type[TypeEngine[Any]]] = {
    Text: _CheckedText, Integer: _CheckedInteger, BigInteger: _CheckedBigInteger, LargeBinary: _CheckedBytes,
}  # fmt: skip
"""SQLite's own types, for its dialect's `colspecs`."""


def as_it_stands(column: Column[Any]) -> ColumnElement[Any]:
    """A column that is read without being checked, where it is one of `CHECKED`: for who compares it with a digest."""
    checked = isinstance(column.type, tuple(CHECKED))
    return type_coerce(column, NullType()).label(column.name) if checked else column


def damaged(kind: str) -> DamagedValueError:
    """What is said of a value that its column can't have."""
    return DamagedValueError(
        f"the database holds a {kind} that is none: somebody changed it",
        expected=f"a {kind} as it was written",
        cure="run `setapart-auditor db check`, and restore the database from a backup",
    )
