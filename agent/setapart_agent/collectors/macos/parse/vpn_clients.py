"""Gateways of VPN clients that keep their own settings: Cisco Secure Client (AnyConnect), GlobalProtect, FortiClient.

AnyConnect: profiles in XML with `HostEntry` → `HostName`, `HostAddress` (Cisco's "AnyConnect Profile Editor"), and
`AnyConnectPreferences` with the last gateway that somebody typed, `DefaultHostName`, `DefaultHostAddress`;
before version 3 `DefaultHost`.
GlobalProtect: a property list, `Palo Alto Networks` → `GlobalProtect` → `PanSetup` → `Portal` (its administrator's
guide, "Deploy App Settings to macOS Endpoints"). FortiClient: `Profiles` → name → `Server` (public scripts that deploy
its vpn.plist). No captures were at hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, read_plist, text_of
from setapart_agent.collectors.apple.parse.server import server
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "macos.vpn-clients"
MATURITY: Maturity = "untested"

_EXPECTED = "settings of AnyConnect, GlobalProtect or FortiClient"
_PORTAL = "Portal"
_FORTI, _PROFILES, _SERVER = "vpn.plist", "Profiles", "Server"
_ADDRESSES = ("HostAddress", "HostName", "DefaultHostAddress", "DefaultHostName", "DefaultHost")
"""The address counts before the name, which people may have given."""
_ENTRIES = frozenset({"HostEntry", "AnyConnectPreferences"})
_MARKS = (b"<AnyConnectProfile", b":AnyConnectProfile", b"<AnyConnectPreferences")


def recognise(name: str, content: bytes) -> bool:
    """By the root of AnyConnect's files, GlobalProtect's key, or FortiClient's name."""
    if is_plist(content):
        return b"PanSetup" in content or (name.rpartition("/")[2] == _FORTI and _PROFILES.encode() in content)
    return any(mark in content[:4096] for mark in _MARKS)


def parse(files: FileSet) -> Facts:
    """Every gateway. AnyConnect's profiles and GlobalProtect's settings that name none are a VPN with no known target.

    Raises:
        ParseError: neither kind of file.
    """
    if is_plist(files.main):
        settings = read_plist(files.main, _EXPECTED)
        named, sure = [*_portals(settings)], _PROFILES not in settings
    else:
        named, sure = [*_hosts(files.main)], _MARKS[2] not in files.main
    targets = dict.fromkeys(server(one) for one in named if one)
    found = targets or ((None,) if sure else ())
    return Facts(links=tuple(Link(kind="vpn", target=one, profile=files.profile) for one in found))


def _portals(settings: Dict) -> Iterator[str | None]:
    for one in _dicts(settings):
        yield text_of(one, _PORTAL)
        yield from (text_of(held, _SERVER) for held in dict_of(one, _PROFILES).values() if isinstance(held, dict))


def _dicts(value: Dict) -> Iterator[Dict]:
    """All dictionaries of a property list: newer versions nest the settings deeper."""
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _hosts(content: bytes) -> Iterator[str]:
    """The address of every entry, or its name where it has no address."""
    import pyexpat  # entities are refused below

    entry: dict[str, str] = {}
    found: list[str] = []
    open_tag = ""

    def start(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal open_tag
        open_tag = tag.rpartition(":")[2]
        if open_tag in _ENTRIES:
            entry.clear()

    def text(piece: str) -> None:
        if open_tag in _ADDRESSES:
            entry[open_tag] = entry.get(open_tag, "") + piece

    def end(tag: str) -> None:
        nonlocal open_tag
        open_tag = ""
        host = next((known for name in _ADDRESSES if (known := entry.get(name, "").strip())), None)
        if tag.rpartition(":")[2] in _ENTRIES and host is not None:
            found.append(host)

    parser = pyexpat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's own signature
    except (pyexpat.ExpatError, LookupError, UnicodeError, ValueError):
        raise ParseError("broken XML", expected=_EXPECTED) from None
    return iter(found)


def _refuse(*_declaration: object) -> None:
    raise ParseError("XML with entities", expected=_EXPECTED)
