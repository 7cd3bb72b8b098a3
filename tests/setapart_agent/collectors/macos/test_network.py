from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import psutil
import pytest

from macos_tree import TREES, MacTree, binary, rows, xml
from plist_maker import archive
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.macos import network
from setapart_agent.collectors.macos.network import Networks, mounted

SETTINGS = "/Library/Preferences"
ANYCONNECT = "<AnyConnectProfile><HostEntry><HostAddress>ac.corp.example</HostAddress></HostEntry></AnyConnectProfile>"


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def links(mac: MacTree) -> set[tuple[str, str, str | None]]:
    return {(link.profile, link.kind, link.target) for link in mac.collect(Networks()).links}


def test_vpns_and_networks_of_the_machine_and_of_a_user(mac: MacTree) -> None:
    l2tp = {"Interface": {"Type": "PPP", "SubType": "L2TP"}, "PPP": {"CommRemoteAddress": "l2tp.corp.example"}}
    mac.write(
        f"{SETTINGS}/SystemConfiguration/preferences.plist", binary({"CurrentSet": "", "NetworkServices": {"1": l2tp}})
    )
    ike = archive({"A-UUID": {"VPN": {"Protocol": {"ServerAddress": "ike.corp.example"}}}})
    mac.write(f"{SETTINGS}/com.apple.networkextension.plist", ike)
    wifi = {"SupportedSecurityTypes": "WPA2 Enterprise", "EAPProfile": {"UserName": "ann@corp.example"}}
    mac.write(f"{SETTINGS}/com.apple.wifi.known-networks.plist", xml({"wifi.network.ssid.corp": wifi}))
    mac.write("/opt/cisco/secureclient/vpn/profile/corp.xml", ANYCONNECT)
    mac.write("/opt/cisco/secureclient/vpn/profile/schema.xml", "<schema/>")
    tunnel = "Library/Application Support/Tunnelblick/Configurations/corp.tblk/Contents/Resources/config.ovpn"
    mac.write(tunnel, "client\nremote ovpn.corp.example 1194\n")
    mac.write(
        "/opt/homebrew/etc/wireguard/wg0.conf", "[Interface]\nPrivateKey = A\n[Peer]\nEndpoint = wg.corp.example:1\n"
    )
    mac.write(
        "Library/Application Support/Viscosity/OpenVPN/1/config.conf", "remote visc.corp.example 1194 udp\ndev tun\n"
    )
    mac.write(
        ".anyconnect",
        "<AnyConnectPreferences><DefaultHostName>own.corp.example</DefaultHostName></AnyConnectPreferences>",
    )
    client = {"TLSTrustedServerNames": ["radius.corp.example"]}
    mac.write(
        f"{SETTINGS}/SystemConfiguration/com.apple.network.eapolclient.configuration.plist",
        xml({"Profiles": {"A-UUID": {"EAPClientConfiguration": client}}}),
    )
    assert links(mac) == {
        (mac.ann, "vpn", "visc.corp.example"),
        (mac.ann, "vpn", "own.corp.example"),
        ("system", "wifi-enterprise", "radius.corp.example"),
        ("system", "vpn", "wg.corp.example"),
        ("system", "vpn", "l2tp.corp.example"),
        ("system", "vpn", "ike.corp.example"),
        ("system", "vpn", "ac.corp.example"),
        ("system", "wifi-enterprise", "corp.example"),
        (mac.ann, "vpn", "ovpn.corp.example"),
    }
    assert {row[2] for row in rows(mac.collect(Networks()))} == {"observed"}


@pytest.mark.parametrize(
    "path",
    [
        "SystemConfiguration/preferences.plist",
        "com.apple.networkextension.plist",
        "com.apple.wifi.known-networks.plist",
        "SystemConfiguration/com.apple.airport.preferences.plist",
        "com.paloaltonetworks.GlobalProtect.settings.plist",
    ],
)
def test_a_broken_list_is_said(mac: MacTree, path: str) -> None:
    mac.write(f"{SETTINGS}/{path}", b"bplist00")
    assert ("links", "system", "failed") in {row[:3] for row in rows(mac.collect(Networks()))}


def test_what_is_mounted_counts_on_the_running_system_alone(mac: MacTree) -> None:
    with mock.patch.object(network, "mounted", return_value=("files.corp.example",)):
        assert links(mac) == set()
        with mock.patch.object(Host, "live", property(lambda _host: True)):
            assert links(mac) == {("system", "file-share", "files.corp.example")}


def test_file_servers_by_how_they_are_mounted() -> None:
    mounts = [
        ("//ann@files.corp.example/home", "smbfs"),
        ("//CORP;ann@smb.corp.example:445/x", "smbfs"),
        ("nfs.corp.example:/export", "nfs"),
        ("//ann@afp.corp.example/x", "afpfs"),
        ("https://dav.corp.example/x/", "webdav"),
        ("//ann@nas._smb._tcp.local/x", "smbfs"),
        ("//ann@nas/x", "smbfs"),
        ("/dev/disk3s1s1", "apfs"),
    ]
    parts = [SimpleNamespace(device=device, fstype=kind) for device, kind in mounts]
    with mock.patch.object(psutil, "disk_partitions", return_value=parts):
        assert mounted() == (
            "files.corp.example",
            "smb.corp.example",
            "nfs.corp.example",
            "afp.corp.example",
            "dav.corp.example",
            "nas._smb._tcp.local",
            None,
        )
