"""Column types that mean the same on SQLite and on PostgreSQL."""

import datetime as dt

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import TypeDecorator

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
        return None if value is None else _EPOCH + value * _MICROSECOND
