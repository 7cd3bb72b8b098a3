"""Threat 14: audit rows are edited, deleted or put in. Every table, row, column and byte of the record is tried."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from record_builder import fill
from setapart_auditor.installation import open_installation
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.verify import LogReport, verify_log
from setapart_auditor.store.watch import WATCHED
from stores import make_installation

TABLES = [*(table.name for table in WATCHED), "log_leaf", "log_node", "log_state", "log_checkpoint", "inventory"]
DERIVED = {("log_state", "register_version"), ("inventory", "size"), ("inventory", "erased_by")}
"""Columns that no verdict rests on: a counter of changes, and what is said of an erased inventory."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("auditor") / "A"
    made = make_installation(folder)
    fill(made)
    with made.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.store.close()
    return folder


def verified(folder: Path) -> LogReport:
    opened = open_installation(folder)
    key = NoteKey(name=opened.settings.log.origin, key=opened.authority.signer.public)
    try:
        with opened.store.read() as connection:
            return verify_log(connection, key)
    finally:
        opened.store.close()


@contextmanager
def by_hand(folder: Path, tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    """A copy of the auditor, and its database as somebody who owns the file opens it: without any trigger."""
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    with closing(sqlite3.connect(copy / "auditor.db", isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("PRAGMA ignore_check_constraints = ON")
        yield copy, database


def other(value: object) -> object:
    if value is None:
        return "x"
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
    if isinstance(value, int):
        return value + 1
    text = str(value)
    return f"{int(text[0]) ^ 1}{text[1:]}" if text[:1].isdigit() else f"{text}x"


def test_the_record_as_it_was_written_is_whole(filled: Path) -> None:
    report = verified(filled)
    assert report.defects == ()
    assert report.rows == 2 * len(WATCHED)
    assert report.checkpoints == 2


@pytest.mark.parametrize("table", TABLES)
def test_no_value_of_any_row_can_be_changed_unseen(filled: Path, tmp_path: Path, table: str) -> None:
    with by_hand(filled, tmp_path) as (copy, database):
        columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
        keys = [row[0] for row in database.execute(f'SELECT rowid FROM "{table}" ORDER BY rowid')]
        assert keys
        for key in {keys[0], keys[-1]}:
            before = database.execute(f'SELECT * FROM "{table}" WHERE rowid = ?', (key,)).fetchone()
            for column, value in zip(columns, before, strict=True):
                if (table, column) in DERIVED:
                    continue
                try:
                    database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (other(value), key))
                except sqlite3.IntegrityError:
                    continue  # the schema itself refuses it
                moved = key + 1 if column in {"no", "evidence_no", "size", "id"} and isinstance(value, int) else key
                row = database.execute(f'SELECT rowid FROM "{table}" WHERE rowid IN (?, ?)', (key, moved)).fetchall()
                assert row
                assert verified(copy).defects, f"{table}.{column}"
                found = moved if (moved,) in row and (key,) not in row else key
                database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (value, found))
        assert verified(copy).defects == ()


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("holder", "device 1: changed since it was recorded"),
        ("since", "device: a value that can't be read"),
        ("created_at", "device: a value that can't be read"),
    ],
)
def test_a_value_of_another_kind_makes_no_other_row_look_deleted(
    filled: Path, tmp_path: Path, column: str, told: str
) -> None:
    with by_hand(filled, tmp_path) as (copy, database):
        database.execute(f"UPDATE device SET {column} = x'FF' WHERE no = 1")
        assert verified(copy).defects == (told,)


@pytest.mark.parametrize("table", TABLES)
def test_no_row_can_be_taken_away_unseen(filled: Path, tmp_path: Path, table: str) -> None:
    with by_hand(filled, tmp_path) as (copy, database):
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(f'DELETE FROM "{table}" WHERE rowid = (SELECT max(rowid) FROM "{table}")')
        if table == "log_checkpoint":
            # The newest checkpoint is known to whoever keeps it: threat 15.
            return
        assert verified(copy).defects


@pytest.mark.parametrize("table", [table.name for table in WATCHED])
def test_no_row_can_be_put_in_unseen(filled: Path, tmp_path: Path, table: str) -> None:
    with by_hand(filled, tmp_path) as (copy, database):
        columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
        row = list(database.execute(f'SELECT * FROM "{table}" ORDER BY rowid DESC LIMIT 1').fetchone())
        for at, name in enumerate(columns):
            if name in {"no", "id", "value", "folded", "keyid", "hash", "digest", "token_hash", "device_no", "sweep_no",
                        "sequence", "evidence_digest"} and row[at] is not None:  # fmt: skip
                row[at] = row[at] + 1 if isinstance(row[at], int) else other(other_end(row[at]))
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(row))})', row)
        assert any("not written by the auditor" in defect for defect in verified(copy).defects)


def other_end(value: object) -> object:
    return value[::-1] if isinstance(value, bytes | str) else value


def test_two_entries_can_not_change_places(filled: Path, tmp_path: Path) -> None:
    with by_hand(filled, tmp_path) as (copy, database):
        for old, new in ((5, -1), (6, 5), (-1, 6)):
            database.execute("UPDATE log_leaf SET no = ? WHERE no = ?", (new, old))
        assert any("not the hash" in defect for defect in verified(copy).defects)


def test_every_byte_of_a_value_counts(filled: Path, tmp_path: Path) -> None:
    """Each byte of some values, of short rows and of entries, is flipped by its place in the file."""
    raw = (filled / "auditor.db").read_bytes()
    copy = tmp_path / "copy"
    shutil.copytree(filled, copy)
    words = (b"the receipt", b"the envelope", b"case 1", b"the spki")
    for place in sorted({raw.rfind(word) + at for word in words for at in range(len(word))}):
        (copy / "auditor.db").write_bytes(raw[:place] + bytes([raw[place] ^ 0x10]) + raw[place + 1 :])
        assert verified(copy).defects, place


def test_an_inventory_that_nobody_erased_is_missed(filled: Path, tmp_path: Path) -> None:
    with by_hand(filled, tmp_path) as (copy, database):
        database.execute("UPDATE inventory SET body = NULL, erased_at = 1, erased_by = 'job' WHERE evidence_no = 1")
        assert verified(copy).defects == ("inventory of evidence 1: gone, and no entry says that it was erased",)


def test_an_entry_that_nobody_erased_is_missed(filled: Path, tmp_path: Path) -> None:
    with by_hand(filled, tmp_path) as (copy, database):
        database.execute("UPDATE log_leaf SET salt = NULL, record = NULL, erased_at = 1 WHERE no = 7")
        assert verified(copy).defects == ("log entry 7: erased, and no entry says so",)
