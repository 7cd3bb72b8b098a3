import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import mounts
from setapart_agent.collectors.linux.parse.mounts import Mount
from setapart_agent.errors import ParseError

FSTAB = """# <file system> <mount point> <type>
UUID=1 / ext4 defaults 0 1
//files.corp.example/share /mnt/a\\040b cifs credentials=/x 0 0
nfs.corp.example:/export /mnt/n nfs4 ro
ada@ssh.corp.example:/x /mnt/s fuse.sshfs noauto
sshfs#ada@old.corp.example:/x /mnt/o fuse
https://dav.corp.example/x /mnt/d davfs user
[2001:db8::1]:/x /mnt/6 nfs
proc /proc proc defaults
"""
MOUNTINFO = b"""36 35 0:50 / /mnt/x rw,noatime shared:1 - cifs //files.corp.example/s rw,user=a
22 1 8:1 / / rw - ext4 /dev/sda rw
"""


def test_file_servers_of_a_table() -> None:
    assert [link.target for link in parsed(mounts, FSTAB).links] == [
        "files.corp.example",
        "nfs.corp.example",
        "ssh.corp.example",
        "old.corp.example",
        "dav.corp.example",
        "2001:db8::1",
    ]


def test_mountinfo_and_escapes() -> None:
    assert [link.target for link in parsed(mounts, MOUNTINFO).links] == ["files.corp.example"]
    assert mounts.mounts_of(FSTAB.encode())[1] == Mount(
        source="//files.corp.example/share", target="/mnt/a b", kind="cifs"
    )


@pytest.mark.parametrize(("kind", "remote"), [("nfs4", True), ("fuse.sshfs", True), ("autofs", True), ("ext4", False)])
def test_which_mounts_can_hang(kind: str, remote: bool) -> None:
    assert Mount(source="", target="", kind=kind).remote is remote


def test_another_file_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(mounts, "hello\n")


def test_broken_files_survive() -> None:
    assert_survives(mounts, "fstab", FSTAB.encode())
