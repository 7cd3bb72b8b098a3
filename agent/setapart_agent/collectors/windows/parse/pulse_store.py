r"""Connections of Pulse Secure, now Ivanti Secure Access: `ProgramData\Pulse Secure\ConnectionStore\connstore.dat`.

Blocks of `key: "value"` lines in braces; those that begin with `ive` are connections, whose server is `uri`. Source:
public scripts that write and read the file; no capture was seen.
"""

import re

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, host_of, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "windows.pulse-store"
MATURITY: Maturity = "untested"

_BLOCK = re.compile(r'^[ \t]*(?:ive|machine|user|schema)\s+"[^"\n]*"\s*\{', re.MULTILINE)
_CONNECTION = re.compile(r'^[ \t]*ive\s+"[^"\n]*"\s*\{([^{}]*)', re.MULTILINE)
_SERVER = re.compile(r'^[ \t]*uri:\s*"([^"\n]*)"', re.MULTILINE)


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By a block of a connection near the beginning."""
    return _CONNECTION.search(text(content[:65536])) is not None


def parse(files: FileSet) -> Facts:
    """A link per connection; one without a server has no target.

    Raises:
        ParseError: there is content, and no block in it.
    """
    content = text(files.main)
    if _BLOCK.search(content) is None and any(line.strip()[:1] not in ("", ";") for line in content.split("\n")):
        raise ParseError("no block", expected="a store of connections")
    servers = (_SERVER.search(block[1]) for block in _CONNECTION.finditer(content))
    targets = dict.fromkeys(host_of(server[1]) if server else None for server in servers)
    return Facts(links=tuple(Link(kind="vpn", target=target, profile=files.profile) for target in targets))
