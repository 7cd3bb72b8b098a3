"""Column types that mean the same on SQLite and on PostgreSQL."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Date, Dialect, Integer
from sqlalchemy.types import TypeDecorator

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


def damaged(kind: str) -> DamagedValueError:
    """What is said of a value that its column can't have."""
    return DamagedValueError(
        f"the database holds a {kind} that is none: somebody changed it",
        expected=f"a {kind} as it was written",
        cure="run `setapart-auditor db check`, and restore the database from a backup",
    )
