"""Linux workstations for every row of docs/devices.md."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

from green.device import Build, Device
from linux_tree import plant, status_of
from setapart_agent.collectors.desktop import tree
from setapart_agent.collectors.desktop.host import Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux import portable, processes

MACHINE_ID = "0123456789abcdef0123456789abcdef"
LINUX_TREE: dict[str, str] = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/bash\nann:x:UID:UID::/home/ann:/bin/bash\n",
    "/etc/os-release": "ID=debian\nVERSION_ID=12\n",
    "/etc/machine-id": f"{MACHINE_ID}\n",
    "/var/lib/dpkg/status": status_of("bash"),
    "/root/notes.txt": "umask 022\n",
    "/home/ann/.profile": "umask 022\n",
    "/proc/self/mounts": "/dev/sda1 / ext4 rw 0 0\n",
    "/sys/class/net/eth0/flags": "0x1003\n",
}


@contextmanager
def installation(folder: Path, files: dict[str, str]) -> Iterator[Device]:
    """A tree of a Linux installation, mounted."""
    uid = os.getuid() or 1000
    home = folder / "home" / "ann"
    plant(folder, {name: content.replace("UID", str(uid)) for name, content in files.items() if content})
    for path in (home, *home.rglob("*")) if home.exists() else ():
        os.chown(path, uid, -1)
    yield Device(source=f"root:{folder}", platform="linux", serial=MACHINE_ID)


@contextmanager
def workstation(folder: Path, files: dict[str, str], *, uid: int) -> Iterator[Device]:
    """A tree that stands for the running system: one program runs in it, and the agent does under a uid."""
    shell = processes.Process(uid=0, executable="/usr/bin/bash")
    with (
        installation(folder, files),
        mock.patch.object(tree, "open_tree", return_value=Tree(str(folder))),
        mock.patch.object(Host, "live", property(lambda _host: True)),
        mock.patch.object(portable, "running", return_value=(shell,)),
        mock.patch.object(portable, "shows_all", return_value=uid == 0),
        mock.patch.object(os, "geteuid", return_value=uid),
    ):
        yield Device(source="local")


def changed(**changes: str) -> Build:
    """The green installation with some files more, of other content, or (where empty) without them."""

    def build(folder: Path) -> AbstractContextManager[Device]:
        return installation(folder, {**LINUX_TREE, **changes})

    return build


ROWS: dict[tuple[str, str], Build] = {
    ("Linux workstation", "`local`, as root"): lambda folder: workstation(folder, LINUX_TREE, uid=0),
    ("Linux workstation", "`local`, as a user"): lambda folder: workstation(folder, LINUX_TREE, uid=1000),
    ("Linux disk or image, mounted", "`root:DIR`, as root"): lambda folder: installation(folder, LINUX_TREE),
}
SPOILERS: dict[str, Build] = {
    "an encrypted home that is shut": changed(**{"/home/ann/Access-Your-Private-Data.desktop": "[Desktop Entry]\n"}),
    "a home that is not mounted": changed(**{"/home/ann/.profile": ""}),
    "no package manager that is known": changed(**{"/var/lib/dpkg/status": ""}),
    "a mail client that keeps its accounts to itself": changed(
        **{"/var/lib/dpkg/status": status_of("bash") + status_of("tutanota-desktop")}
    ),
    "Kerberos tickets in KCM or a keyring": changed(
        **{"/etc/krb5.conf": "[libdefaults]\n default_ccache_name = KEYRING:persistent:%{uid}\n"}
    ),
    "a VPN of which nothing shows the server": lambda folder: workstation(
        folder, {**LINUX_TREE, "/sys/class/net/tun0/flags": "0x1043\n"}, uid=0
    ),
}
