from ios_backup_maker import accounts_db
from setapart_agent.collectors.ios.parse import accounts
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.facts import FileSet


def test_the_database_is_recognised_by_its_tables_whatever_its_name() -> None:
    raw = accounts_db([])
    assert accounts.recognise("/x/Accounts3.sqlite", raw)
    assert accounts.recognise("943624fd13e27b800cc6d9ce1100c22356ee365c", raw)


def test_the_database_of_a_mac_and_other_databases_are_not_this() -> None:
    assert not accounts.recognise("/Users/a/Library/Accounts/Accounts4.sqlite", accounts_db([]))
    assert not accounts.recognise("Manifest.db", b"SQLite format 3\x00" + b"\x00" * 100)
    assert not accounts.recognise("Accounts3.sqlite", b"no database")


def test_accounts_belong_to_the_profile_that_is_asked_for() -> None:
    raw = accounts_db([{"type": "com.apple.account.Google", "user": "a@b.example", "enabled": ["Mail"]}])
    found = accounts.parse(FileSet(files={"main": raw}, rows=read_rows(raw, accounts.QUERIES), profile="0"))
    assert [(one.profile, one.services) for one in found.accounts] == [("0", ("mail",))]
