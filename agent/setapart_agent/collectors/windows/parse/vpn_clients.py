r"""VPN clients that keep their gateways in the registry: GlobalProtect and FortiClient.

Sources: Palo Alto Networks' administrator's guide for `Palo Alto Networks\GlobalProtect\PanSetup`, value `Portal`;
public deployment scripts that agree on `Fortinet\FortiClient\Sslvpn\Tunnels\<name>`, value `Server` (`host:port`).
Both stand in HKLM, FortiClient's also in HKCU.
"""

from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import host_of
from setapart_evidence.model import Link

_VIEWS = ("", "WOW6432Node\\")
_PORTALS = r"Palo Alto Networks\GlobalProtect\PanSetup"
_TUNNELS = r"Fortinet\FortiClient\Sslvpn\Tunnels"


def read_vpn_clients(reading: Reading, software: Key | None) -> None:
    """The links below a key SOFTWARE, of the machine or of a user."""
    for view in _VIEWS:
        portal = reading.key(software, view + _PORTALS, "links")
        with reading.guard("links"):
            if portal is not None and (server := portal.text("Portal")) is not None:
                reading.links.append(Link(kind="vpn", target=host_of(server), profile=reading.profile))
        for tunnel in reading.below(software, view + _TUNNELS, "links"):
            with reading.guard("links"):
                reading.links.append(Link(kind="vpn", target=host_of(tunnel.text("Server")), profile=reading.profile))
