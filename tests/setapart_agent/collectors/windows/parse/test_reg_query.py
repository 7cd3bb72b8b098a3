from pathlib import Path

import pytest

from setapart_agent.collectors.registry import parser_of, recognise
from setapart_agent.collectors.windows.parse import reg_query
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

KEY = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Uninstall"
OUTPUT = rf"""

{KEY}
{KEY}\tg
    (Standard)    REG_SZ    (Wert nicht gesetzt)
    DisplayName    REG_SZ    Télégram  Desktop
    DisplayVersion    REG_SZ    5.0.1
    EstimatedSize    REG_DWORD    0x1f4
    Blob    REG_BINARY    0AFF
    List    REG_MULTI_SZ    a\0b
    Odd    REG_BINARY    0A0
    Nothing    REG_NONE

Ende der Suche: 2 Übereinstimmungen gefunden.
"""


def facts(raw: bytes, kind: str) -> Facts:
    assert recognise(Path("x"), raw) == kind
    return parser_of(kind).parse(FileSet(files={"main": raw}, profile="S-1"))


@pytest.mark.parametrize("encoding", ["cp850", "utf-8", "utf-16"])
def test_programs_in_the_consoles_encoding(encoding: str) -> None:
    (app,) = facts(OUTPUT.replace("\n", "\r\n").encode(encoding), "windows.uninstall").apps
    assert (app.identifier, app.version, app.profile) == ("Télégram  Desktop", "5.0.1", "S-1")


def test_values_have_their_types() -> None:
    key = reg_query.read(OUTPUT.encode()).at(rf"{KEY}\tg")
    assert key is not None
    assert {name: key.value(name) for name in ("", "EstimatedSize", "Blob", "List", "Odd", "Nothing")} == {
        "": "(Wert nicht gesetzt)",
        "EstimatedSize": 500,
        "Blob": b"\x0a\xff",
        "List": ("a", "b"),
        "Odd": "0A0",
        "Nothing": "",
    }


def test_profiles_of_outlook() -> None:
    key = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Profiles\Outlook\9375CFF0413111d3B88A00104B2A6676"
    server = "imap.agency.example".encode("utf-16-le").hex().upper()
    raw = f"\r\n{key}\\00000002\r\n    IMAP Server    REG_BINARY    {server}0000\r\n\r\n".encode()
    assert [account.host for account in facts(raw, "windows.outlook").accounts] == ["imap.agency.example"]


def test_another_text_is_refused() -> None:
    assert not reg_query.is_output(b"HKEY_LOCAL_MACHINE is a root\n")
    with pytest.raises(ParseError):
        reg_query.read(b"x\n")
