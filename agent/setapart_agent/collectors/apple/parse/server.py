"""The server that a setting names, if it names one."""

import re

from setapart_agent.facts import host_of

_PLACE = re.compile(r"\S+")


def server(named: str | None) -> str | None:
    """The host of an address or URL; `None` for names that people give, such as `Our VPN`."""
    if named is None or not _PLACE.fullmatch(named.strip()):
        return None
    host = host_of(named.strip())
    return host if host is not None and ("." in host or ":" in host) else None
