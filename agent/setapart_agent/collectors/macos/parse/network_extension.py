"""VPNs of system settings and of apps: `/Library/Preferences/com.apple.networkextension.plist`.

An archive of NSKeyedArchiver with one NEConfiguration per entry. An object of class NEVPNProtocol holds `ServerAddress`
(NetworkExtension's NEVPNProtocol.h; the archive's keys are those of its encoder as others have taken it apart; no
capture was at hand). Content filters hold a `ServerAddress`, too, and are no VPN.
"""

from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive
from setapart_agent.collectors.apple.parse.plist import Dict, Uid, list_of, read_plist
from setapart_agent.collectors.macos.parse.server import server
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "macos.network-extension"
MATURITY: Maturity = "untested"

_EXPECTED = "com.apple.networkextension.plist"
_SERVER = "ServerAddress"
_FILTERS = frozenset({"FilterBrowsers", "FilterSockets", "FilterPackets"})


def recognise(name: str, content: bytes) -> bool:
    """By the class of a configuration, or by name."""
    name = name.replace("\\", "/").rpartition("/")[2]
    return is_keyed_archive(content) and (b"NEConfiguration" in content or name == "com.apple.networkextension.plist")


def parse(files: FileSet) -> Facts:
    """Every VPN that is configured, with its server; the objects are looked at one by one, whatever holds them.

    Raises:
        ParseError: no archive.
    """
    archive = read_plist(files.main, _EXPECTED)
    if "$objects" not in archive:
        raise ParseError("no archive of NSKeyedArchiver", expected=_EXPECTED)
    objects = list_of(archive, "$objects")
    found = (
        Link(kind="vpn", target=server(_text(one, objects)), profile=files.profile)
        for one in objects
        if isinstance(one, dict) and _SERVER in one and not _FILTERS & one.keys()
    )
    return Facts(links=tuple(dict.fromkeys(found)))


def _text(protocol: Dict, objects: tuple[object, ...]) -> str | None:
    value = protocol[_SERVER]
    if isinstance(value, Uid) and 0 <= value.number < len(objects):
        value = objects[value.number]
    if isinstance(value, dict):  # a mutable string is an object of its own
        value = value.get("NS.string")
    return value if isinstance(value, str) else None
