r"""Programs as PowerShell lists them: `Get-ItemProperty HKLM:\…\Uninstall\*`, with any choice of values.

Whose they are is said by the path that PowerShell adds (`PSPath`), where it was not left out. Source: Microsoft,
"Working with software installations", whose list this is.
"""

from setapart_agent.collectors.base import Failed
from setapart_agent.collectors.windows.parse.installed_programs import read_programs
from setapart_agent.collectors.windows.parse.powershell_objects import Record, is_cut, names, records
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import TreeKey
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import SYSTEM_PROFILE

_MARKS = frozenset({"displayversion", "uninstallstring", "quietuninstallstring", "installlocation", "pschildname"})
_FOLDERS = ("Microsoft", "Windows", "CurrentVersion", "Uninstall")


def is_list(content: bytes) -> bool:
    """Whether this is such a list, by a name to show and another value that programs have."""
    if b"displayname" not in content[:65536].replace(b"\0", b"").lower():
        return False
    found = names(content)
    return "displayname" in found and bool(found & _MARKS)


def parse(files: FileSet) -> Facts:
    """The programs, of the machine where the path says so, else of the given profile.

    Raises:
        ParseError: no such list.
    """
    listed = records(files.main)
    if not any("displayname" in record for record in listed):
        raise ParseError("no name of a program", expected="a list of programs")
    found = []
    for profile in (SYSTEM_PROFILE, files.profile):
        reading = Reading(profile)
        read_programs(reading, _software([one for one in listed if _owner(one, files.profile) == profile]))
        if any(is_cut(record.get("displayname", "")) for record in listed):
            reading.fail(Failed("names that PowerShell has cut"), "apps")
        found.append(reading.facts())
    return unite(found)


def _owner(record: Record, profile: str) -> str:
    path = record.get("pspath", "").upper()
    return SYSTEM_PROFILE if "HKEY_LOCAL_MACHINE" in path or "HKLM" in path else profile


def _software(listed: list[Record]) -> TreeKey:
    """The records as the keys that they were."""
    root = key = TreeKey("")
    for folder in _FOLDERS:
        below = TreeKey(folder)
        key.held[folder.lower()] = below
        key = below
    for number, record in enumerate(listed):
        entry = TreeKey(record.get("pschildname") or f"{{{number}}}")
        entry.kept.update(record)
        key.held[f"{number}"] = entry
    return root
