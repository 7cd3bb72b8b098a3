import pytest

from registry_maker import at, key_of
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.vpn_clients import read_vpn_clients, tell_unread
from setapart_evidence.model import App, Link


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


def links(path: str, tree: dict[str, object]) -> list[str | None]:
    reading = Reading("system")
    read_vpn_clients(reading, key_of(at(path, tree)))
    return [link.target for link in reading.links]


def test_portals_that_somebody_added_and_the_last_one() -> None:
    settings = {"LastUrl": "one.agency.example", "two.agency.example": {}, "Credential": {}}
    assert links(r"Palo Alto Networks\GlobalProtect\Settings", settings) == ["one.agency.example", "two.agency.example"]


def test_tunnels_of_ipsec() -> None:
    tunnels = {"Work": {"P1": {"RemoteGW": "vpn.agency.example"}}, "Other": {}}
    assert links(r"Fortinet\FortiClient\IPSec\Tunnels", tunnels) == ["vpn.agency.example", None]


@pytest.mark.parametrize("name", ["Zscaler", "Check Point VPN 87.50", "SonicWall NetExtender"])
def test_a_client_that_keeps_its_gateways_to_itself_is_told(name: str) -> None:
    reading = Reading("system")
    apps = [App(identifier=name, name=name, profile="system", source="uninstall-key")]
    tell_unread(reading, apps)
    (row,) = reading.facts().coverage
    assert (row.section, row.status) == ("links", "unsupported")


def test_other_programs_say_nothing_of_links() -> None:
    reading = Reading("system")
    tell_unread(reading, [App(identifier="7-Zip", profile="system", source="uninstall-key")])
    assert reading.facts().coverage == ()
