"""Kerberos: `/etc/krb5.conf` and what it includes.

Format: krb5.conf(5). Only the default realm is a tie: distributions ship lists of well-known realms.
"""

import re

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import Link
from setapart_evidence.statement import Maturity

KIND = "linux.krb5"
MATURITY: Maturity = "real-hardware"

_INCLUDE = re.compile(r"(?:include(dir)?)\s+(/\S.*?)/*", re.ASCII)


def recognise(name: str, content: bytes) -> bool:
    """By its library section."""
    name = name.rpartition("/")[2]
    return b"[libdefaults]" in content or name == "krb5.conf"


def parse(files: FileSet) -> Facts:
    """Every default realm, as links: MIT's library takes the first that is named, Heimdal's the last.

    Raises:
        ParseError: binary content.
    """
    realms = dict.fromkeys(value.strip(".").lower() for value in _libdefaults(files.main, "default_realm"))
    return Facts(links=tuple(Link(kind="kerberos", target=realm, profile=files.profile) for realm in realms))


def hidden_cache(content: bytes) -> str | None:
    """`KCM` or `KEYRING` where tickets are kept in a place without a file, else `None`.

    Raises:
        ParseError: binary content.
    """
    kinds = (value.partition(":")[0].upper() for value in _libdefaults(content, "default_ccache_name"))
    return next((kind for kind in kinds if kind in {"KCM", "KEYRING"}), None)


def included(content: bytes) -> tuple[str, ...]:
    """The files that are read as well, and the folders as `<folder>/*`; all absolute."""
    found = (_INCLUDE.fullmatch(line.strip()) for line in text(content).split("\n"))
    return tuple(f"{one[2]}/*" if one[1] else one[2] for one in found if one is not None)


def _libdefaults(content: bytes, wanted: str) -> tuple[str, ...]:
    """The values of one key of `[libdefaults]`, in order; a `*` behind a name makes it final."""
    if b"\x00" in content:
        raise ParseError("binary content", expected="krb5.conf")
    values: list[str] = []
    section = ""
    for line in text(content).split("\n"):
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped[1:].partition("]")[0].strip().lower()
        elif section == "libdefaults":
            key, equals, value = stripped.partition("=")
            if equals and key.rstrip("* \t").lower() == wanted and value.strip():
                values.append(value.strip().strip('"'))
    return tuple(values)
