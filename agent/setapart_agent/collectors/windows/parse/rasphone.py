r"""Phone books of Windows' own VPN client: `rasphone.pbk`, of each user and of the machine.

Sections of `Key=Value` lines, one per connection; within one, `MEDIA=` and `DEVICE=` lines begin parts of it. The
server is `PhoneNumber` of the part of the device. Source: Microsoft, "RAS phone-book files" and VPNv2 CSP; files are
8-bit or, since Windows 2000, UTF-8. `DEVICE=vpn` or `Type=2` is a VPN; modems and PPPoE are none.
"""

import re

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "windows.rasphone"
MATURITY: Maturity = "untested"

_VPN = "2"  # RASET_Vpn of RASENTRY.dwType
_MARKS = re.compile(rb"^(?:MEDIA=|PBVersion=|DEVICE=)", re.MULTILINE)
_OWN_MARK = re.compile(rb"^PBVersion=", re.MULTILINE)


def recognise(name: str, content: bytes) -> bool:
    """By the line that only phone books have, or by name and a line that others may have too."""
    head = content[:65536]
    return bool(_OWN_MARK.search(head)) or (name.lower().endswith(".pbk") and bool(_MARKS.search(head)))


def parse(files: FileSet) -> Facts:
    """One link per VPN; one without a server has no target.

    Raises:
        ParseError: there is content, and not one section in it.
    """
    found: list[Link] = []
    kind = device = server = ""
    open_section = False
    lines = text(files.main).split("\n")
    for line in (*lines, "[]"):
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            if open_section and (kind == _VPN or device == "vpn"):
                found.append(Link(kind="vpn", target=host_of(server), profile=files.profile))
            kind = device = server = ""
            open_section = stripped != "[]"
            continue
        key, _, value = (part.strip() for part in stripped.partition("="))
        if key == "Type":
            kind = value
        elif key == "DEVICE":
            device = value.lower()
        elif key == "PhoneNumber" and not server:
            server = value
    if files.main.strip() and not any(line.strip().startswith("[") for line in lines):
        raise ParseError("no section", expected="a phone book")
    return Facts(links=tuple(dict.fromkeys(found)))
