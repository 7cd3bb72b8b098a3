r"""Mount tables: `/etc/fstab`, `/proc/self/mounts` and `/proc/self/mountinfo`.

Formats: fstab(5), proc_pid_mounts(5) and proc_pid_mountinfo(5). Blanks inside a field are written as `\040`.
"""

import re

from msgspec import Struct

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.mounts"
MATURITY: Maturity = "captures"
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "autofs", "davfs", "davfs2", "sshfs", "afs", "ceph", "glusterfs", "9p"}
)
"""File systems that a dead server can hold up; with every `fuse.*`."""

_SHARES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "davfs", "davfs2", "sshfs", "ncpfs"})
_ESCAPE = re.compile(r"\\([0-7]{3})")
_FSTAB_FIELDS = 3
_MIN_MOUNTINFO = 10


class Mount(Struct, frozen=True, kw_only=True):
    """One line of a mount table: what is mounted, where, and with which file system."""

    source: str
    target: str
    kind: str

    @property
    def remote(self) -> bool:
        """Whether a server that does not answer can hold up whoever looks inside."""
        return self.kind in NETWORK or self.kind.startswith("fuse.")


def recognise(name: str, content: bytes) -> bool:
    """By name, or by the marks of mountinfo."""
    name = name.rpartition("/")[2]
    return name in {"fstab", "mounts", "mtab", "mountinfo"} or (
        b" - " in content[:400] and b" shared:" in content[:400]
    )


def parse(files: FileSet) -> Facts:
    """The file servers that a mount table names.

    Raises:
        ParseError: no line of a mount table, though there is content.
    """
    found = mounts_of(files.main)
    if not found and any(line.split(b"#")[0].strip() for line in files.main.splitlines()):
        raise ParseError("no line with a mount", expected="a mount table")
    hosts = tuple(dict.fromkeys(server for mount in found if (server := server_of(mount)) is not None))
    return Facts(links=tuple(Link(kind="file-share", target=host or None, profile=files.profile) for host in hosts))


def mounts_of(raw: bytes) -> tuple[Mount, ...]:
    """The mounts of a table of any of the three formats; lines that are none are passed over."""
    return tuple(mount for line in text(raw).splitlines() if (mount := _mount(line)) is not None)


def server_of(mount: Mount) -> str | None:
    """The server of a network share, empty where the share names none, or `None` for what is no share."""
    kind, source = mount.kind, mount.source
    if kind in {"fuse", "fuse3"}:
        kind, _, source = source.partition("#")  # fstab: sshfs#user@host:/path
    kind = kind.removeprefix("fuse.")
    if kind not in _SHARES:
        return None
    if source.startswith("//"):
        return host_of(source.lstrip("/")) or ""
    if "://" in source:
        return host_of(source) or ""
    server = source.rpartition(":/")[0] or source.partition(":")[0]
    if kind.startswith("nfs"):
        server = server.partition(",")[0]  # replicated servers
    return host_of(server if server.startswith("[") else server.rpartition("@")[2]) or ""


def _mount(line: str) -> Mount | None:
    if line.lstrip().startswith("#"):
        return None
    fields = line.split()
    if len(fields) >= _MIN_MOUNTINFO and "-" in fields[6:] and fields[0].isdecimal() and fields[1].isdecimal():
        after = fields[fields.index("-", 6) + 1 :]
        if len(after) >= 2:  # noqa: PLR2004 - type and source
            return Mount(source=_plain(after[1]), target=_plain(fields[4]), kind=after[0])
        return None
    if len(fields) >= _FSTAB_FIELDS:
        return Mount(source=_plain(fields[0]), target=_plain(fields[1]), kind=fields[2])
    return None


def _plain(field: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), field)
