"""Mounts as units of systemd: `/etc/systemd/system/*.mount`. Format: systemd.mount(5)."""

from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.collectors.linux.parse.mounts import Mount, server_of
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.mount-unit"
MATURITY: Maturity = "untested"


def recognise(name: str, content: bytes) -> bool:
    """By name and group."""
    return name.endswith(".mount") and b"[Mount]" in content


def parse(files: FileSet) -> Facts:
    """The file server of the unit, if it has one.

    Raises:
        ParseError: not one section.
    """
    unit = sections(files.main).named("Mount")
    mount = Mount(source=unit.get("What") or "", target=unit.get("Where") or "", kind=unit.get("Type") or "")
    host = server_of(mount)
    return (
        Facts() if host is None else Facts(links=(Link(kind="file-share", target=host or None, profile=files.profile),))
    )
