"""auditor/setapart_auditor/store/types.py: SQLite keeps anything in any column, and only what belongs there is read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, select, text
from sqlalchemy.engine import Connection

from setapart_auditor.errors import DamagedValueError
from setapart_auditor.store.engine import open_engine, own_errors
from setapart_auditor.store.types import Day, Moment, Number, as_it_stands

TABLE = Table(
    "kept", MetaData(), Column("words", Text), Column("few", Integer), Column("many", BigInteger), Column("no", Number),
    Column("raw", LargeBinary), Column("at", Moment), Column("day", Day), Column("flag", Boolean),
)  # fmt: skip
GOOD = {
    "words": "a", "few": 1, "many": 2**62, "no": 7, "raw": b"a", "at": 1_000_000, "day": "2026-11-23", "flag": 1
}  # fmt: skip
# SQLite itself turns a number into the text that a column wants.
OTHERS = {
    "words": (b"a",), "few": ("a", b"a", 1.5), "many": ("a", b"a", 1.5), "no": ("a", b"a", 1.5),
    "raw": ("a", 1, 1.5), "at": ("a", b"a", 1.5, 2**62), "day": ("a", b"2026-11-23", 1.5, 1),
}  # fmt: skip


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = open_engine(f"sqlite:///{tmp_path / 'db'}", create=True)
    TABLE.metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def keep(connection: Connection, **values: Any) -> None:
    connection.execute(text("DELETE FROM kept"))
    held = GOOD | values
    connection.execute(text(f"INSERT INTO kept ({', '.join(held)}) VALUES (:{', :'.join(held)})"), held)


def test_what_belongs_in_a_column_and_nothing_at_all_are_read(connection: Connection) -> None:
    keep(connection)
    read = connection.execute(select(TABLE)).mappings().one()
    assert {name: read[name] for name in ("words", "few", "many", "no", "raw")} == {
        "words": "a", "few": 1, "many": 2**62, "no": 7, "raw": b"a"
    }  # fmt: skip
    keep(connection, **dict.fromkeys(GOOD))
    assert set(connection.execute(select(TABLE)).one()) == {None}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, others in OTHERS.items() for value in others])
def test_a_value_of_another_kind_is_told_and_never_handed_on(name: str, value: Any, connection: Connection) -> None:
    keep(connection, **{name: value})
    with pytest.raises(DamagedValueError, match="somebody changed it"):
        connection.execute(select(TABLE.c[name])).all()


def test_a_text_that_is_no_utf_8_is_damage_and_nothing_to_wait_for(connection: Connection) -> None:
    keep(connection)
    connection.execute(text("UPDATE kept SET words = CAST(x'FF' AS TEXT)"))
    with pytest.raises(DamagedValueError, match="a text that is none"), own_errors():
        connection.execute(select(TABLE.c.words)).all()


def test_who_compares_with_a_digest_gets_what_stands_there(connection: Connection) -> None:
    keep(connection, words=b"\xff", few="x")
    read = connection.execute(select(*map(as_it_stands, TABLE.columns))).mappings().one()
    assert (read["words"], read["few"], read["at"].year, read["flag"]) == (b"\xff", "x", 1970, True)
