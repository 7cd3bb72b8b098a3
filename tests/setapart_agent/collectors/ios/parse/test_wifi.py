import plistlib
from typing import Any

import pytest

from setapart_agent.collectors.ios.parse import vpn, wifi
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

ENTERPRISE = {"EAPClientConfiguration": {"AcceptEAPTypes": [25], "TLSTrustedServerNames": ["radius.agency.example"]}}


def targets(value: dict[str, Any]) -> list[str | None]:
    raw = plistlib.dumps(value)
    assert wifi.recognise("/x/com.apple.wifi.known-networks.plist", raw)
    found = wifi.parse(FileSet(files={"main": raw}, profile="0")).links
    assert {link.kind for link in found} <= {"wifi-enterprise"}
    return [link.target for link in found]


def test_networks_of_an_organisation_in_both_files() -> None:
    assert targets({"wifi.network.ssid.Office": {"EnterpriseProfile": ENTERPRISE}}) == ["radius.agency.example"]
    assert targets({"List of known networks": [{"SSID_STR": "x", "EnterpriseProfile": ENTERPRISE}]}) == [
        "radius.agency.example"
    ]


@pytest.mark.parametrize("key", ["EnterpriseProfile", "EAPProfile"])
def test_a_profile_may_hold_the_settings_itself(key: str) -> None:
    assert targets({"wifi.network.ssid.x": {key: {"UserName": "p@agency.example"}}}) == ["agency.example"]


def test_the_files_of_a_mac_are_another_kind() -> None:
    raw = plistlib.dumps({"x": {}})
    assert not wifi.recognise("/mnt/Library/Preferences/com.apple.wifi.known-networks.plist", raw)
    assert not vpn.recognise("/mnt/Library/Preferences/com.apple.networkextension.plist", raw)


def test_a_network_that_says_enterprise_and_no_more_leads_somewhere() -> None:
    assert targets({"wifi.network.ssid.x": {"SupportedSecurityTypes": "WPA2 Enterprise"}}) == [None]


def test_networks_at_home_and_a_carriers_hotspots_are_no_links() -> None:
    home = {"SupportedSecurityTypes": "WPA2/WPA3 Personal", "AddedAt": 5}
    hotspot = {"EAPClientConfiguration": {"AcceptEAPTypes": [18, 23]}, "SupportedSecurityTypes": "WPA2 Enterprise"}
    assert targets({"wifi.network.ssid.home": home, "wifi.network.ssid.carrier": hotspot}) == []


@pytest.mark.parametrize("value", [{"a": 5}, {"List of known networks": 5}, {"x": {"EAPClientConfiguration": 5}}])
def test_wrong_types_are_survived(value: dict[str, Any]) -> None:
    assert targets(value) == []


def test_a_broken_file_is_an_error() -> None:
    with pytest.raises(ParseError):
        wifi.parse(FileSet(files={"main": b"bplist00"}))
