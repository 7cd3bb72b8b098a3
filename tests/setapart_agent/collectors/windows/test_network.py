from pathlib import Path

import pytest

from setapart_agent.collectors.windows.network import DeviceState, Networks, state_facts
from setapart_evidence.model import Link
from windows_tree import ADA, WindowsTree, rows

BOOK = "[Work]\r\nPBVersion=6\r\nType=2\r\nMEDIA=rastapi\r\nDEVICE=vpn\r\nPhoneNumber=vpn.agency.example\r\n"
WLAN = (
    '<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1"><MSM><security><authEncryption>'
    "<authentication>WPA2</authentication><useOneX>true</useOneX></authEncryption></security></MSM></WLANProfile>"
)
PBK = "Microsoft/Network/Connections/Pbk/rasphone.pbk"
WLAN_PATH = "/ProgramData/Microsoft/Wlansvc/Profiles/Interfaces/{A}/{B}.xml"


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    return WindowsTree(tmp_path)


def links(windows: WindowsTree) -> set[Link]:
    found = windows.collect(Networks())
    assert {row.status for row in found.coverage} == {"observed"}
    return set(found.links)


def test_vpns_of_machine_and_user(windows: WindowsTree) -> None:
    windows.write(f"/ProgramData/{PBK}", BOOK)
    windows.write(f"AppData/Roaming/{PBK}", BOOK.replace("vpn.agency", "own.agency"))
    assert links(windows) == {
        Link(kind="vpn", target="vpn.agency.example", profile="system"),
        Link(kind="vpn", target="own.agency.example", profile=ADA),
    }


def test_openvpn_and_wireguard(windows: WindowsTree) -> None:
    windows.write("/Program Files/OpenVPN/config/a.ovpn", "client\nremote vpn.agency.example 1194\n")
    windows.write("OpenVPN/config/b/b.ovpn", "client\nremote own.agency.example\n")
    windows.write("/Program Files/WireGuard/Data/Configurations/work.conf.dpapi", b"sealed")
    assert links(windows) == {
        Link(kind="vpn", target="vpn.agency.example", profile="system"),
        Link(kind="vpn", target=None, profile="system"),
        Link(kind="vpn", target="own.agency.example", profile=ADA),
    }


def test_anyconnect(windows: WindowsTree) -> None:
    entry = "<HostEntry><HostAddress>vpn.agency.example</HostAddress></HostEntry>"
    profile = f"<AnyConnectProfile><ServerList>{entry}</ServerList></AnyConnectProfile>"
    windows.write("/ProgramData/Cisco/Cisco Secure Client/VPN/Profile/agency.xml", profile)
    assert links(windows) == {Link(kind="vpn", target="vpn.agency.example", profile="system")}


def test_anyconnect_that_a_user_pointed_somewhere(windows: WindowsTree) -> None:
    said = "<AnyConnectPreferences><DefaultHostName>vpn.agency.example</DefaultHostName></AnyConnectPreferences>"
    windows.write("AppData/Local/Cisco/Cisco Secure Client/VPN/preferences.xml", said)
    assert links(windows) == {Link(kind="vpn", target="vpn.agency.example", profile=ADA)}


def test_pulse_secure(windows: WindowsTree) -> None:
    store = 'ive "1" {\n  friendly-name: "Work"\n  uri: "https://vpn.agency.example/x"\n}\n'
    windows.write("/ProgramData/Pulse Secure/ConnectionStore/connstore.dat", store)
    assert links(windows) == {Link(kind="vpn", target="vpn.agency.example", profile="system")}


@pytest.mark.parametrize("service", ["Wlansvc", "dot3svc"])
def test_networks_that_ask_who_you_are(windows: WindowsTree, service: str) -> None:
    windows.write(WLAN_PATH.replace("Wlansvc", service), WLAN)
    assert links(windows) == {Link(kind="wifi-enterprise", target=None, profile="system")}


def test_a_file_that_is_broken_costs_the_machines_links(windows: WindowsTree) -> None:
    windows.write(WLAN_PATH, "<a>")
    found = {(profile, status) for _, profile, status, _ in rows(windows.collect(Networks()))}
    assert found == {("system", "failed"), (ADA, "observed")}


def test_the_state_of_the_device_and_its_silence(windows: WindowsTree) -> None:
    host = windows.host()
    assert DeviceState().collect(host).coverage == ()
    told = state_facts(host, b"AzureAdJoined : NO\r\nDomainJoined : YES\r\nDomainName : AGENCY\r\n")
    assert [link.target for link in told.links] == ["agency"]
    assert rows(told) == {("links", "system", "observed", None)}
    assert {row.status for row in state_facts(host, None).coverage} == {"failed"}
    assert {row.status for row in state_facts(host, b"nonsense").coverage} == {"failed"}
