"""VPN configurations: `com.apple.networkextension.plist`, and `preferences.plist` of SystemConfiguration.

The first is an archive of NSKeyedArchiver: objects of NEConfiguration, whose protocols (NEVPNProtocol and those derived
from it) name the server. The second is a plain list of network services, of which those over PPP, IPSec or VPN are
meant. Both are read by walking to whatever names a server. Source: NetworkExtension's public headers and Apple's
SCSchemaDefinitions.h; no capture was at hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive, unarchive
from setapart_agent.collectors.apple.parse.plist import Dict, is_plist, read_plist, text_of
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "ios.vpn"
MATURITY: Maturity = "untested"

_NAMES = ("com.apple.networkextension.plist",)
_SERVERS = frozenset({"serveraddress", "remoteaddress", "commremoteaddress"})
_ITSELF = ("localhost", "127.")
"""Filters on the device itself pose as a VPN to an address of its own."""


def recognise(name: str, content: bytes) -> bool:
    """By name, or by the class that every such archive holds."""
    name = name.replace("\\", "/").rpartition("/")[2]
    if name in _NAMES:
        return is_plist(content)
    if name == "preferences.plist":
        return is_plist(content) and b"NetworkServices" in content
    return is_keyed_archive(content) and b"NEConfiguration" in content


def parse(files: FileSet) -> Facts:
    """A link per server.

    Raises:
        ParseError: neither an archive nor a property list.
    """
    value: object = unarchive(files.main) if is_keyed_archive(files.main) else read_plist(files.main, "VPN settings")
    hosts = dict.fromkeys(host for one in _dicts(value) for host in _servers(one))
    return Facts(links=tuple(Link(kind="vpn", target=host, profile=files.profile) for host in hosts))


def _servers(settings: Dict) -> Iterator[str]:
    for key in settings:
        if key.lower() in _SERVERS:
            host = host_of(text_of(settings, key))
            if host is not None and not host.startswith(_ITSELF):
                yield host


def _dicts(value: object) -> Iterator[Dict]:
    """Every dictionary in a value, which is a tree."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
