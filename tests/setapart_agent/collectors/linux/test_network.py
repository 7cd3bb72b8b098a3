from pathlib import Path

import pytest

from account_tree import LinuxTree, rows
from setapart_agent.collectors.base import Absent, Denied, Observed, Outcome
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import network
from setapart_agent.collectors.linux.network import Networks, Shares

CONNECTION = "[connection]\nid=x\nuuid=1\ntype=vpn\n[vpn]\nremote=nm.corp.example\n"


@pytest.fixture
def ada(tmp_path: Path) -> LinuxTree:
    return LinuxTree(tmp_path)


def test_connections_of_the_machine_and_files_of_the_user(ada: LinuxTree) -> None:
    ada.write("/etc/NetworkManager/system-connections/x.nmconnection", CONNECTION)
    ada.write("/etc/NetworkManager/system-connections/note", "not a connection")
    ada.write("/etc/wireguard/wg0.conf", "[Interface]\nPrivateKey = A\n[Peer]\nEndpoint = wg.corp.example:1\n")
    ada.write(
        "/etc/netplan/1.yaml", "network:\n  tunnels:\n    w:\n      peers:\n      - endpoint: np.corp.example:1\n"
    )
    ada.write("/etc/openvpn/client/a.conf", "client\nremote ov.corp.example 1194\n")
    ada.write("/etc/wpa_supplicant/wpa_supplicant.conf", 'network={\nidentity="a@corp.example"\n}\n')
    profile = "<AnyConnectProfile><HostAddress>{}</HostAddress></AnyConnectProfile>"
    ada.write("/opt/cisco/anyconnect/profile/a.xml", profile.format("ac.corp.example"))
    ada.write("/opt/cisco/secureclient/vpn/profile/a.xml", profile.format("sc.corp.example"))
    ada.write(
        ".anyconnect", "<AnyConnectPreferences><DefaultHost>last.corp.example</DefaultHost></AnyConnectPreferences>"
    )
    ada.write("Downloads/b.ovpn", "client\nremote own.corp.example\n")
    facts = ada.collect(Networks())
    assert {(link.kind, link.profile, link.target) for link in facts.links} == {
        ("vpn", "system", "nm.corp.example"),
        ("vpn", "system", "wg.corp.example"),
        ("vpn", "system", "np.corp.example"),
        ("vpn", "system", "ov.corp.example"),
        ("vpn", "system", "ac.corp.example"),
        ("vpn", "system", "sc.corp.example"),
        ("wifi-enterprise", "system", "corp.example"),
        ("vpn", ada.ada, "last.corp.example"),
        ("vpn", ada.ada, "own.corp.example"),
    }
    assert rows(facts) == {("links", ada.ada, "observed", None), ("links", "system", "observed", None)}


def test_a_connection_that_only_root_may_read_is_denied(ada: LinuxTree, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.write("/etc/NetworkManager/system-connections/x.nmconnection", CONNECTION)
    monkeypatch.setattr(Tree, "read", lambda *_args, **_more: Denied("permission denied"))
    assert ("links", "system", "denied", "networkmanager: permission denied") in rows(ada.collect(Networks()))


class LiveTree(Tree):
    """A running system with some interfaces, and nothing else on it."""

    def __init__(self, **flags: str) -> None:
        super().__init__("/")
        self.flags = flags

    def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        return Observed(tuple(self.flags)) if path == "/sys/class/net" else Absent()

    def read(self, path: str, owner: int | None = None, limit: int = 1 << 20) -> Outcome[bytes]:
        name = path.removeprefix("/sys/class/net/").removesuffix("/flags")
        if path == "/proc/self/mounts":
            return Observed(b"//files.corp.example/s /mnt cifs rw 0 0\nproc /proc proc rw 0 0\n")
        return Observed(f"{self.flags[name]}\n".encode()) if name in self.flags else Absent()


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ({"lo": "0x9", "tun0": "0x1091"}, 1),
        ({"tailscale0": "0x10d1"}, 1),
        ({"wg0": "0x1090"}, 0),
        ({"eth0": "0x1003", "vnet0": "0x1003"}, 0),
        ({"tun0": "what"}, 0),
    ],
)
def test_a_tunnel_that_is_up_and_unexplained_is_a_vpn_to_somewhere(flags: dict[str, str], found: int) -> None:
    links = Networks().collect(Host(tree=LiveTree(**flags), users=())).links
    assert [(link.kind, link.target, link.profile) for link in links] == [("vpn", None, "system")] * found


def test_what_is_mounted_is_seen_on_the_running_system() -> None:
    links = Shares().collect(Host(tree=LiveTree(lo="0x9"), users=())).links
    assert [(link.kind, link.target) for link in links] == [("file-share", "files.corp.example")]


def test_shares_of_tables_units_maps_and_bookmarks(ada: LinuxTree) -> None:
    ada.write("/etc/fstab", "//a.example/s /mnt cifs defaults\n")
    ada.write("/etc/systemd/system/m.mount", "[Mount]\nWhat=b.example:/x\nWhere=/m\nType=nfs\n")
    ada.write("/etc/systemd/system/other.service", "[Service]\n")
    ada.write("/etc/auto.work", "x c.example:/y\n")
    ada.write("/etc/auto.net", "#!/bin/sh\necho no.example:/x\n")
    ada.write(".config/gtk-3.0/bookmarks", "smb://d.example/x\n")
    facts = ada.collect(Shares())
    assert {(link.profile, link.target) for link in facts.links} == {
        ("system", "a.example"),
        ("system", "b.example"),
        ("system", "c.example"),
        (ada.ada, "d.example"),
    }
    assert rows(facts) == {("links", ada.ada, "observed", None), ("links", "system", "observed", None)}


def test_every_module_that_is_declared_exists() -> None:
    from importlib import import_module

    for collector in network.COLLECTORS:
        for name in collector.info.modules:
            import_module(name)
