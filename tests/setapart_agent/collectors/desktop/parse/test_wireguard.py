from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import wireguard

CONFIG = """[Interface]
PrivateKey = AAAA
[Peer]
PublicKey = BBBB
Endpoint = vpn.corp.example:51820
[Peer]
PublicKey = CCCC
Endpoint = [2001:db8::2]:51820
"""


def targets(content: str) -> list[str | None]:
    return [link.target for link in parsed(wireguard, content).links]


def test_every_peers_endpoint() -> None:
    assert targets(CONFIG) == ["vpn.corp.example", "2001:db8::2"]


def test_networkd_and_a_tunnel_that_names_no_endpoint() -> None:
    assert targets("[NetDev]\nKind=wireguard\n[WireGuardPeer]\nEndpoint=a.example:1\n") == ["a.example"]
    assert targets("[Interface]\nPrivateKey = A\n[Peer]\nPublicKey = B\n") == [None]


def test_a_bridge_is_no_vpn() -> None:
    assert targets("[NetDev]\nName=br0\nKind=bridge\n") == []


def test_broken_files_survive() -> None:
    assert_survives(wireguard, "wg0.conf", CONFIG.encode())
