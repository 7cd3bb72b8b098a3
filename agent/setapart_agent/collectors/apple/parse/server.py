"""The server that a setting names, if it names one; and of several those that tell whose they are."""

import re
from collections.abc import Iterable

from setapart_agent.facts import host_of

_PLACE = re.compile(r"\S+")
_PUBLIC_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "net", "org"})


def server(named: str | None) -> str | None:
    """The host of an address or URL; `None` for names that people give, such as `Our VPN`."""
    if named is None or not _PLACE.fullmatch(named.strip()):
        return None
    host = host_of(named.strip())
    return host if host is not None and ("." in host or ":" in host) else None


def organisations(hosts: Iterable[str]) -> tuple[str, ...]:
    """The first host of each organisation."""
    found: list[str] = []
    for host in hosts:
        if not any(_same_organisation(host, other) for other in found):
            found.append(host)
    return tuple(found)


def _same_organisation(one: str, other: str) -> bool:
    """Whether two hosts are below each other, or side by side below a domain that somebody owns."""
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    above = one.partition(".")[2]
    first, dot, _ = above.partition(".")
    return above == other.partition(".")[2] and bool(dot) and first not in _PUBLIC_SECOND_LEVELS
