from pathlib import Path

import pytest

from macos_tree import accounts_database
from setapart_agent.collectors.ios.parse import accounts as ios_accounts
from setapart_agent.collectors.macos.parse import accounts
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

MAIL, CALENDARS = "com.apple.Dataclass.Mail", "com.apple.Dataclass.Calendars"


def facts_of(content: bytes) -> Facts:
    rows = read_rows(content, accounts.QUERIES)
    return accounts.parse(FileSet(files={"main": content}, rows=rows, profile="501"))


def test_an_exchange_account_with_what_is_switched_on(tmp_path: Path) -> None:
    content = accounts_database(
        tmp_path / "db",
        ("com.apple.account.Exchange", "ann@corp.example", (MAIL, CALENDARS), {"Hostname": "mail.corp.example"}),
    )
    (account,) = facts_of(content).accounts
    assert (account.profile, account.type, account.services, account.domain, account.host, account.enabled) == (
        "501", "com.apple.account.Exchange", ("mail", "calendar"), "corp.example", "mail.corp.example", True,
    )  # fmt: skip


def test_nothing_switched_on_is_said(tmp_path: Path) -> None:
    content = accounts_database(tmp_path / "db", ("com.apple.account.Google", "ann@corp.example", (), {}))
    (account,) = facts_of(content).accounts
    assert account.enabled is False


def test_a_database_without_the_tables_is_refused() -> None:
    with pytest.raises(ParseError):
        accounts.parse(FileSet(files={}))


def test_the_name_tells_macos_from_ios(tmp_path: Path) -> None:
    content = accounts_database(tmp_path / "db", ("com.apple.account.IMAP", "ann@corp.example", (MAIL,), {}))
    for parser, name in ((accounts, "Accounts4.sqlite"), (ios_accounts, "Accounts3.sqlite")):
        assert parser.recognise(f"/x/{name}", content)
    assert not accounts.recognise("Accounts3.sqlite", content)
    assert not ios_accounts.recognise("Accounts4.sqlite", content)
    assert not accounts.recognise("Accounts4.sqlite", b"not a database")
