import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import networkmanager
from setapart_agent.errors import ParseError

HEAD = "[connection]\nid=x\nuuid=6d3c0a0c-0000-0000-0000-000000000000\ntype={}\n"


@pytest.mark.parametrize(
    ("content", "targets"),
    [
        (
            "[vpn]\nremote=vpn1.corp.example:1194:udp, vpn2.corp.example\nservice-type=x\n",
            ["vpn1.corp.example", "vpn2.corp.example"],
        ),
        ("[vpn]\ngateway=https://vpn.corp.example/group\nservice-type=x.openconnect\n", ["vpn.corp.example"]),
        ("[vpn]\nIPSec gateway=vpn.corp.example\nservice-type=x.vpnc\n", ["vpn.corp.example"]),
        ("[vpn]\nservice-type=unknown\n", [None]),
    ],
)
def test_gateways_of_vpns(content: str, targets: list[str | None]) -> None:
    links = parsed(networkmanager, HEAD.format("vpn") + content).links
    assert [(link.kind, link.target) for link in links] == [("vpn", target) for target in targets]


def test_wireguard_peers_are_vpns() -> None:
    content = HEAD.format("wireguard") + "[wireguard-peer.AAAA=]\nendpoint=[2001:db8::1]:51820\nallowed-ips=::/0;\n"
    assert [link.target for link in parsed(networkmanager, content).links] == ["2001:db8::1"]
    assert [link.target for link in parsed(networkmanager, HEAD.format("wireguard")).links] == [None]


def test_an_enterprise_network_is_tied_to_the_domains_of_its_identity() -> None:
    content = (
        HEAD.format("wifi")
        + "[802-1x]\neap=peap;\nidentity=ada@corp.example\nanonymous-identity=anonymous@corp.example\n"
    )
    content += "domain-suffix-match=radius.corp.example\naltsubject-matches=DNS:r2.partner.example;\n"
    assert [(link.kind, link.target) for link in parsed(networkmanager, content).links] == [
        ("wifi-enterprise", "corp.example"),
        ("wifi-enterprise", "radius.corp.example"),
        ("wifi-enterprise", "r2.partner.example"),
    ]


def test_an_enterprise_network_without_a_domain_has_no_target() -> None:
    content = HEAD.format("802-3-ethernet") + "[802-1x]\neap=tls;\nidentity=laptop17\n"
    assert [link.target for link in parsed(networkmanager, content).links] == [None]


def test_an_ordinary_network_is_no_link() -> None:
    content = HEAD.format("wifi") + "[wifi-security]\nkey-mgmt=wpa-psk\npsk=secret\n"
    assert parsed(networkmanager, content).links == ()


def test_another_file_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(networkmanager, "[main]\nplugins=keyfile\n")


def test_broken_files_survive() -> None:
    assert_survives(networkmanager, "x.nmconnection", (HEAD.format("vpn") + "[vpn]\nremote=a.example\n").encode())
