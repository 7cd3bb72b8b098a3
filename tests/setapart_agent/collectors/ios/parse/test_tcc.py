import sqlite3
from pathlib import Path

import pytest

from setapart_agent.collectors.ios.parse import tcc
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.facts import FileSet

NEW = "CREATE TABLE access (service TEXT, client TEXT, client_type INTEGER, auth_value INTEGER)"
OLD = "CREATE TABLE access (service TEXT, client TEXT, client_type INTEGER, allowed INTEGER)"


def granted(folder: Path, table: str, *rows: tuple[object, ...]) -> dict[str, tuple[str, ...]]:
    connection = sqlite3.connect(folder / "TCC.db")
    connection.execute(table)
    connection.executemany("INSERT INTO access VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    found = read_rows((folder / "TCC.db").read_bytes(), tcc.queries)
    return dict(tcc.permissions_of(FileSet(files={}, rows=found)))


@pytest.mark.parametrize(("value", "words"), [(2, ("contacts",)), (3, ("contacts",)), (0, None), (1, None)])
def test_what_was_allowed_or_limited_counts(tmp_path: Path, value: int, words: tuple[str, ...] | None) -> None:
    assert granted(tmp_path, NEW, ("kTCCServiceAddressBook", "A.b", 0, value)).get("a.b") == words


def test_both_services_of_the_older_table(tmp_path: Path) -> None:
    rows = [
        ("kTCCServiceCalendar", "a.b", 0, 1),
        ("kTCCServiceAddressBook", "a.b", 0, 1),
        ("kTCCServiceCalendar", "c.d", 0, 0),
    ]
    assert granted(tmp_path, OLD, *rows) == {"a.b": ("calendar", "contacts")}


def test_other_services_and_clients_that_are_paths_are_left_out(tmp_path: Path) -> None:
    rows = [
        ("kTCCServiceMotion", "a.b", 0, 2),
        ("kTCCServiceAddressBook", "/usr/x", 1, 2),
        ("kTCCServiceCalendar", b"x", 0, 2),
    ]
    assert granted(tmp_path, NEW, *rows) == {}


def test_another_database_grants_nothing(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "x").execute("CREATE TABLE other (x)").connection.close()
    assert read_rows((tmp_path / "x").read_bytes(), tcc.queries) == {}
