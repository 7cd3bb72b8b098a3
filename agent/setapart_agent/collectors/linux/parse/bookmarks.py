"""Remote folders in file managers: `~/.config/gtk-3.0/bookmarks` and `~/.local/share/user-places.xbel`.

Formats: GTK, a URI per line with an optional label; XBEL 1.0. Only the URIs are looked for.
"""

import re

from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.bookmarks"
MATURITY: Maturity = "untested"

_URI = re.compile(r"""(?:^|href=["'])((?:smb|sftp|ssh|fish|nfs|davs?|webdavs?|afp|ftps?)://[^\s"'<]++)""", re.MULTILINE)


def recognise(name: str, content: bytes) -> bool:
    """By name, or by the format of KDE's places."""
    name = name.rpartition("/")[2]
    return name in {"bookmarks", "user-places.xbel"} or b"<xbel" in content[:400]


def parse(files: FileSet) -> Facts:
    """The servers of remote folders."""
    hosts = dict.fromkeys(host for uri in _URI.findall(text(files.main)) if (host := host_of(uri)))
    return Facts(links=tuple(Link(kind="file-share", target=host, profile=files.profile) for host in hosts))
