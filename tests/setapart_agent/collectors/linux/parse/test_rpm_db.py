"""rpm's database in its three containers, also against rpm itself."""

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from hostile_files import assert_survives, parsed
from rpm_maker import bdb, header, ndb
from setapart_agent.collectors.linux.parse import rpm_db
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

BLOBS = (header("telegram-desktop", "4.8", "1.fc39"), header("glibc", "2.38", "7.fc39", epoch=0))
EXPECTED = [("telegram-desktop", "4.8-1.fc39"), ("glibc", "0:2.38-7.fc39")]


@pytest.mark.parametrize("content", [bdb(*BLOBS), bdb(*BLOBS, order=">"), ndb(*BLOBS)], ids=["bdb", "bdb-big", "ndb"])
def test_both_older_containers(content: bytes) -> None:
    assert_survives(rpm_db, "Packages", content)
    assert [(app.identifier, app.version) for app in parsed(rpm_db, content).apps] == EXPECTED


def sqlite_of(folder: Path, *blobs: object) -> bytes:
    path = folder / "rpmdb.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.commit()
    connection.close()
    return path.read_bytes()


def test_sqlite(tmp_path: Path) -> None:
    content = sqlite_of(tmp_path, *BLOBS, header("big", filler=100_000))
    assert rpm_db.recognise("rpmdb.sqlite", content)
    facts = rpm_db.parse(FileSet(files={"main": content}, rows=read_rows(content, rpm_db.QUERIES)))
    assert [(app.identifier, app.version) for app in facts.apps] == [*EXPECTED, ("big", "1-2")]
    assert facts.coverage == ()


def test_sqlite_with_something_else_in_it(tmp_path: Path) -> None:
    content = sqlite_of(tmp_path, "text")
    with pytest.raises(ParseError):
        rpm_db.parse(FileSet(files={"main": content}, rows=read_rows(content, rpm_db.QUERIES)))
    with pytest.raises(ParseError):
        rpm_db.parse(FileSet(files={"main": content}))


def test_what_comes_before_a_break_is_kept_and_the_break_is_told() -> None:
    facts = parsed(rpm_db, ndb(*BLOBS)[:-16])
    assert [app.identifier for app in facts.apps] == ["telegram-desktop"]
    assert [row.status for row in facts.coverage] == ["failed"]


def test_an_empty_database_is_whole() -> None:
    assert parsed(rpm_db, ndb()).apps == ()
    assert parsed(rpm_db, bdb()).coverage == ()


SPEC = """Name: setapart-sample
Version: 1.5
Release: 3
Epoch: 2
Summary: A sample
License: none
BuildArch: noarch
%description
A sample.
%files
"""


@pytest.mark.needs("rpm")
def test_a_database_that_rpm_made_reads_as_rpm_reads_it(tmp_path: Path) -> None:
    if shutil.which("rpmbuild") is None:
        pytest.skip("needs rpmbuild")
    spec, database = tmp_path / "sample.spec", tmp_path / "db"
    spec.write_text(SPEC)
    run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {tmp_path}/build", str(spec))
    (package,) = (tmp_path / "build" / "RPMS").rglob("*.rpm")
    run("rpm", "--dbpath", str(database), "--initdb")
    run("rpm", "--dbpath", str(database), "--justdb", "--nodeps", "-i", str(package))
    content = (database / "rpmdb.sqlite").read_bytes()
    wal = database / "rpmdb.sqlite-wal"
    rows = read_rows(content, rpm_db.QUERIES, wal.read_bytes() if wal.exists() else None)
    facts = rpm_db.parse(FileSet(files={"main": content}, rows=rows))
    assert [(app.identifier, app.version) for app in facts.apps] == [("setapart-sample", "2:1.5-3")]
    assert [f"{app.identifier} {app.version}" for app in facts.apps] == asked(database)


@pytest.mark.needs("rpm", "corpus")
@pytest.mark.parametrize("file", ["scalibr/rpm/Packages_epoch", "osquery/rpm-sqlite/rpmdb.sqlite"])
def test_captured_databases_read_as_rpm_reads_them(corpus: Path, tmp_path: Path, file: str) -> None:
    content = (corpus / "linux" / file).read_bytes()
    sqlite = content.startswith(b"SQLite")
    (tmp_path / ("rpmdb.sqlite" if sqlite else "Packages")).write_bytes(content)
    facts = rpm_db.parse(FileSet(files={"main": content}, rows=read_rows(content, rpm_db.QUERIES) if sqlite else {}))
    assert sorted(f"{app.identifier} {app.version}" for app in facts.apps) == sorted(asked(tmp_path))


def asked(database: Path) -> list[str]:
    return run("rpm", "--dbpath", str(database), "-qa", "--qf", "%{NAME} %{EVR}\n").splitlines()


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
