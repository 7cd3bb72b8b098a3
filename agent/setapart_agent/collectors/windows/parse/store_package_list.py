"""What `Get-AppxPackage` and `Get-AppxProvisionedPackage -Online` print: the packages of a user, or of every one.

Asked for all users, a package names those who have it: `{S-1-5-21-… [ada]: Installed, S-1-5-18 [S-1-5-18]: Staged}`;
what is staged alone is on the disk and nobody's. PowerShell cuts a list of more than four. Source: Microsoft,
"Get-AppxPackage", and public outputs of it.
"""

import re
from collections.abc import Iterator

from setapart_agent.collectors.windows.parse.powershell_objects import Record, is_cut, names, records
from setapart_agent.collectors.windows.parse.store_packages import packaged
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import SYSTEM_PROFILE, App, Coverage

_NAMES = ("packagefullname", "packagename")
_HOLDERS = "packageuserinformation"
_HOLDER = re.compile(r"(S-1-[\d-]+)[^:{}]*: *(\w+)", re.IGNORECASE)
_COLLECTOR = "windows.appx"


def is_list(content: bytes) -> bool:
    """Whether this is such a list, by the values that only packages have."""
    if b"package" not in content[:8192].replace(b"\0", b"").lower():
        return False
    found = names(content)
    return "packagefullname" in found or {"packagename", "displayname"} <= found


def parse(files: FileSet) -> Facts:
    """The packages: of the users that each names, else of the given profile; what all users will get, of `system`.

    Raises:
        ParseError: no such list.
    """
    apps: list[App] = []
    cut = False
    listed = records(files.main)
    if not any(one in record for record in listed for one in _NAMES):
        raise ParseError("no full name of a package", expected="the output of Get-AppxPackage")
    for record in listed:
        cut = cut or any(is_cut(record.get(one, "")) for one in (*_NAMES, _HOLDERS))
        for profile in _profiles(record, files.profile):
            apps += packaged(next((record[one] for one in _NAMES if one in record), ""), profile)
    row = Coverage(section="apps", profile=files.profile, collector=_COLLECTOR, status="partial", reason="a cut list")
    return Facts(apps=tuple(dict.fromkeys(apps)), coverage=(row,) if cut else ())


def _profiles(record: Record, profile: str) -> Iterator[str]:
    if "packagefullname" not in record:
        yield SYSTEM_PROFILE
        return
    holders = _HOLDER.findall(record.get(_HOLDERS, ""))
    yield from dict.fromkeys(sid.upper() for sid, state in holders if state.lower() == "installed")
    if not holders:
        yield profile
