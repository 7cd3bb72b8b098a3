r"""VPN clients that keep their gateways in the registry, GlobalProtect and FortiClient; and those that nobody reads.

Sources: Palo Alto Networks' administrator's guide for `Palo Alto Networks\GlobalProtect\PanSetup`, value `Portal`;
public deployment scripts for its `Settings`, whose keys are named for portals and whose `LastUrl` is the last one; and
for `Fortinet\FortiClient`: `Sslvpn\Tunnels\<name>`, value `Server` (`host:port`), `IPSec\Tunnels\<name>\P1`, value
`RemoteGW`. All stand in HKLM and in HKCU. The names of clients that nobody reads are those that their makers give them,
from general knowledge.
"""

from collections.abc import Iterable

from setapart_agent.collectors.base import Unsupported
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import host_of
from setapart_evidence.model import App, Link

_VIEWS = ("", "WOW6432Node\\")
_PORTAL = r"Palo Alto Networks\GlobalProtect\PanSetup"
_PORTALS = r"Palo Alto Networks\GlobalProtect\Settings"
_TUNNELS = r"Fortinet\FortiClient\Sslvpn\Tunnels"
_IPSEC = r"Fortinet\FortiClient\IPSec\Tunnels"
_UNREAD = (
    "absolute secure access", "appgate sdp", "barracuda vpn", "big-ip edge client", "check point endpoint security",
    "check point mobile", "check point vpn", "citrix gateway plug-in", "citrix secure access", "cloudflare warp",
    "f5 vpn", "global vpn client", "ncp secure entry client", "netextender", "netmotion", "netskope client",
    "shrew soft vpn", "softether vpn client", "sonicwall global vpn", "sonicwall netextender", "sophos connect",
    "tailscale", "twingate", "viscosity", "watchguard mobile vpn", "zerotier one", "zscaler",
)  # fmt: skip


def read_vpn_clients(reading: Reading, software: Key | None) -> None:
    """The links below a key SOFTWARE, of the machine or of a user."""
    for view in _VIEWS:
        for path, name in ((_PORTAL, "Portal"), (_PORTALS, "LastUrl")):
            key = reading.key(software, view + path, "links")
            with reading.guard("links"):
                if key is not None and (server := key.text(name)) is not None:
                    _link(reading, server)
        for portal in reading.below(software, view + _PORTALS, "links"):
            if "." in portal.name:
                _link(reading, portal.name)
        for tunnel in reading.below(software, view + _TUNNELS, "links"):
            with reading.guard("links"):
                _link(reading, tunnel.text("Server"))
        for tunnel in reading.below(software, view + _IPSEC, "links"):
            with reading.guard("links"):
                first = tunnel.child("P1")
                _link(reading, first.text("RemoteGW") if first is not None else None)


def tell_unread(reading: Reading, apps: Iterable[App]) -> None:
    """Says of programs that are VPN clients, and keep where they lead to themselves, that they do."""
    names = dict.fromkeys((app.name or app.identifier).lower() for app in apps)
    for client in _UNREAD:
        if any(name.startswith(client) for name in names):
            reading.fail(Unsupported(f"a vpn client whose gateways are not read: {client}"), "links")


def _link(reading: Reading, server: str | None) -> None:
    reading.links.append(Link(kind="vpn", target=host_of(server), profile=reading.profile))
