"""fetchmail: `~/.fetchmailrc`, and `/etc/fetchmailrc` of its daemon.

Format: fetchmail(1), The run control file: words, quoted or not, in free layout. `skip` instead of `poll` switches a
server off until it is named.
"""

import re

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.facts import AccountFact, Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "linux.fetchmail"
MATURITY: Maturity = "untested"

_WORD = re.compile(r"""\#[^\n]*+|"((?:[^"\\]|\\.)*+)"?|'((?:[^'\\]|\\.)*+)'?|([^\s"'\#,;:=]++)""", re.DOTALL)
_STARTS = {"poll": True, "server": True, "skip": False, "defaults": True}
_VALUED = frozenset({"proto", "protocol", "via", "user", "username", "pass", "password"})


def recognise(name: str, content: bytes) -> bool:
    """By name: its words are too common to tell."""
    name = name.rpartition("/")[2]
    return name in {".fetchmailrc", "fetchmailrc"} and b"\x00" not in content


def parse(files: FileSet) -> Facts:
    """Each user at each server."""
    made: list[AccountFact] = []
    default = "auto"
    for entry in _entries(text(files.main)):
        protocol = next((value.lower() for key, value in entry if key.startswith("proto")), default)
        start, server = entry[0]
        if start == "defaults":
            default = protocol
            continue
        server = next((value for key, value in entry if key == "via"), server)
        users: list[str | None] = [value for key, value in entry if key.startswith("user")]
        made += [
            account(files.profile, f"fetchmail:{protocol}", ("mail",), user=user, server=server, enabled=_STARTS[start])
            for user in users or [None]
        ]
    return Facts(accounts=tuple(dict.fromkeys(made)))


def _entries(content: str) -> list[list[tuple[str, str]]]:
    """For each server the keywords with their values, the first being the one that starts the entry."""
    entries: list[list[tuple[str, str]]] = []
    words = (match for match in _WORD.finditer(content) if not match[0].startswith("#"))
    for match in words:
        word = (match[3] or "").lower()  # a quoted word is never a keyword
        if word in _STARTS or (word in _VALUED and entries):
            following = None if word == "defaults" else next(words, None)
            value = (following[1] or following[2] or following[3] or "") if following else ""
            if word in _STARTS:
                entries.append([])
            entries[-1].append((word, value))
    return entries
