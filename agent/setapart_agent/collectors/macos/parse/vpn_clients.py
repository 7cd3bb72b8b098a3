"""Gateways of VPN clients that keep their own settings: Cisco Secure Client (AnyConnect) and GlobalProtect.

AnyConnect: profiles in XML with `HostEntry` → `HostName`, `HostAddress` (Cisco's "AnyConnect Profile Editor").
GlobalProtect: a property list, `Palo Alto Networks` → `GlobalProtect` → `PanSetup` → `Portal` (its administrator's
guide, "Deploy App Settings to macOS Endpoints"). No captures were at hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.plist import Dict, is_plist, read_plist, text_of
from setapart_agent.collectors.apple.parse.server import server
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "macos.vpn-clients"
MATURITY: Maturity = "untested"

_EXPECTED = "settings of AnyConnect or GlobalProtect"
_PORTAL = "Portal"
_ADDRESS, _NAME = "HostAddress", "HostName"


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the root of AnyConnect's profiles, or GlobalProtect's key."""
    if is_plist(content):
        return b"PanSetup" in content
    return b"<AnyConnectProfile" in content[:4096] or b":AnyConnectProfile" in content[:4096]


def parse(files: FileSet) -> Facts:
    """Every gateway; settings that name none are a VPN with no known target.

    Raises:
        ParseError: neither kind of file.
    """
    if is_plist(files.main):
        named = [text_of(one, _PORTAL) for one in _dicts(read_plist(files.main, _EXPECTED)) if _PORTAL in one]
    else:
        named = [*_hosts(files.main)]
    targets = dict.fromkeys(server(one) for one in named if one)
    return Facts(links=tuple(Link(kind="vpn", target=one, profile=files.profile) for one in targets or (None,)))


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
        if open_tag == "HostEntry":
            entry.clear()

    def text(piece: str) -> None:
        if open_tag in (_ADDRESS, _NAME):
            entry[open_tag] = entry.get(open_tag, "") + piece

    def end(tag: str) -> None:
        nonlocal open_tag
        open_tag = ""
        if tag.rpartition(":")[2] == "HostEntry" and (host := entry.get(_ADDRESS) or entry.get(_NAME)):
            found.append(host.strip())

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
