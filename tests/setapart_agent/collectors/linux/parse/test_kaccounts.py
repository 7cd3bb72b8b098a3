import sqlite3
from pathlib import Path

import pytest

from setapart_agent.collectors.linux.parse import kaccounts
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, FileSet

TABLES = """
CREATE TABLE Accounts (id INTEGER PRIMARY KEY, name TEXT, provider TEXT, enabled INTEGER);
CREATE TABLE Services (id INTEGER PRIMARY KEY, name TEXT NOT NULL, display TEXT NOT NULL, provider TEXT, type TEXT);
CREATE TABLE Settings (account INTEGER NOT NULL, service INTEGER, key TEXT NOT NULL, type TEXT NOT NULL, value BLOB);
INSERT INTO Accounts VALUES (1, 'ada@corp.example', 'google', 1),
 (2, 'bob', 'nextcloud', 0), (3, NULL, NULL, 1);
INSERT INTO Services VALUES (5, 'google-calendar', '', 'google', 'dav-calendar'),
 (6, 'google-drive', '', 'google', 'google-drive'),
 (7, 'nextcloud-contacts', '', 'nextcloud', 'dav-contacts');
INSERT INTO Settings VALUES (1, 5, 'enabled', 'b', 'true'), (1, 6, 'enabled', 'b', 'false'),
 (2, 7, 'enabled', 'b', 'true'), (2, 0, 'dav/host', 's', '''cloud.corp.example'''),
 (2, 0, 'username', 's', '''bob@corp.example''');
"""


def database(tmp_path: Path, script: str) -> bytes:
    path = tmp_path / "accounts.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    connection.close()
    return path.read_bytes()


def test_accounts_with_the_services_that_are_switched_on(tmp_path: Path) -> None:
    content = database(tmp_path, TABLES)
    assert kaccounts.recognise("accounts.db", content)
    rows = read_rows(content, kaccounts.QUERIES)
    google, nextcloud, nothing = kaccounts.parse(FileSet(files={"main": content}, rows=rows, profile="1000")).accounts
    assert google == AccountFact(
        profile="1000",
        type="kaccounts:google",
        client="kaccounts",
        services=("calendar",),
        address="ada@corp.example",
        domain="corp.example",
        enabled=True,
    )
    assert (nextcloud.services, nextcloud.host, nextcloud.domain, nextcloud.enabled) == (
        ("contacts",),
        "cloud.corp.example",
        "corp.example",
        False,
    )
    assert nothing.type == "kaccounts:unknown"


def test_a_database_without_the_tables_is_refused(tmp_path: Path) -> None:
    rows = read_rows(database(tmp_path, "CREATE TABLE other (x);"), kaccounts.QUERIES)
    with pytest.raises(ParseError):
        kaccounts.parse(FileSet(files={}, rows=rows))


def test_rows_of_odd_types_survive(tmp_path: Path) -> None:
    script = (
        TABLES
        + "INSERT INTO Accounts VALUES (9, x'ff00', 7, 'x'); INSERT INTO Settings VALUES ('x', NULL, x'00', '', NULL);"
    )
    rows = read_rows(database(tmp_path, script), kaccounts.QUERIES)
    assert len(kaccounts.parse(FileSet(files={}, rows=rows)).accounts) == 4
