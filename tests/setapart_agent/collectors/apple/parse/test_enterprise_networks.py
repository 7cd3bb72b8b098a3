from typing import Any

import pytest

from setapart_agent.collectors.apple.parse.enterprise_networks import domain_of_login, links_of, links_of_client

CLIENT = {"AcceptEAPTypes": [25], "UserName": "ann@agency.example", "TLSTrustedServerNames": ["*.Provider.example"]}
BOTH = ["provider.example", "agency.example"]


def targets(listed: dict[str, Any]) -> list[str | None]:
    links = links_of(listed, "0")
    assert {(link.kind, link.profile) for link in links} <= {("wifi-enterprise", "0")}
    return [link.target for link in links]


@pytest.mark.parametrize(
    "listed",
    [
        {"wifi.network.ssid.x": {"EAPClientConfiguration": CLIENT}},
        {"wifi.network.ssid.x": {"EnterpriseProfile": {"EAPClientConfiguration": CLIENT}}},
        {"wifi.network.ssid.x": {"EAPProfile": CLIENT}},
        {"KnownNetworks": {"wifi.ssid.<01>": {"EAPProfile": CLIENT}}, "Version": 2400},
        {"List of known networks": [{"SSID_STR": "x", "EnterpriseProfile": CLIENT}]},
        {"Profiles": {"A-UUID": {"UserDefinedName": "Office", "EAPClientConfiguration": CLIENT}}},
    ],
)
def test_who_runs_the_network_and_whose_name_opens_it_both_count(listed: dict[str, Any]) -> None:
    assert targets(listed) == BOTH


@pytest.mark.parametrize("security", ["WPA2/WPA3 Enterprise", "802.1X WEP"])
def test_a_network_that_says_enterprise_and_no_more_leads_somewhere(security: str) -> None:
    assert targets({"wifi.network.ssid.x": {"SupportedSecurityTypes": security}}) == [None]
    assert targets({"RememberedNetworks": [{"SecurityType": security}, {"SecurityType": "Open"}]}) == [None]


def test_networks_at_home_and_a_carriers_hotspots_are_no_links() -> None:
    home = {"SupportedSecurityTypes": "WPA2/WPA3 Personal", "AddedAt": 5, "EAPProfile": {}}
    hotspot = {"EAPClientConfiguration": {"AcceptEAPTypes": [18, 23]}, "SupportedSecurityTypes": "WPA2 Enterprise"}
    assert targets({"wifi.network.ssid.home": home, "wifi.network.ssid.carrier": hotspot}) == []


def test_a_login_of_windows_names_its_domain() -> None:
    assert domain_of_login("agency.example\\ann") == "agency.example"
    assert [link.target for link in links_of_client({"UserName": "agency.example\\ann"}, "0")] == ["agency.example"]
    assert domain_of_login("AGENCY\\ann") is None


@pytest.mark.parametrize(
    "value", [7, "Enterprise", [], [7], {"SupportedSecurityTypes": 7, "EAPClientConfiguration": 5}]
)
def test_odd_types_end_in_no_link(value: object) -> None:
    assert targets({"wifi.network.ssid.x": value, "KnownNetworks": value}) == []
