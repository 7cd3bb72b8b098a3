"""What is the authority's own, folded into the keys that accounts and links are compared with."""

import re
from collections.abc import Iterator

from setapart_evidence.identity import a_label

from .model import Internal

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")
_LABEL = re.compile(r"[^\s\x00-\x1f\x7f-\x9f](.{0,126}[^\s\x00-\x1f\x7f-\x9f])?")

EXPECTED = {
    "domains": "a domain such as agency.example, without @, * or https://",
    "hosts": "a host name or an address such as mail.agency.example",
    "tenants": "a tenant's id or domain",
    "directories": "a realm or a joined domain such as ad.agency.example",
    "vpns": "the host name or address of a gateway",
    "networks": "the realm or the name of a network",
}
"""What a value of each list of `[internal]` looks like."""


def internal_keys(internal: Internal) -> Iterator[tuple[str, str, str | None]]:
    """The key of every value: `domain:…`, `host:…` or `tenant:…`.

    Directories are domains, gateways are hosts; a network is a realm where it looks like one, and a name that is
    compared whole where it doesn't.

    Yields:
        The list's name, the value as written, and its key: None where the value can't be what the list is for.
    """
    for name in EXPECTED:
        for value in getattr(internal, name):
            yield name, value, _key(name, value)


def _key(name: str, value: str) -> str | None:
    folded = a_label(value)
    if name in ("tenants", "networks"):
        if name == "networks" and "." in folded and _NAME.fullmatch(folded):
            return f"domain:{folded}"
        return f"tenant:{folded}" if _LABEL.fullmatch(folded) else None
    if name in ("hosts", "vpns") and (address := _address(folded)) is not None:
        return f"host:{address}"
    if _NAME.fullmatch(folded) is None or _is_number(folded) or (name == "domains" and "." not in folded):
        return None
    return f"host:{folded}" if name in ("hosts", "vpns") else f"domain:{folded}"


def _is_number(folded: str) -> bool:
    return folded.replace(".", "").isdigit()


def _address(text: str) -> str | None:
    if ":" not in text and not _is_number(text):
        return None
    from ipaddress import ip_address

    try:
        return str(ip_address(text))
    except ValueError:
        return None
