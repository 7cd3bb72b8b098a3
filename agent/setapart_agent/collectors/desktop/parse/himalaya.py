"""Himalaya: `~/.config/himalaya/config.toml` or `~/.himalayarc`.

Format: config.sample.toml in its sources; before 1.0 the keys were `imap-host` and `smtp-host`.
"""

import re
from collections.abc import Iterator

from setapart_agent.collectors.desktop.parse.account import accounts
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet, text
from setapart_evidence.statement import Maturity

KIND = "linux.himalaya"
MATURITY: Maturity = "untested"

_PROTOCOLS = ("imap", "jmap", "smtp", "pop")
_DEPTH = 8
_LARGEST = 64 * 1024
_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_ENDLESS_KEY = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{64}}")
"""A dotted key costs tomllib the square of its parts; Himalaya's own have six."""


def recognise(name: str, content: bytes) -> bool:
    """By an account with a backend."""
    name = name.rpartition("/")[2]
    return name == ".himalayarc" or (b"[accounts." in content and b"backend" in content)


def parse(files: FileSet) -> Facts:
    """The servers of each account.

    Raises:
        ParseError: not TOML, or too large for one.
    """
    import tomllib

    if len(files.main) > _LARGEST:
        raise ParseError(f"larger than {_LARGEST} bytes", expected="a configuration of Himalaya")
    content = text(files.main)
    if _ENDLESS_KEY.search(content):
        raise ParseError("a key of more than 64 parts", expected="a configuration of Himalaya")
    try:
        found = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        raise ParseError("not TOML", expected="a configuration of Himalaya") from None
    listed = found.get("accounts")
    tables = listed if isinstance(listed, dict) else found
    made: list[AccountFact] = []
    for table in tables.values():
        if isinstance(table, dict):
            address = _text(table.get("email"))
            for kind, server, login in _servers(table, 0):
                made += accounts(
                    files.profile, f"himalaya:{kind}", ("mail",), users=(address, login), servers=(server,)
                )
    return Facts(accounts=tuple(dict.fromkeys(made)))


def _servers(table: dict[str, object], depth: int) -> Iterator[tuple[str, str, str | None]]:
    """Kind, server and login of every table that names a server, at any depth."""
    for kind in _PROTOCOLS:
        old = _text(table.get(f"{kind}-host"))
        if old:
            yield kind, old, _text(table.get(f"{kind}-login"))
    backend, host = _text(table.get("type")), _text(table.get("host"))
    if backend and host:
        yield backend.lower(), host, _text(table.get("login"))
    for value in table.values():
        if isinstance(value, dict) and depth < _DEPTH:
            yield from _servers(value, depth + 1)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
