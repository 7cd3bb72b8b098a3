"""Names that cannot be turned back: device ids from serials, digests from addresses. Both are keyed by the authority.

Anybody can list all serial numbers and most addresses, so an unkeyed digest would hide neither.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator

from .model import Platform

_LONGEST_NAME = 253  # RFC 1035, section 2.3.4, without the root's dot
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6 = re.compile(r"\[?[0-9a-f:.]+(?:%[^\]]*)?\]?(?::\d+)?")


def hardware_id(id_key: bytes, platform: Platform, serial: str) -> str:
    """The id of a device without a key of its own: `hw-` and 64 hex digits, the same by whatever way it was read.

    Args:
        id_key: the authority's 32-byte key for ids.
        platform: the serial's name space.
        serial: as the device states it; case and surrounding space do not count.
    """
    message = b"serial\0" + platform.encode() + b"\0" + serial.strip().upper().encode("utf-8", "replace")
    return f"hw-{hmac.new(id_key, message, hashlib.sha256).hexdigest()}"


def address_digest(address_key: bytes, address: str) -> str:
    """`hmac:` and the keyed digest of an address: NFC, trimmed, lower case, its domain in A-labels.

    Args:
        address_key: the authority's 32-byte key for addresses.
        address: a mail address or user principal name.
    """
    if not address.isascii():
        import unicodedata

        address = unicodedata.normalize("NFC", address)
    local, at, domain = address.strip().lower().rpartition("@")
    folded = f"{local}{at}{a_label(domain)}"
    return f"hmac:{hmac.new(address_key, folded.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()}"


def a_label(domain: str) -> str:
    """A domain as it is compared: lower case, without a final dot, international labels as `xn--` (RFC 3490).

    A label that can't be encoded stays as it is: it then equals only itself.
    """
    folded = domain.strip().rstrip(".").lower()
    if folded.isascii():
        return folded
    labels = []
    for label in folded.replace("\u3002", ".").split("."):
        try:
            labels.append(label.encode("idna").decode())
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def parents(domain: str) -> Iterator[str]:
    """A folded domain and every domain above it, label by label: `a.b.c`, `b.c`, `c`."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


def folded_name(name: str) -> str:
    """A name as it is compared, no longer than a DNS name: of a longer one, the labels at its end."""
    name = name.strip().rstrip(".")
    if len(name) > _LONGEST_NAME:
        name = name[-_LONGEST_NAME:].partition(".")[2]
    return a_label(name)


def names_of(value: str) -> tuple[str, ...]:
    """The folded names under which a domain, host, tenant, URL or principal is compared: whole, its host, its realm."""
    return tuple(dict.fromkeys(map(folded_name, (value, _host(value), value.rpartition("@")[2]))))


def tells_whose(value: str | None, *, looked_up: bool = False) -> bool:
    """Whether a value says whose a thing is: a name does; a bare network address (IPv4, IPv6) does not.

    Where names are `looked_up` (hosts, realms), neither does a short one: every network has its own `mail` and `CORP`.
    """
    host = folded_name(_host(value)) if value else ""
    return bool(host) and not _is_address(host) and (not looked_up or "." in host)


def internal_values(items: Iterable[str]) -> frozenset[str]:
    """The folded values of `domain:…`, `host:…` and `tenant:…`.

    The kind is not compared: a name that is the authority's own is internal wherever it appears.
    """
    return frozenset(a_label(item.partition(":")[2]) for item in items)


def is_internal(values: Iterable[str | None], internal: frozenset[str]) -> bool:
    """Whether a domain, host, tenant or realm is one of `internal_values`, or below one of them.

    Agent and auditor both ask here: what the agent keeps back as foreign, the auditor would have called foreign.
    """
    return any(parent in internal for value in values if value for name in names_of(value) for parent in parents(name))


def _is_address(name: str) -> bool:
    if _IPV4.fullmatch(name):
        return True
    return name.count(":") > 1 and _IPV6.fullmatch(name) is not None


def _host(value: str) -> str:
    """The host of a URL, a UNC path, `host:port` or an address; anything else as it is."""
    rest = value.partition("://")[2] or value
    rest = rest.replace("\\", "/").strip().lstrip("/").partition("/")[0].rpartition("@")[2]
    return rest if rest.count(":") != 1 else rest.partition(":")[0]
