import contextlib
import sqlite3
from pathlib import Path

import pytest

from macos_tree import TREES, MacTree, database, rows
from setapart_agent.collectors.macos.mail import MailPrograms

OUTLOOK = "Library/Group Containers/UBF8T346G9.Office/Outlook/Outlook 15 Profiles/Main Profile"
TABLE = "CREATE TABLE AccountsMail (Record_RecordID INTEGER, Account_EmailAddress TEXT);"
PREFS = """user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.server.server1.type", "imap");
user_pref("mail.server.server1.hostname", "imap.corp.example");
"""


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    (tmp_path / "mac").mkdir()
    return MacTree(tmp_path / "mac", request.param)


def own(mac: MacTree) -> set[tuple[str, str | None]]:
    return {(row[2], row[3]) for row in rows(mac.collect(MailPrograms())) if row[1] == mac.ann}


def test_thunderbird(mac: MacTree) -> None:
    mac.write("Library/Thunderbird/Profiles/x.default/prefs.js", PREFS)
    assert [one.host for one in mac.collect(MailPrograms()).accounts] == ["imap.corp.example"]
    assert own(mac) == {("observed", None)}


@pytest.mark.parametrize("program", ["SeaMonkey", "Postbox"])
def test_kin_of_thunderbird(mac: MacTree, program: str) -> None:
    mac.write(f"Library/Application Support/{program}/Profiles/x.default/prefs.js", PREFS)
    assert [one.host for one in mac.collect(MailPrograms()).accounts] == ["imap.corp.example"]


def test_outlook(mac: MacTree, tmp_path: Path) -> None:
    content = database(tmp_path / "db", TABLE + "INSERT INTO AccountsMail VALUES (1, 'ann@corp.example');")
    mac.write(f"{OUTLOOK}/Data/Outlook.sqlite", content)
    assert [(one.type, one.domain) for one in mac.collect(MailPrograms()).accounts] == [
        ("outlook:mail", "corp.example")
    ]
    assert own(mac) == {("observed", None)}


def test_a_large_database_of_outlook_and_what_stands_in_its_log_alone(mac: MacTree, tmp_path: Path) -> None:
    path = tmp_path / "db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(f"PRAGMA journal_mode = WAL; {TABLE} CREATE TABLE Mail (Body BLOB);")
        db.execute("INSERT INTO Mail VALUES (zeroblob(17000000))")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.execute("INSERT INTO AccountsMail VALUES (1, 'ann@corp.example')")
        db.commit()
        mac.write(f"{OUTLOOK}/Data/Outlook.sqlite", path.read_bytes())
        mac.write(f"{OUTLOOK}/Data/Outlook.sqlite-wal", path.with_name("db-wal").read_bytes())
    assert [one.domain for one in mac.collect(MailPrograms()).accounts] == ["corp.example"]
    assert own(mac) == {("observed", None)}


def test_accounts_of_the_former_outlook_do_not_stand_for_those_of_the_new_one(mac: MacTree, tmp_path: Path) -> None:
    content = database(tmp_path / "db", TABLE + "INSERT INTO AccountsMail VALUES (1, 'ann@social.example');")
    mac.write(f"{OUTLOOK}/Data/Outlook.sqlite", content)
    mac.write(f"{OUTLOOK}/HxStore.hxd", b"Nostromoi")
    assert [one.domain for one in mac.collect(MailPrograms()).accounts] == ["social.example"]
    assert own(mac) == {("unsupported", "outlook: the new Outlook's store can't be read")}


def test_a_new_outlook_whose_accounts_stand_elsewhere_is_not_no_accounts(mac: MacTree, tmp_path: Path) -> None:
    mac.write(f"{OUTLOOK}/HxStore.hxd", b"Nostromoi")
    reason = "outlook: the new Outlook's store can't be read"
    assert own(mac) == {("unsupported", reason)}
    mac.write(f"{OUTLOOK}/Data/Outlook.sqlite", database(tmp_path / "db", TABLE))
    assert own(mac) == {("unsupported", reason)}


def test_an_outlook_database_that_is_broken_is_said(mac: MacTree) -> None:
    mac.write(f"{OUTLOOK}/Data/Outlook.sqlite", b"")
    assert {status for status, _ in own(mac)} == {"failed"}


def test_outlook_2011_can_not_be_read(mac: MacTree) -> None:
    mac.write("Documents/Microsoft User Data/Office 2011 Identities/Main Identity/Database", b"x")
    assert own(mac) == {("unsupported", "outlook 2011: its database can't be read")}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (".mbsyncrc", "IMAPAccount x\nHost imap.corp.example\n"),
        ("Library/Preferences/aerc/accounts.conf", "[Work]\nsource = imaps://ann@imap.corp.example\n"),
        (".config/vdirsyncer/config", '[storage x]\ntype = "caldav"\nurl = "https://imap.corp.example/"\n'),
        ("/opt/homebrew/etc/msmtprc", "account default\nhost imap.corp.example\n"),
    ],
)
def test_programs_of_the_terminal(mac: MacTree, path: str, content: str) -> None:
    mac.write(path, content)
    assert [one.host for one in mac.collect(MailPrograms()).accounts] == ["imap.corp.example"]
    assert own(mac) == {("observed", None)}


def test_without_any_program_everything_is_seen(mac: MacTree) -> None:
    assert own(mac) == {("observed", None)}
