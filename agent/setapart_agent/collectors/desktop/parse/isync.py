"""isync: `~/.mbsyncrc` or `~/.config/isyncrc`.

Format: mbsync(1), lines of `Keyword value`, in blocks that empty lines end.
"""

import itertools
import re

from setapart_agent.collectors.desktop.parse.account import account
from setapart_agent.facts import AccountFact, Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "linux.isync"
MATURITY: Maturity = "untested"

_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*+(?:"|\Z)|'[^']*+(?:'|\Z)|\\\Z)++""")
_QUOTING = re.compile(r"""\\(.)|["']""")
_BLOCKS = frozenset({"imapaccount", "imapstore", "maildirstore", "channel", "group"})


def recognise(name: str, content: bytes) -> bool:
    """By name, or by its blocks."""
    name = name.rpartition("/")[2]
    return name in {".mbsyncrc", "isyncrc"} or b"\nIMAPStore " in content or content.startswith(b"IMAPAccount ")


def parse(files: FileSet) -> Facts:
    """Each IMAP account, and each IMAP store that names its own server."""
    made: list[AccountFact] = []
    block: dict[str, str] = {}

    def end() -> None:
        if {"host", "tunnel"} & block.keys() and {"imapaccount", "imapstore"} & block.keys():
            server = block.get("host")
            made.append(account(files.profile, "isync:imap", ("mail",), user=block.get("user"), server=server))
        block.clear()

    for line in text(files.main).split("\n"):
        words = _words(line)
        if not words:
            if not line.strip():
                end()
            continue
        if words[0].lower() in _BLOCKS:
            end()
        block[words[0].lower()] = words[1] if len(words) > 1 else ""
    end()
    return Facts(accounts=tuple(dict.fromkeys(made)))


def _words(line: str) -> list[str]:
    """The keyword and its first argument; quotes and backslashes as in mbsync(1)."""
    line = line.strip()
    if line.startswith("#"):
        return []
    return [_QUOTING.sub(r"\1", word[0]) for word in itertools.islice(_WORD.finditer(line), 2)]
