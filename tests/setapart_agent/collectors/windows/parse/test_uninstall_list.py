import json
from pathlib import Path

import pytest

from setapart_agent.collectors.registry import recognise
from setapart_agent.collectors.windows import uninstall
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

ENTRY = {
    "DisplayName": "Telegram Desktop",
    "DisplayVersion": "5.0.1",
    "UninstallString": "x.exe",
    "EstimatedSize": 1,
    "PSChildName": "{53F49750}_is1",
}
MACHINE = {"PSPath": r"Microsoft.PowerShell.Core\Registry::HKEY_LOCAL_MACHINE\SOFTWARE\x\Uninstall\y"}
UPDATE = {"DisplayName": "Fix (KB123456)", "DisplayVersion": "1", "ParentKeyName": "x", "PSChildName": "y"}


def apps(raw: bytes) -> list[tuple[str, str | None, str]]:
    assert recognise(Path("x"), raw) == "windows.uninstall"
    found = uninstall.parse(FileSet(files={"main": raw}, profile="S-1"))
    return [(app.identifier, app.version, app.profile) for app in found.apps]


def test_json_with_paths_that_say_whose_a_program_is() -> None:
    raw = json.dumps([ENTRY, ENTRY | MACHINE | {"DisplayName": "7-Zip"}, UPDATE]).encode()
    assert apps(raw) == [("7-Zip", "5.0.1", "system"), ("Telegram Desktop", "5.0.1", "S-1")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_list_of_chosen_values(encoding: str) -> None:
    nameless = "DisplayName    :\r\nDisplayVersion :\r\n\r\n"
    raw = f"\r\nDisplayName    : Telegram Desktop\r\nDisplayVersion : 5.0.1\r\n\r\n{nameless}"
    assert apps(raw.encode(encoding)) == [("Telegram Desktop", "5.0.1", "S-1")]


def test_a_table_and_one_that_was_cut() -> None:
    head = "DisplayName       DisplayVersion\r\n-----------       --------------\r\n"
    assert apps(f"{head}Telegram Desktop  5.0.1\r\n".encode()) == [("Telegram Desktop", "5.0.1", "S-1")]
    facts = uninstall.parse(FileSet(files={"main": f"{head}Telegram De...    5.0.1\r\n".encode()}, profile="S-1"))
    assert {row.status for row in facts.coverage} == {"failed"}


def test_another_list_is_refused() -> None:
    with pytest.raises(ParseError):
        uninstall.parse(FileSet(files={"main": b"Name : x\n"}))
