"""VPNs that a system has: `com.apple.networkextension.plist`, and the services of SystemConfiguration's preferences.

The first is an archive of NSKeyedArchiver with an NEConfiguration per app, profile or person that set one up. What it
does is one of its fields: `VPN`, `AppVPN`, `AlwaysOnVPN` and `Relay` lead somewhere; content filters, which name a
server too, and settings of DNS do not. What stands in no field that is known here counts if it names a server. The
second is a plain list of network services, of which those over PPP, IPSec and VPN name one; since macOS 10.11 and iOS 8
most VPNs stand in the first. Sources: the encoders of NetworkExtension in iOS 17 to 26 (fields of NEConfiguration),
NEVPNProtocol.h, SCSchemaDefinitions.h; no capture was at hand.
"""

from collections.abc import Iterable, Iterator

from setapart_agent.collectors.apple.parse.keyed_archive import is_keyed_archive, unarchive
from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, text_of
from setapart_agent.collectors.apple.parse.server import server
from setapart_agent.errors import ParseError
from setapart_evidence.model import Link

_TUNNELS = ("VPN", "AppVPN", "AlwaysOnVPN", "Relay")
_NO_TUNNELS = frozenset({"ContentFilter", "DNSProxy", "DNSSettings", "PathController", "URLFilter"})
_FILTERS = frozenset({"FilterBrowsers", "FilterSockets", "FilterPackets"})
"""Keys of a content filter's settings, wherever they stand."""
_SERVERS = frozenset({"serveraddress", "remoteaddress", "commremoteaddress", "http3relayurl", "http2relayurl"})
_ITSELF = ("localhost", "127.", "::1")
"""Filters on the device itself pose as a VPN to an address of its own."""
_MOST_INNER = 1_000
_VPN_TYPES = frozenset({"VPN", "IPSec"})
_VPN_SUBTYPES = frozenset({"L2TP", "PPTP"})
_PHONE_LINES = frozenset({"PPPSerial", "PPPoE"})


def of_archive(content: bytes, profile: str) -> tuple[Link, ...]:
    """A link per server that an archive of configurations names; one without a target for a VPN that names none.

    Raises:
        ParseError: no archive, or one that holds itself or unfolds without end.
    """
    return _links(_configured(content), profile)


def of_services(services: Dict, profile: str) -> tuple[Link, ...]:
    """The same of `NetworkServices`. One that is switched off is there still, and one click from being on."""
    return _links((target for one in services.values() if isinstance(one, dict) for target in _service(one)), profile)


def _links(targets: Iterable[str | None], profile: str) -> tuple[Link, ...]:
    return tuple(Link(kind="vpn", target=target, profile=profile) for target in dict.fromkeys(targets))


def _configured(content: bytes) -> Iterator[str | None]:
    for one in _dicts(unarchive(content), without=(*_NO_TUNNELS, *_TUNNELS)):
        if not _FILTERS & one.keys():
            yield from (target for target in _named(one) if target is not None)
        for field in _TUNNELS:
            tunnel = one.get(field)
            if isinstance(tunnel, dict) and tunnel:
                yield from _tunnel(tunnel)


def _tunnel(tunnel: Dict) -> Iterator[str | None]:
    """Where it leads: servers that are not the device itself, or `None` if it names nothing that could be one."""
    parts = tuple(_dicts(tunnel))
    if any(_addresses(one) for one in parts):
        yield from (target for one in parts for target in _named(one))
    else:
        yield None


def _service(service: Dict) -> Iterator[str | None]:
    interface = dict_of(service, "Interface")
    if text_of(interface, "SubType") in _PHONE_LINES:
        return
    parts = [dict_of(service, name) for name in ("PPP", "IPSec", "VPN")]
    named = [target for one in parts for target in _named(one)]
    posing = any(_addresses(one) for one in parts) and not named
    if text_of(interface, "Type") in _VPN_TYPES or text_of(interface, "SubType") in _VPN_SUBTYPES:
        yield from named or (() if posing else (None,))
    else:
        yield from (target for target in named if target is not None)


def _addresses(settings: Dict) -> tuple[str, ...]:
    return tuple(found for key in settings if key.lower() in _SERVERS and (found := text_of(settings, key)) is not None)


def _named(settings: Dict) -> Iterator[str | None]:
    """The servers in these settings; `None` for one that has a name only people understand."""
    for address in _addresses(settings):
        host = server(address)
        if host is not None:
            if not host.startswith(_ITSELF):
                yield host
        elif not address.startswith(_ITSELF):
            yield None


def _dicts(value: object, without: Iterable[str] = ()) -> Iterator[Dict]:
    """Every dictionary in a value, which is a tree, and in the archives that it holds as data.

    Args:
        value: the tree.
        without: keys whose values are not looked into.
    """
    left_out = frozenset(without)
    waiting, inner = [value], 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(held for key, held in one.items() if key not in left_out)
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, bytes) and is_keyed_archive(one):
            inner += 1
            if inner > _MOST_INNER:
                raise ParseError("an archive with too many archives in it", expected=f"at most {_MOST_INNER}")
            waiting.append(unarchive(one))
