import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import openvpn

CLIENT = """client
dev tun
# remote no.example
remote vpn1.corp.example 1194 udp
;remote no.example
remote vpn2.corp.example
<ca>
-----BEGIN CERTIFICATE-----
</ca>
"""


@pytest.mark.parametrize(
    ("content", "targets"),
    [
        (CLIENT, ["vpn1.corp.example", "vpn2.corp.example"]),
        ("client\ndev tun\n", [None]),
        ("port 1194\ndev tun\nserver 10.8.0.0 255.255.255.0\n", []),
        ("IPSec gateway vpn.corp.example\nIPSec ID x\n", ["vpn.corp.example"]),
        ("IPSec gateway <gateway>\nIPSec ID <group>\n", []),
        ("config setup\nconn work\n  left=%defaultroute\n  right=vpn.corp.example\n", ["vpn.corp.example"]),
        ("conn any\n  right=%any\n", []),
        ("connections {\n work {\n  remote_addrs = a.example, b.example\n }\n}\n", ["a.example"]),
        ("config setup\n", []),
    ],
)
def test_gateways_of_clients_and_none_of_servers(content: str, targets: list[str | None]) -> None:
    assert [link.target for link in parsed(openvpn, content).links] == targets


def test_broken_files_survive() -> None:
    assert_survives(openvpn, "work.ovpn", CLIENT.encode())
