"""Outlook for Mac (2016 and later): `Outlook 15 Profiles/<profile>/Data/Outlook.sqlite`.

Tables AccountsExchange and AccountsMail with `Account_EmailAddress` and `Account_Name`; the mailbox of an Exchange
account stands in both, joined by `Account_ExchangeAccountUID`. Source: several public readers of this database agree on
these columns; no capture was at hand. Servers stand in files of a format of their own, so hosts are not known here.
"""

from collections.abc import Mapping

from setapart_agent.collectors.desktop.parse.account import account, mailbox
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "macos.outlook"
MATURITY: Maturity = "untested"

_EXCHANGE, _MAIL = "AccountsExchange", "AccountsMail"
_COLUMNS = ("Record_RecordID", "Account_EmailAddress", "Account_Name", "Account_ExchangeAccountUID")
_REACH: dict[str, tuple[Service, ...]] = {"exchange": ("mail", "calendar", "contacts"), "mail": ("mail",)}
_HEADER = b"SQLite format 3\x00"
_SCHEMA = 1024 * 1024


def QUERIES(schema: Mapping[str, tuple[str, ...]]) -> dict[str, str]:  # noqa: N802 - the contract of Parser
    """SQL for the columns that this version of Outlook has."""
    found = {}
    for name, table in (("exchange", _EXCHANGE), ("mail", _MAIL)):
        if "Record_RecordID" in schema.get(table, ()):
            columns = ", ".join(column if column in schema[table] else "NULL" for column in _COLUMNS)
            found[name] = f"SELECT {columns} FROM {table}"  # noqa: S608 - names of our own
    return found


def recognise(name: str, content: bytes) -> bool:
    """By its tables of accounts, or by name."""
    if not content.startswith(_HEADER):
        return False
    return name.replace("\\", "/").rpartition("/")[2] == "Outlook.sqlite" or _EXCHANGE.encode() in content[:_SCHEMA]


def parse(files: FileSet) -> Facts:
    """The accounts; an Exchange account's mailbox counts once.

    Raises:
        ParseError: neither table is there.
    """
    if not files.rows.keys() & {"exchange", "mail"}:
        raise ParseError("no table of accounts", expected="the database of Outlook for Mac")
    exchange = files.rows.get("exchange", ())
    numbers = {row[0] for row in exchange}
    made = [_account("exchange", row, files.profile) for row in exchange]
    made += [_account("mail", row, files.profile) for row in files.rows.get("mail", ()) if row[3] not in numbers]
    return Facts(accounts=tuple(dict.fromkeys(made)))


def _account(kind: str, row: tuple[object, ...], profile: str) -> AccountFact:
    """An account; where it has no address, its name often is one."""
    address = next((found for value in row[1:3] if isinstance(value, str) and (found := mailbox(value))), None)
    return account(profile, f"outlook:{kind}", _REACH[kind], user=address)
