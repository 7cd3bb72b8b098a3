from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import netplan

CONFIG = """# network: x
network:
  version: 2
  tunnels:
    wg0:
      mode: wireguard
      peers:
        - keys: {public: x}
          endpoint: "vpn.corp.example:51820"
  wifis:
    wlan0:
      access-points:
        "work":
          auth:
            key-management: "eap"
            identity: "ada@corp.example"
"""
PASSED = """network:
  nm-devices:
    NM-1:
      renderer: NetworkManager
      networkmanager:
        passthrough:
          connection.type: "vpn"
          vpn.remote: "vpn2.corp.example"
"""


def kinds(content: str) -> list[tuple[str, str | None]]:
    return [(link.kind, link.target) for link in parsed(netplan, content).links]


def test_tunnels_and_enterprise_networks() -> None:
    assert kinds(CONFIG) == [("vpn", "vpn.corp.example"), ("wifi-enterprise", "corp.example")]


def test_what_networkmanager_passes_through() -> None:
    assert kinds(PASSED) == [("vpn", "vpn2.corp.example")]


def test_flow_style_and_a_tunnel_without_an_endpoint() -> None:
    assert kinds("network:\n  tunnels: {wg0: {mode: wireguard, peers: [{endpoint: a.example:1}]}}\n") == [
        ("vpn", "a.example")
    ]
    assert kinds("network:\n  tunnels:\n    wg0:\n      mode: wireguard\n") == [("vpn", None)]


def test_an_ordinary_network_is_no_link() -> None:
    assert kinds("network:\n  ethernets:\n    eth0:\n      dhcp4: true\n") == []


def test_broken_files_survive() -> None:
    assert_survives(netplan, "01.yaml", CONFIG.encode())
