"""WireGuard: `/etc/wireguard/*.conf`, and `.netdev` files of systemd-networkd.

Format: wg(8), Configuration file format; systemd.netdev(5), [WireGuardPeer].
"""

from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.wireguard"
MATURITY: Maturity = "untested"

_PEERS = frozenset({"peer", "wireguardpeer"})


def recognise(name: str, content: bytes) -> bool:
    """By an interface or peer with keys."""
    return (b"PrivateKey" in content or b"PublicKey" in content) and b"Peer]" in content and bool(name)


def parse(files: FileSet) -> Facts:
    """The endpoints of the peers; a tunnel that names none is a VPN with no known target.

    Raises:
        ParseError: not one section.
    """
    found = sections(files.main)
    peers = [section for section in found if section.name.lower() in _PEERS]
    named = found.named("NetDev").get("Kind") == "wireguard" or found.has("Interface")
    if not peers and not named:
        return Facts()
    hosts = dict.fromkeys(host for peer in peers if (host := host_of(peer.get("Endpoint"))))
    return Facts(links=tuple(Link(kind="vpn", target=host, profile=files.profile) for host in hosts or (None,)))
