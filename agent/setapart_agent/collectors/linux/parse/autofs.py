"""Maps of the automounter: `/etc/auto.*`, `/etc/auto.master.d/*`.

Format: autofs(5): `key [-options] location`; the type is an option, NFS if none is given.
"""

from setapart_agent.collectors.linux.parse.mounts import Mount, server_of
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.autofs"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By name; programs that make a map are none."""
    name = name.rpartition("/")[2]
    return name.startswith("auto") and not content.startswith(b"#!")


def parse(files: FileSet) -> Facts:
    """The file servers of a map."""
    hosts: dict[str, None] = {}
    for line in text(files.main).replace("\\\n", " ").split("\n"):
        fields = line.split("#")[0].split()
        if len(fields) < 2 or fields[0].startswith("+"):  # noqa: PLR2004 - key and location
            continue
        options = [option for field in fields if field.startswith("-") for option in field[1:].split(",")]
        kind = next((option.partition("=")[2] for option in options if option.startswith("fstype=")), "nfs")
        for location in fields[1:]:
            if ":" not in location or location.startswith(("-", "file:", "program:", "yp:")):
                continue
            source = location[1:] if location.startswith("://") else location
            if source.startswith((":", "/")) and not source.startswith("//"):
                continue  # a device of this machine
            host = server_of(Mount(source=source, target="", kind=kind))
            if host:
                hosts[host] = None
    return Facts(links=tuple(Link(kind="file-share", target=host, profile=files.profile) for host in hosts))
