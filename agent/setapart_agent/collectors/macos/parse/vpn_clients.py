"""Gateways of VPN clients that keep property lists of their own: GlobalProtect, FortiClient.

GlobalProtect: a property list, `Palo Alto Networks` → `GlobalProtect` → `PanSetup` → `Portal` (its administrator's
guide, "Deploy App Settings to macOS Endpoints"). FortiClient: `Profiles` → name → `Server` (public scripts that deploy
its vpn.plist). No captures were at hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, read_plist, text_of
from setapart_agent.collectors.apple.parse.server import server
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "macos.vpn-clients"
MATURITY: Maturity = "untested"

_EXPECTED = "settings of GlobalProtect or FortiClient"
_PORTAL = "Portal"
_FORTI, _PROFILES, _SERVER = "vpn.plist", "Profiles", "Server"


def recognise(name: str, content: bytes) -> bool:
    """By GlobalProtect's key, or FortiClient's name."""
    if not is_plist(content):
        return False
    return b"PanSetup" in content or (name.rpartition("/")[2] == _FORTI and _PROFILES.encode() in content)


def parse(files: FileSet) -> Facts:
    """Every gateway. GlobalProtect's settings that name none are a VPN with no known target.

    Raises:
        ParseError: no property list.
    """
    settings = read_plist(files.main, _EXPECTED)
    targets = dict.fromkeys(server(one) for one in _portals(settings) if one)
    found = targets or (() if _PROFILES in settings else (None,))
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
