"""NetworkManager's connections: `/etc/NetworkManager/system-connections/*.nmconnection`.

Format: nm-settings-keyfile(5); what a VPN plugin keeps in `[vpn]` is the plugin's own, under the keys below.
"""

from setapart_agent.collectors.desktop.parse.sections import Sections, sections, words
from setapart_agent.collectors.linux.parse.wpa import organisation_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.networkmanager"
MATURITY: Maturity = "real-hardware"

_GATEWAYS = ("remote", "gateway", "address", "right", "server", "IPSec gateway", "gateway-address", "host")
_PEER = "wireguard-peer."


def recognise(name: str, content: bytes) -> bool:
    """By its first group's keys."""
    return b"[connection]" in content and (b"uuid=" in content or name.endswith(".nmconnection"))


def parse(files: FileSet) -> Facts:
    """VPN gateways, WireGuard endpoints, and networks that want a user's identity.

    Raises:
        ParseError: not a keyfile of a connection.
    """
    found = sections(files.main)
    if not found.has("connection"):
        raise ParseError("no [connection] group", expected="a connection of NetworkManager")
    links = [Link(kind="vpn", target=target, profile=files.profile) for target in _vpn(found)]
    if found.has("802-1x"):
        identity = found.named("802-1x")
        links += [
            Link(kind="wifi-enterprise", target=target, profile=files.profile)
            for target in organisation_of(
                (identity.get("identity"), identity.get("anonymous-identity")),
                (
                    identity.get("domain-suffix-match"),
                    identity.get("domain-match"),
                    *words(identity.get("altsubject-matches")),
                ),
            )
        ]
    return Facts(links=tuple(dict.fromkeys(links)))


def _vpn(found: Sections) -> list[str | None]:
    kind = found.named("connection").get("type") or ""
    if found.has("vpn") or kind == "vpn":
        vpn = found.named("vpn")
        hosts = [host_of(part) for key in _GATEWAYS for part in words(vpn.get(key), ", ")]
        return list(dict.fromkeys(host for host in hosts if host)) or [None]
    peers = [host_of(section.get("endpoint")) for section in found if section.name.startswith(_PEER)]
    if peers or kind == "wireguard":
        return list(dict.fromkeys(host for host in peers if host)) or [None]
    return [host_of(found.named("l2tp").get("gateway"))] if found.has("l2tp") else []
