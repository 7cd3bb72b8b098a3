"""packaging/agent/windows/install.ps1: who has which rights in the state folder."""

import hashlib
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from windows_zip import SYSTEM, text

ADMINISTRATORS, OWNER_RIGHTS = "S-1-5-32-544", "S-1-3-4"


@dataclass(frozen=True)
class Entry:
    """An entry of an access control list in SDDL (MS-DTYP 2.5.1): all of ours allow."""

    flags: frozenset[str]
    rights: int
    who: str


_RIGHTS = {"FA": 0x1F01FF, "RC": 0x20000}
_WHO = {"SY": SYSTEM, "BA": ADMINISTRATORS}
ADD_FILE, ADD_FOLDER, DELETE, WRITE_DAC, WRITE_OWNER = 0x2, 0x4, 0x10000, 0x40000, 0x80000


@pytest.fixture(scope="module")
def rights(windows_files: Mapping[str, bytes]) -> dict[str, list[Entry]]:
    """The entries of `$Closed` and `$StateRights`."""
    script = text(windows_files, "install.ps1")
    values = dict(re.findall(r"^\$(Deliver|Closed|StateRights) = ['\"](.+)['\"]\r$", script, re.MULTILINE))
    for name in ("Deliver", "Closed"):
        values["StateRights"] = values["StateRights"].replace(f"${name}", values[name])
    found = {}
    for name in ("Closed", "StateRights"):
        head, _, entries = values[name].partition("(")
        assert head == "O:BAG:BAD:PAI", "protected: nothing is inherited from ProgramData, where everybody may write"
        found[name] = [_entry(raw) for raw in re.findall(r"([^()]+)\)", entries)]
    return found


def _entry(raw: str) -> Entry:
    kind, flags, rights, kind_of_object, inherited, who = raw.split(";")
    assert (kind, kind_of_object, inherited) == ("A", "", "")
    mask = _RIGHTS[rights] if rights in _RIGHTS else int(rights, 16)
    return Entry(frozenset(re.findall("..", flags)), mask, _WHO.get(who, who))


def task_sid(name: str) -> str:
    r"""`NT TASK\NAME`: SHA-1 of the name in capitals as UTF-16, as of services (MS-DTYP 2.4.2.4)."""
    words = struct.unpack("<5I", hashlib.sha1(name.upper().encode("utf-16-le"), usedforsecurity=False).digest())
    return "-".join(("S-1-5-87", *map(str, words)))


def test_the_sid_of_a_task_is_made_as_windows_makes_it() -> None:
    """As Windows has put it into the rights of a task of its own."""
    known = "S-1-5-87-2912274048-3994893941-1669128114-1310430903-1263774323"
    assert task_sid("Microsoft-Windows-SoftwareProtectionPlatform-SvcRestartTask") == known


def test_the_state_is_for_system_administrators_and_the_task_that_delivers(rights: dict[str, list[Entry]]) -> None:
    assert {entry.who for entry in rights["StateRights"]} == {
        SYSTEM, ADMINISTRATORS, OWNER_RIGHTS, task_sid("setapart-deliver")
    }  # fmt: skip
    assert {entry.who for entry in rights["Closed"]} == {SYSTEM, ADMINISTRATORS, OWNER_RIGHTS}
    for entries in rights.values():
        full = [entry.who for entry in entries if entry.rights == _RIGHTS["FA"]]
        assert full == [SYSTEM, ADMINISTRATORS]


def test_who_delivers_can_make_no_folder_remove_none_and_change_no_rights(rights: dict[str, list[Entry]]) -> None:
    folders, in_folders = (entry for entry in rights["StateRights"] if entry.who == task_sid("setapart-deliver"))
    assert folders.flags == {"CI"}
    assert folders.rights & ADD_FILE
    assert not folders.rights & (ADD_FOLDER | DELETE | WRITE_DAC | WRITE_OWNER)
    assert in_folders.flags == {"OI", "IO"}
    assert in_folders.rights & (ADD_FILE | DELETE) == ADD_FILE | DELETE
    assert not in_folders.rights & (WRITE_DAC | WRITE_OWNER)


def test_an_owner_as_such_can_change_no_rights(rights: dict[str, list[Entry]]) -> None:
    """What the task makes belongs to LOCAL SERVICE, which is many other services' account."""
    for entries in rights.values():
        (entry,) = (entry for entry in entries if entry.who == OWNER_RIGHTS)
        assert (entry.flags, entry.rights) == ({"OI", "CI"}, _RIGHTS["RC"])
