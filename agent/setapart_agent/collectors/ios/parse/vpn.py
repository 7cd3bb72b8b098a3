"""VPN configurations: `com.apple.networkextension.plist`, and `preferences.plist` of SystemConfiguration.

The first is an archive of NSKeyedArchiver with an NEConfiguration per app or profile that set one up. What it does is
one of its fields: `VPN`, `AppVPN`, `AlwaysOnVPN` and `Relay` lead somewhere; content filters and DNS settings do not.
The server is the `ServerAddress` of the protocol in it. The second is a plain list of network services, of which those
over PPP, IPSec and VPN name a server. Source: the encoders of NetworkExtension in iOS 17 to 26 (fields of
NEConfiguration) and Apple's SCSchemaDefinitions.h; no capture was at hand.
"""

from collections.abc import Iterator

from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive, unarchive
from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, read_plist, text_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "ios.vpn"
MATURITY: Maturity = "untested"

_ARCHIVE = "com.apple.networkextension.plist"
_TUNNELS = ("VPN", "AppVPN", "AlwaysOnVPN", "Relay")
_SERVERS = frozenset({"serveraddress", "remoteaddress", "commremoteaddress", "http3relayurl", "http2relayurl"})
_ITSELF = ("localhost", "127.", "::1")
"""Filters on the device itself pose as a VPN to an address of its own."""
_SERVICES = "NetworkServices"
_MOST_INNER = 1_000


def recognise(name: str, content: bytes) -> bool:
    """By name, or by the class that every such archive holds; a Mac keeps the same files in `/Library/Preferences`."""
    path = name.replace("\\", "/")
    name = path.rpartition("/")[2]
    if "/Library/Preferences/" in path:
        return False
    if name == _ARCHIVE:
        return is_plist(content)
    if name == "preferences.plist":
        return is_plist(content) and _SERVICES.encode() in content
    return is_keyed_archive(content) and b"NEConfiguration" in content


def parse(files: FileSet) -> Facts:
    """A link per server; one without a target for a VPN that names none.

    Raises:
        ParseError: neither an archive nor a property list.
    """
    if is_keyed_archive(files.main):
        targets = [target for one in _dicts(unarchive(files.main)) for target in _tunnels(one)]
    else:
        services = dict_of(read_plist(files.main, "VPN settings"), _SERVICES)
        targets = [server for one in _dicts(services) for server in _servers(one) if not server.startswith(_ITSELF)]
    return Facts(
        links=tuple(Link(kind="vpn", target=target, profile=files.profile) for target in dict.fromkeys(targets))
    )


def _tunnels(configuration: Dict) -> Iterator[str | None]:
    """Where a configuration leads: its servers that are not the device itself, or `None` if it names no server."""
    for field in _TUNNELS:
        tunnel = configuration.get(field)
        if isinstance(tunnel, dict) and tunnel:
            named = [server for one in _dicts(tunnel) for server in _servers(one)]
            yield from (server for server in named if not server.startswith(_ITSELF))
            if not named:
                yield None


def _servers(settings: Dict) -> Iterator[str]:
    for key in settings:
        if key.lower() in _SERVERS and (host := host_of(text_of(settings, key))) is not None:
            yield host


def _dicts(value: object) -> Iterator[Dict]:
    """Every dictionary in a value, which is a tree, and in the archives that it holds as data."""
    waiting, inner = [value], 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, bytes) and is_keyed_archive(one):
            inner += 1
            if inner > _MOST_INNER:
                raise ParseError("an archive with too many archives in it", expected=f"at most {_MOST_INNER}")
            waiting.append(unarchive(one))
