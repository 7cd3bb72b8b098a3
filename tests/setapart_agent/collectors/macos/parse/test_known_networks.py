import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import known_networks
from setapart_evidence.model import Link

HOME = {"SSID": b"home", "SupportedSecurityTypes": "WPA2/WPA3 Personal"}
WORK = {
    "SSID": b"corp",
    "SupportedSecurityTypes": "WPA2/WPA3 Enterprise",
    "EAPProfile": {"UserName": "ann@corp.example", "TLSTrustedServerNames": ["radius.corp.example", "*.wifi.example"]},
}
NEW = {"wifi.network.ssid.home": HOME, "wifi.network.ssid.corp": WORK}
OLD = {"KnownNetworks": {"wifi.ssid.<01>": {"SSIDString": "corp", "SecurityType": "WPA2 Enterprise"}}, "Version": 2400}
OLDER = {"RememberedNetworks": [{"SSIDString": "corp", "SecurityType": "802.1X WEP"}, {"SecurityType": "Open"}]}


def wifi(target: str | None) -> Link:
    return Link(kind="wifi-enterprise", target=target, profile="1000")


def test_an_enterprise_network_by_the_organisations_that_it_names() -> None:
    assert parsed(known_networks, binary(NEW)).links == tuple(
        wifi(one) for one in ("radius.corp.example", "wifi.example", "corp.example")
    )


@pytest.mark.parametrize("content", [OLD, OLDER])
def test_one_that_names_nobody_is_a_link_with_no_target(content: object) -> None:
    assert parsed(known_networks, xml(content)).links == (wifi(None),)


def test_a_profile_of_802_1x_that_macos_kept_for_a_cable() -> None:
    client = {"AcceptEAPTypes": [13], "TLSTrustedServerNames": ["radius.corp.example"]}
    content = xml({"Profiles": {"A-UUID": {"UserDefinedName": "Office", "EAPClientConfiguration": client}}})
    assert known_networks.recognise("com.apple.network.eapolclient.configuration.plist", content)
    assert parsed(known_networks, content).links == (wifi("radius.corp.example"),)


def test_a_network_with_a_password_is_no_link() -> None:
    assert parsed(known_networks, xml({"wifi.network.ssid.home": HOME})).links == ()


@pytest.mark.parametrize("value", [7, "Enterprise", [], [7], {"SupportedSecurityTypes": 7, "EAPProfile": "x"}])
def test_odd_types_end_in_facts(value: object) -> None:
    parsed(known_networks, xml({"wifi.network.ssid.x": value, "KnownNetworks": value}))


def test_broken_files_end_in_our_error() -> None:
    assert_survives(known_networks, "com.apple.wifi.known-networks.plist", xml(NEW))
