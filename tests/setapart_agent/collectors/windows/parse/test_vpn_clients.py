import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.vpn_clients import read_vpn_clients
from setapart_evidence.model import Link


@pytest.mark.parametrize("view", ["", "WOW6432Node\\"])
def test_gateways_of_clients_in_both_views(view: str) -> None:
    for tree in (
        at(rf"{view}Palo Alto Networks\GlobalProtect\PanSetup", {"Portal": "vpn.agency.example"}),
        at(rf"{view}Fortinet\FortiClient\Sslvpn\Tunnels\Work", {"Server": "vpn.agency.example:10443"}),
    ):
        reading = Reading("system")
        read_vpn_clients(reading, key_of(tree))
        assert reading.links == [Link(kind="vpn", target="vpn.agency.example", profile="system")]


def test_a_client_without_a_portal_is_no_tie_and_a_tunnel_without_a_server_leads_somewhere() -> None:
    reading = Reading("system")
    read_vpn_clients(reading, key_of(at(r"Palo Alto Networks\GlobalProtect\PanSetup", {"x": 1})))
    assert reading.links == []
    read_vpn_clients(reading, key_of(at(r"Fortinet\FortiClient\Sslvpn\Tunnels\x", {})))
    assert reading.links == [Link(kind="vpn", target=None, profile="system")]
