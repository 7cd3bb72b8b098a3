"""Threat 11, databases: whatever a stranger wrote, reading it ends soon, in bounded memory, and runs nothing."""

import os
import random
import resource
import sqlite3
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from setapart_agent.collectors.sqlite_snapshot import read_rows, read_rows_of_file
from setapart_agent.errors import ParseError

QUERY = {"rows": "SELECT a.id, a.x FROM a"}
MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) "
SECONDS = 30
MEMORY = 320
"""MiB: what `read_rows` may hand over, and half as much again."""


def made(folder: Path, *statements: str, wal: bool = False) -> Path:
    path = folder / "made.db"
    connection = sqlite3.connect(path, isolation_level=None)
    if wal:
        connection.execute("PRAGMA journal_mode=WAL")
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


def outcome(raw: bytes, wal: bytes | None = None) -> tuple[object, float, float]:
    """The rows, or the error, of a database that is read in a child; CPU seconds and MiB that it took."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        before = resource.getrusage(resource.RUSAGE_SELF)
        try:
            said = repr(read_rows(raw, QUERY, wal).get("rows"))[:2000]
        except ParseError as exc:
            said = f"ParseError {exc.got}"
        except BaseException as exc:  # noqa: BLE001 - a fork must not run on
            said = f"leaked {exc!r}"
        after = resource.getrusage(resource.RUSAGE_SELF)
        cost = (after.ru_utime - before.ru_utime, (after.ru_maxrss - before.ru_maxrss) / 1024)
        os.write(writing, repr((said, *cost)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    assert status == 0, "the child died"
    said, seconds, memory = eval(text)
    assert not said.startswith("leaked"), said
    assert seconds < SECONDS
    assert memory < MEMORY
    return said, seconds, memory


PROGRAMS: dict[str, tuple[str, ...]] = {
    "view": (f"CREATE VIEW a AS {MANY.format(-1)} SELECT i AS id, i AS x FROM n",),
    "view over itself": ("CREATE TABLE b(id, x)", "CREATE VIEW a AS SELECT * FROM b", "DROP TABLE b",
                         "CREATE VIEW b AS SELECT * FROM a"),
    "generated column that grows": ("CREATE TABLE a(id, x AS (hex(zeroblob(id))))",
                                    f"INSERT INTO a {MANY.format(40)} SELECT 7000000 FROM n"),
    "generated column without end": ("CREATE TABLE a(id, x AS (printf('%.*c', 90000000, 'x')))",
                                     "INSERT INTO a VALUES (1)"),
    "many large values": ("CREATE TABLE a(id, x)",
                          f"INSERT INTO a {MANY.format(230)} SELECT i, zeroblob(900000) FROM n"),
    "one huge value": ("CREATE TABLE a(id, x)", "INSERT INTO a VALUES (1, zeroblob(100000000))"),
    "very many rows": ("CREATE TABLE a(id, x)", f"INSERT INTO a {MANY.format(400000)} SELECT i, i FROM n"),
    "virtual table": ("CREATE VIRTUAL TABLE a USING fts5(id, x)", "INSERT INTO a VALUES ('1', 'two')"),
    "table of a module that nobody has": ("CREATE TABLE q(id, x)", "PRAGMA writable_schema=ON",
        "INSERT INTO sqlite_master VALUES ('table', 'a', 'a', 0, 'CREATE VIRTUAL TABLE a USING nobody(x)')"),
    "collation that nobody has": ("CREATE TABLE a(id, x)", "INSERT INTO a VALUES (1, 2)", "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET sql = 'CREATE TABLE a(id, x COLLATE nobody)'"),
    "schema that is no sql": ("CREATE TABLE a(id, x)", "PRAGMA writable_schema=ON",
                              "UPDATE sqlite_master SET sql = 'CREATE TABLE ((((((('"),
    "schema of blobs": ("CREATE TABLE a(id, x)", "PRAGMA writable_schema=ON",
                        "UPDATE sqlite_master SET sql = x'00ff', name = x'61', rootpage = 'x'"),
    "root of another table": ("CREATE TABLE a(id, x)", "CREATE TABLE b(y PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO b VALUES (randomblob(9000))", "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'b') WHERE name = 'a'"),
    "root that is the schema": ("CREATE TABLE a(id, x)", "PRAGMA writable_schema=ON",
                                "UPDATE sqlite_master SET rootpage = 1"),
    "root far beyond the end": ("CREATE TABLE a(id, x)", "PRAGMA writable_schema=ON",
                                "UPDATE sqlite_master SET rootpage = 2147483647"),
    "very many tables": tuple(f"CREATE TABLE t{number}(x)" for number in range(1500)),
    "a table of very many columns": (f"CREATE TABLE a({', '.join(f'c{number}' for number in range(1900))})",),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_and_lies_in_a_database_end_in_rows_or_our_error(name: str, tmp_path: Path) -> None:
    outcome(made(tmp_path, *PROGRAMS[name]).read_bytes())


def test_a_trigger_is_never_run(tmp_path: Path) -> None:
    path = made(
        tmp_path,
        "CREATE TABLE a(id, x)",
        "INSERT INTO a VALUES (1, 2)",
        "CREATE TABLE log(y)",
        "CREATE TRIGGER t AFTER UPDATE ON a BEGIN INSERT INTO log VALUES (1); END",
    )
    before = path.read_bytes()
    assert read_rows(before, QUERY) == {"rows": ((1, 2),)}
    assert read_rows_of_file(path, QUERY) == {"rows": ((1, 2),)}
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["made.db"]


def test_a_view_gives_nothing_even_where_it_would_be_harmless(tmp_path: Path) -> None:
    """What it would show need not be what a program of the device has stored."""
    path = made(
        tmp_path, "CREATE TABLE b(id, x)", "INSERT INTO b VALUES (1, 2)", "CREATE VIEW a AS SELECT id, x FROM b"
    )
    with pytest.raises(ParseError):
        read_rows(path.read_bytes(), QUERY)


def test_a_generated_column_is_not_computed(tmp_path: Path) -> None:
    """`printf` alone can take a minute for a row; the others of its table are read."""
    statements = (
        "CREATE TABLE a(id, x AS(id + 1), y GENERATED ALWAYS AS/**/(hex(id)) STORED)",
        "INSERT INTO a VALUES (1)",
    )
    raw = made(tmp_path, *statements).read_bytes()
    assert read_rows(raw, {"rows": "SELECT id FROM a"}) == {"rows": ((1,),)}
    for column in "xyXY*":
        with pytest.raises(ParseError):
            read_rows(raw, {"rows": f"SELECT {column} FROM A"})


def test_columns_keep_the_types_that_values_have(tmp_path: Path) -> None:
    """sqlite keeps to no declared type; parsers get what is there."""
    path = made(
        tmp_path,
        "CREATE TABLE a(id INTEGER, x TEXT)",
        "INSERT INTO a VALUES ('one', 1), (2.5, x'ff'), (NULL, 'ü'), (9223372036854775807, NULL)",
        "INSERT INTO a VALUES (x'', CAST(x'ff' AS TEXT))",
    )
    assert read_rows(path.read_bytes(), QUERY)["rows"] == (
        ("one", "1"),
        (2.5, b"\xff"),
        (None, "ü"),
        (2**63 - 1, None),
        (b"", "\ufffd"),
    )


def test_a_log_of_another_database_adds_nothing_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = made(tmp_path / "one", "CREATE TABLE a(id, x)", "INSERT INTO a VALUES (1, 'own')")
    other = sqlite3.connect(tmp_path / "two" / "db", isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE zzz(secret)")
    other.execute(f"INSERT INTO zzz {MANY.format(2000)} SELECT 'foreign' FROM n")
    log = (tmp_path / "two" / "db-wal").read_bytes()
    other.close()
    said, _, _ = outcome(one.read_bytes(), log)
    assert "foreign" not in str(said)


@pytest.mark.parametrize("seed", range(40))
def test_broken_logs_end_in_rows_or_our_error(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    connection = sqlite3.connect(tmp_path / "db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE a(id, x)")
    connection.execute(f"INSERT INTO a {MANY.format(300)} SELECT i, 'x' FROM n")
    main, log = (tmp_path / "db").read_bytes(), bytearray((tmp_path / "db-wal").read_bytes())
    connection.close()
    for _ in range(chance.randint(1, 6)):
        at = chance.choice((chance.randrange(32), chance.randrange(len(log))))
        log[at] = chance.randrange(256)
    outcome(main, bytes(log[: chance.choice((len(log), chance.randrange(len(log))))]))


def page_types(raw: bytes) -> list[int]:
    size = int.from_bytes(raw[16:18], "big")
    return [raw[page * size] for page in range(1, len(raw) // size)]


def cyclic(raw: bytes) -> bytes:
    """Every inner page of the table's tree leads to itself alone."""
    size = int.from_bytes(raw[16:18], "big")
    broken = bytearray(raw)
    for page in range(1, len(raw) // size):
        if broken[page * size] == 5:
            broken[page * size + 8 : page * size + 12] = struct.pack(">I", page + 1)
            cells = int.from_bytes(broken[page * size + 3 : page * size + 5], "big")
            for cell in range(cells):
                at = page * size + int.from_bytes(broken[page * size + 12 + 2 * cell :][:2], "big")
                broken[at : at + 4] = struct.pack(">I", page + 1)
    return bytes(broken)


def shared(raw: bytes) -> bytes:
    """Every child of every inner page is the same leaf, so that a few pages are very many rows."""
    size = int.from_bytes(raw[16:18], "big")
    broken = bytearray(raw)
    leaf = next(page for page in range(1, len(raw) // size) if broken[page * size] == 13) + 1
    for page in range(1, len(raw) // size):
        if broken[page * size] == 5:
            cells = int.from_bytes(broken[page * size + 3 : page * size + 5], "big")
            for cell in range(cells):
                at = page * size + int.from_bytes(broken[page * size + 12 + 2 * cell :][:2], "big")
                broken[at : at + 4] = struct.pack(">I", leaf)
    return bytes(broken)


def overflowing(raw: bytes) -> bytes:
    """A value's chain of pages leads back to its start."""
    size = int.from_bytes(raw[16:18], "big")
    broken = bytearray(raw)
    for page in range(2, len(raw) // size):
        if broken[page * size] not in (2, 5, 10, 13):
            broken[page * size : page * size + 4] = struct.pack(">I", page + 1)
    return bytes(broken)


@pytest.mark.parametrize("damage", [cyclic, shared, overflowing])
def test_a_tree_of_pages_that_leads_in_circles_ends(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    raw = made(
        tmp_path,
        "CREATE TABLE a(id, x)",
        f"INSERT INTO a {MANY.format(30000)} SELECT i, 'some text of some length' FROM n",
        "INSERT INTO a VALUES (1, zeroblob(60000))",
    ).read_bytes()
    broken = damage(raw)
    assert broken != raw
    assert 5 in page_types(raw), "no inner page: the test breaks nothing"
    begun = time.monotonic()
    outcome(broken)
    assert time.monotonic() - begun < 60
