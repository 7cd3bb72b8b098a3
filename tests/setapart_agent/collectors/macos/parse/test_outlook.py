from pathlib import Path

import pytest

from macos_tree import database
from setapart_agent.collectors.macos.parse import outlook
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

TABLES = """
CREATE TABLE AccountsExchange (Record_RecordID INTEGER PRIMARY KEY, Account_MailAccountUID INTEGER,
 Account_EmailAddress TEXT, Account_Name TEXT);
CREATE TABLE AccountsMail (Record_RecordID INTEGER PRIMARY KEY, Account_ExchangeAccountUID INTEGER DEFAULT 0,
 Account_EmailAddress TEXT, Account_Name TEXT);
INSERT INTO AccountsExchange VALUES (1, 6012954, 'ann@corp.example', 'Work');
INSERT INTO AccountsMail VALUES (55, 1, NULL, 'Work (mail)'), (56, 0, 'ann@private.example', 'Me'),
 (57, NULL, NULL, 'someone@named.example');
"""


def facts_of(content: bytes) -> Facts:
    rows = read_rows(content, outlook.QUERIES)
    return outlook.parse(FileSet(files={"main": content}, rows=rows, profile="501"))


def test_an_exchange_account_counts_once_and_others_beside_it(tmp_path: Path) -> None:
    content = database(tmp_path / "db", TABLES)
    assert outlook.recognise("/x/Data/Outlook.sqlite", content)
    assert outlook.recognise("copy", content)
    assert [(one.type, one.services, one.domain) for one in facts_of(content).accounts] == [
        ("outlook:exchange", ("mail", "calendar", "contacts"), "corp.example"),
        ("outlook:mail", ("mail",), "private.example"),
        ("outlook:mail", ("mail",), "named.example"),
    ]


def test_a_version_with_one_table_and_fewer_columns(tmp_path: Path) -> None:
    script = "CREATE TABLE AccountsMail (Record_RecordID INTEGER, Account_EmailAddress TEXT);"
    content = database(tmp_path / "db", script + "INSERT INTO AccountsMail VALUES (1, 'ann@corp.example');")
    assert [one.domain for one in facts_of(content).accounts] == ["corp.example"]


def test_an_account_without_an_address_is_an_account_still(tmp_path: Path) -> None:
    script = TABLES.replace("'ann@corp.example', 'Work'", "NULL, NULL")
    assert facts_of(database(tmp_path / "db", script)).accounts[0].type == "outlook:exchange"


def test_another_database_is_refused(tmp_path: Path) -> None:
    content = database(tmp_path / "db", "CREATE TABLE Mail (Record_RecordID INTEGER);")
    with pytest.raises(ParseError):
        facts_of(content)
    assert not outlook.recognise("other.sqlite", content)
    assert not outlook.recognise("Outlook.sqlite", b"hx")


def test_odd_types_end_in_facts(tmp_path: Path) -> None:
    script = TABLES + "INSERT INTO AccountsMail VALUES (58, x'ff', x'ff00', 7), (59, 'x', 8.5, NULL);"
    assert len(facts_of(database(tmp_path / "db", script)).accounts) == 4


def test_a_view_in_the_place_of_a_table_is_not_trusted(tmp_path: Path) -> None:
    script = "CREATE VIEW AccountsMail AS SELECT 1 AS Record_RecordID, 'a@b.example' AS Account_EmailAddress;"
    with pytest.raises(ParseError):
        facts_of(database(tmp_path / "db", script))
