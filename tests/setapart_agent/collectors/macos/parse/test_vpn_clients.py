import pytest

from hostile_files import assert_survives, parsed
from macos_tree import xml
from setapart_agent.collectors.macos.parse import vpn_clients

PORTAL = {"Palo Alto Networks": {"GlobalProtect": {"PanSetup": {"Portal": "gp.corp.example", "Prelogon": "0"}}}}

FORTI = {"DisallowPersonalVPN": 0, "Profiles": {"Office": {"Name": "Office", "Server": "forti.corp.example:10443"}}}


def targets(content: bytes) -> list[str | None]:
    return [link.target for link in parsed(vpn_clients, content).links]


def test_the_portal_of_global_protect() -> None:
    assert targets(xml(PORTAL)) == ["gp.corp.example"]


def test_the_tunnels_of_forticlient() -> None:
    assert vpn_clients.recognise("vpn.plist", xml(FORTI))
    assert targets(xml(FORTI)) == ["forti.corp.example"]
    assert targets(xml({**FORTI, "Profiles": {}})) == []


@pytest.mark.parametrize("content", [xml({"PanSetup": {"Portal": ""}}), xml({"PanSetup": 7})])
def test_a_client_that_names_no_gateway_is_a_vpn_still(content: bytes) -> None:
    assert targets(content) == [None]


def test_broken_files_end_in_our_error() -> None:
    assert_survives(vpn_clients, "x.plist", xml(PORTAL))
    assert_survives(vpn_clients, "vpn.plist", xml(FORTI))
