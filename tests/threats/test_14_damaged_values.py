"""Threat 14: whatever somebody writes into a column of the database, each command that reads ends in words of ours."""

import datetime as dt
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.dialects.sqlite import dialect

from record_builder import digest, fill
from setapart_auditor.store.schema import metadata
from stores import make_installation
from typed_commands import run

COLUMNS = [
    f"{table.name}.{column.name}"
    for table in metadata.sorted_tables
    for column in table.columns
    # SQLite itself refuses anything but a number in the one column of a row's own number.
    if [column] != list(table.primary_key.columns) or column.type.compile(dialect()) != "INTEGER"
]
_FORK = f"sha256:{digest('e').hex()}"
_READING = (
    ("list", "--jobs", "1"), ("explain", "d1"), ("history", "d1"), ("sweep", "--jobs", "1"),
    ("export", "--format", "json"), ("device", "list"), ("device", "show", "d1"), ("device", "export"),
    ("device", "tokens", "list"), ("device", "station", "list"), ("exception", "list"), ("exception", "show", "E-1"),
    ("officer", "list"), ("log", "show", "--from", "0", "--limit", "3"), ("log", "verify"), ("log", "prove", "3"),
    ("log", "checkpoint"), ("db", "check"), ("db", "retain", "--dry-run"), ("device", "waiting"),
    ("device", "settle", "d1", _FORK, "--as", "o2"), ("ingest", "none.evidence"), ("db", "backup", "backup"),
)  # fmt: skip


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of an auditor with rows in every table, no officer but its makers, and no trigger that stops a hand."""
    folder = tmp_path_factory.mktemp("pristine") / "A"
    made = make_installation(folder)
    fill(made)
    made.store.close()
    with sqlite3.connect(folder / "auditor.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE officer SET implicit = 1")
        connection.execute("UPDATE officer SET disabled_at = NULL")
        connection.execute("UPDATE device SET state = 'active'")
        connection.execute("INSERT INTO current SELECT device_no, chain_no, source, no FROM evidence")
        connection.execute("UPDATE settlement SET second_by = NULL, second_folded = NULL, second_at = NULL")
        today = dt.datetime.now(dt.UTC).date().isoformat()
        connection.execute(
            "INSERT INTO rejection VALUES (?, 'malformed', '', 1, 0, 'x'), (?, 'old', '', 1, 0, 'x')", (today, today)
        )
    return folder


@pytest.mark.parametrize("column", COLUMNS)
def test_a_value_that_was_written_by_hand_is_told_of_and_is_never_a_traceback(
    pristine: Path, tmp_path: Path, column: str
) -> None:
    shutil.copytree(pristine, tmp_path / "A")
    table, name = column.split(".")
    with sqlite3.connect(tmp_path / "A" / "auditor.db") as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        unique = f'WHERE rowid = (SELECT min(rowid) FROM "{table}")'
        assert connection.execute(f'UPDATE "{table}" SET "{name}" = ? {unique}', (b"\xff{",)).rowcount == 1
    (tmp_path / "none.evidence").write_bytes(b"none")
    answers = {words: run(tmp_path, "setapart-auditor", *words, "--dir", "A") for words in _READING}
    assert {
        words: ran for words, ran in answers.items() if ran.code not in {0, 1, 2, 3} or "Traceback" in ran.printed
    } == {}
    assert answers["log", "verify"].code == 1, "it goes on, and lists what it found"
