import sqlite3
from pathlib import Path

import pytest

from macos_tree import TREES, MacTree, accounts_database, rows, xml
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.macos.accounts import NO_DATABASE, SystemAccounts

MAIL = "com.apple.Dataclass.Mail"


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    (tmp_path / "mac").mkdir()
    return MacTree(tmp_path / "mac", request.param)


def exchange(tmp_path: Path, domain: str) -> bytes:
    return accounts_database(tmp_path / "db", ("com.apple.account.Exchange", f"ann@{domain}", (MAIL,), {}))


def test_accounts_of_a_user(mac: MacTree, tmp_path: Path) -> None:
    mac.write("Library/Accounts/Accounts4.sqlite", exchange(tmp_path, "corp.example"))
    facts = mac.collect(SystemAccounts())
    assert [(one.profile, one.domain, one.services) for one in facts.accounts] == [(mac.ann, "corp.example", ("mail",))]
    assert {row[2] for row in rows(facts)} == {"observed"}


def test_the_newest_database_counts_alone(mac: MacTree, tmp_path: Path) -> None:
    mac.write("Library/Accounts/Accounts3.sqlite", exchange(tmp_path, "old.example"))
    mac.write("Library/Accounts/Accounts4.sqlite", exchange(tmp_path, "new.example"))
    assert [one.domain for one in mac.collect(SystemAccounts()).accounts] == ["new.example"]
    (mac.root / "Users/ann/Library/Accounts/Accounts4.sqlite").unlink()
    assert [one.domain for one in mac.collect(SystemAccounts()).accounts] == ["old.example"]


def test_rows_in_the_write_ahead_log_count(mac: MacTree, tmp_path: Path) -> None:
    path = tmp_path / "db"
    accounts_database(path, ("com.apple.account.Exchange", "ann@corp.example", (MAIL,), {}))
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("INSERT INTO ZACCOUNT VALUES (9, 1, 1, NULL, 'ann@late.example', NULL)")
        db.commit()
        for suffix in ("", "-wal"):
            mac.write(f"Library/Accounts/Accounts4.sqlite{suffix}", Path(f"{path}{suffix}").read_bytes())
    db.close()
    domains = {one.domain for one in mac.collect(SystemAccounts()).accounts}
    assert domains == {"corp.example", "late.example"}


def test_a_folder_without_its_database_is_not_no_accounts(mac: MacTree) -> None:
    mac.write("Library/Accounts/VerifiedBackup/x")
    reason = f"internet accounts: {NO_DATABASE}"
    assert {("accounts", mac.ann, "failed", reason), ("links", mac.ann, "failed", reason)} <= rows(
        mac.collect(SystemAccounts())
    )


def test_who_never_logged_in_has_no_accounts(mac: MacTree) -> None:
    facts = mac.collect(SystemAccounts())
    assert facts.accounts == ()
    assert {row[2] for row in rows(facts)} == {"observed"}


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00" + bytes(100), b"other"])
def test_a_broken_database_is_said(mac: MacTree, content: bytes) -> None:
    mac.write("Library/Accounts/Accounts4.sqlite", content)
    assert {(row[0], row[2]) for row in rows(mac.collect(SystemAccounts())) if row[1] == mac.ann} == {
        ("accounts", "failed"),
        ("links", "failed"),
    }


@pytest.mark.parametrize(
    "path", ["Library/Mail/V2/MailData/Accounts.plist", "Library/Preferences/com.apple.mail.plist"]
)
def test_mails_own_list_of_old_systems(mac: MacTree, path: str) -> None:
    listed = [{"AccountType": "IMAPAccount", "Hostname": "imap.corp.example", "Username": "ann"}]
    mac.write(path, xml({"MailAccounts": listed}))
    assert [one.host for one in mac.collect(SystemAccounts()).accounts] == ["imap.corp.example"]


def test_stores_of_old_systems_count_where_there_is_no_database(mac: MacTree, tmp_path: Path) -> None:
    calendar = {"ServerURL": "https://dav.corp.example/", "Login": "ann"}
    mac.write("Library/Calendars/1.caldav/Info.plist", xml(calendar))
    contacts = {"serverName": "dav.other.example", "userName": "ann"}
    mac.write("Library/Application Support/AddressBook/Sources/1/Configuration.plist", xml(contacts))
    facts = mac.collect(SystemAccounts())
    assert {(one.type, one.host) for one in facts.accounts} == {
        ("ical:caldav", "dav.corp.example"),
        ("address-book:server", "dav.other.example"),
    }
    mac.write("Library/Accounts/Accounts4.sqlite", exchange(tmp_path, "corp.example"))
    assert [one.type for one in mac.collect(SystemAccounts()).accounts] == ["com.apple.account.Exchange"]


def test_a_broken_list_of_mail_is_said(mac: MacTree) -> None:
    mac.write("Library/Mail/V2/MailData/Accounts.plist", b"")
    assert ("accounts", mac.ann, "failed") in {row[:3] for row in rows(mac.collect(SystemAccounts()))}


def test_preferences_of_a_newer_mail_hold_no_accounts(mac: MacTree) -> None:
    mac.write("Library/Preferences/com.apple.mail.plist", xml({"AccountInfoFetchTime": 7}))
    facts = mac.collect(SystemAccounts())
    assert facts.accounts == ()
    assert {row[2] for row in rows(facts)} == {"observed"}


def test_a_home_that_is_not_seen_is_said_and_not_touched(mac: MacTree, tmp_path: Path) -> None:
    mac.write("Library/Accounts/Accounts4.sqlite", exchange(tmp_path, "corp.example"))
    mac.unseen = Denied("the encrypted home is not open")
    facts = mac.collect(SystemAccounts())
    assert facts.accounts == ()
    assert ("accounts", mac.ann, "denied", "the encrypted home is not open") in rows(facts)
