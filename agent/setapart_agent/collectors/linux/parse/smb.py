"""Samba's winbind: `/etc/samba/smb.conf` of a domain member.

Format: smb.conf(5): keys without regard to case, blanks or an indent.
"""

from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.smb"
MATURITY: Maturity = "untested"

_MEMBER = frozenset({"ads", "domain"})


def recognise(name: str, content: bytes) -> bool:
    """By name, or by its global section."""
    name = name.rpartition("/")[2]
    return name == "smb.conf" or (b"[global]" in content and b"workgroup" in content)


def parse(files: FileSet) -> Facts:
    """The domain that the machine is a member of, as a link; a stand-alone server has none.

    Raises:
        ParseError: not one section.
    """
    values = {key.replace(" ", ""): value for key, value in sections(files.main).named("global").values.items()}
    role = values.get("serverrole", "").lower()
    if values.get("security", "").lower() not in _MEMBER and "member" not in role:
        return Facts()
    target = (values.get("realm") or values.get("workgroup") or "").strip("\"'") or None
    if target is not None and "." in target:
        target = target.lower()
    return Facts(links=(Link(kind="directory-join", target=target, profile=files.profile),))
