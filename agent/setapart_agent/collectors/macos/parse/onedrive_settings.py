"""OneDrive's settings of one account: `…/OneDrive/settings/Business1/*.ini`.

Lines name the libraries that are kept in step, with the addresses of their sites (`https://corp-my.sharepoint.com/…`).
Source: public tools that read these files; no capture was at hand.
"""

import re

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

KIND = "macos.onedrive"
MATURITY: Maturity = "untested"

_SITE = re.compile(rb"https://([a-z0-9-]{1,63}\.sharepoint(?:-df|-mil)?\.(?:com|us|cn|de))\b", re.IGNORECASE)
_LINE = re.compile(rb"^(?:libraryScope|libraryFolder|AddedScope) = ", re.MULTILINE)


def recognise(name: str, content: bytes) -> bool:
    """A file of settings that names libraries."""
    return name.endswith(".ini") and _LINE.search(content.replace(b"\x00", b"")) is not None


def parse(files: FileSet) -> Facts:
    """An account per organisation whose sites are named; the part `-my` of a host means people's own sites."""
    found = (site[1].decode("ascii").lower() for site in _SITE.finditer(files.main.replace(b"\x00", b"")))
    hosts = dict.fromkeys(host.replace("-my.", ".", 1) for host in found)
    return Facts(accounts=tuple(account(files.profile, "onedrive:business", ("files",), server=one) for one in hosts))
