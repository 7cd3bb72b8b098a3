"""The server that a setting names, if it names one; and of several those that tell whose they are."""

import re
from collections.abc import Iterable

from setapart_agent.facts import host_of

_PLACE = re.compile(r"\S+")
_LONGEST_NAME = 253  # RFC 1035, section 2.3.4, without the root's dot
_PUBLIC_SECOND_LEVELS = frozenset({"ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "net", "org"})


def server(named: str | None) -> str | None:
    """The host of an address or URL; `None` for names that people give, such as `Our VPN`."""
    if named is None or not _PLACE.fullmatch(named.strip()):
        return None
    host = host_of(named.strip())
    return host if host is not None and ("." in host or ":" in host) else None


def organisations(hosts: Iterable[str]) -> tuple[str, ...]:
    """The first host of each organisation: of hosts below each other, or side by side below what somebody owns."""
    found: dict[str, None] = {}
    over: set[str] = set()
    beside: set[str] = set()
    for host in hosts:
        above = _above(host)
        owned = {one for one in above[:1] if "." in one and one.partition(".")[0] not in _PUBLIC_SECOND_LEVELS}
        if host in found or host in over or owned & beside or any(one in found for one in above):
            continue
        found[host] = None
        over.update(above)
        beside |= owned
    return tuple(found)


def _above(host: str) -> list[str]:
    """The domains that a host is below; none of what is too long for a name."""
    labels = host.split(".") if len(host) <= _LONGEST_NAME else [host]
    return [".".join(labels[at:]) for at in range(1, len(labels))]
