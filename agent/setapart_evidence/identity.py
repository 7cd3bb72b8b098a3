"""Names that cannot be turned back: device ids from serials, digests from addresses. Both are keyed by the authority.

Anybody can list all serial numbers and most addresses, so an unkeyed digest would hide neither.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator

from .model import AccountField, Platform

_LONGEST_NAME = 253  # RFC 1035, section 2.3.4, without the root's dot
_LONGEST_LABEL = 63
_DOTS = dict.fromkeys((0x3002, 0xFF0E, 0xFF61), ".")  # RFC 3490, section 3.1
_SHARP_S = "\u00df"
_IPV4 = re.compile(r"(?:\d+|0x[0-9a-f]*)(?:\.(?:\d+|0x[0-9a-f]*)){1,3}")  # in every form that inet_aton(3) takes
_IPV6 = re.compile(r"\[?[0-9a-f:.]+(?:%[^\]]*)?\]?(?::\d+)?")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""Microsoft's tenant of private accounts, as its documents of ID tokens (`tid`) name it."""
_EVERYWHERE = re.compile(r"(?:.*\.)?(?:local|localhost|localdomain|internal|intranet|private|corp|home|lan|home\.arpa)")
"""Names that every network may have its own of: RFC 6761, 6762 with its appendix G, 8375, ICANN's `internal`."""
_SHARED = frozenset(
    {
        "google.com", "gmail.com", "googlemail.com", "googleapis.com", "googleusercontent.com",
        "office365.com", "office365.us", "office.com", "outlook.com", "outlook.cn", "microsoft.com",
        "microsoftonline.com", "microsoftonline.us", "microsoftonline.cn", "windows.net", "live.com",
        "icloud.com", "me.com", "mail.yahoo.com", "zoho.com", "zoho.eu", "fastmail.com",
    }
)  # fmt: skip
"""Servers below these are those of organisations and of private persons alike: who signs in decides."""
_GIVEN = frozenset(
    {"sharepoint.com", "sharepoint.us", "sharepoint-mil.us", "sharepoint.cn", "onmicrosoft.com", "onmicrosoft.us"}
)
"""Below these a provider names the tenants of organisations, whatever domains they have."""


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

    A label with the German sharp s is a name of its own (RFC 5894, section 7.2), as browsers see it.
    A label that can't be encoded stays as it is: it then equals only itself.
    """
    folded = domain.strip().rstrip(".").lower()
    if folded.isascii():
        return folded
    labels = []
    for label in folded.translate(_DOTS).split("."):
        try:
            own = _SHARP_S in label and len(label) <= _LONGEST_LABEL
            labels.append(_with_sharp_s(label) if own else label.encode("idna").decode())
        except UnicodeError:
            labels.append(label)
    return ".".join(labels)


def _with_sharp_s(label: str) -> str:
    """A label as `xn--` of which all but the sharp s is mapped as in any other; UnicodeError if that can't be."""
    from encodings.idna import nameprep

    mapped = _SHARP_S.join(map(nameprep, label.split(_SHARP_S)))
    return f"xn--{mapped.encode('punycode').decode()}"


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


def tells_whose(value: str | None, internal: frozenset[str], *, looked_up: bool = False) -> bool:
    """Whether a value that is not internal says whose a thing is: a name does, a bare network address does not.

    Neither does a server that many share, a provider's name of a tenant, nor the id of one where the authority lists no
    id of its own. Where names are `looked_up` (all but those of a Wi-Fi), nor does one that every network has its own
    of: `mail`, `CORP`, `nas.local`.
    """
    host = folded_name(_host(value)) if value else ""
    if not host or _is_address(host) or _is_below(host, _SHARED | _GIVEN):
        return False
    if _GUID.fullmatch(host):
        return host == _CONSUMERS or any(map(_GUID.fullmatch, internal))
    return not looked_up or ("." in host and _EVERYWHERE.fullmatch(host) is None)


def telling_fields(
    domain: str | None, host: str | None, tenant: str | None, internal: frozenset[str]
) -> tuple[AccountField, ...]:
    """The fields that say whose an account is, if it is none of the authority's own; none where nobody can say.

    The server says it before the address, which is what somebody typed into a form: at a server without a telling name
    a foreign address proves nothing. At one that many share the address is what signs in.

    Args:
        domain: of the address.
        host: of the server.
        tenant: at a cloud provider.
        internal: from `internal_values`.
    """
    fields: dict[AccountField, bool] = {
        "domain": tells_whose(domain, internal, looked_up=True),
        "host": tells_whose(host, internal, looked_up=True),
        "tenant": tells_whose(tenant, internal, looked_up=True),
    }
    nameless = bool(host) and not fields["host"] and not _is_below(folded_name(_host(host or "")), _SHARED)
    if nameless and not fields["tenant"]:
        return ()
    return tuple(name for name, tells in fields.items() if tells)


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


def _is_below(host: str, names: frozenset[str]) -> bool:
    """Whether a folded host is below one of some names, and none itself: `outlook.com` is private persons' domain."""
    return any(parent in names for parent in parents(host.partition(".")[2]))


def _is_address(name: str) -> bool:
    if _IPV4.fullmatch(name):
        return True
    return name.count(":") > 1 and _IPV6.fullmatch(name) is not None


def _host(value: str) -> str:
    """The host of a URL, a UNC path, `host:port` or an address; anything else as it is."""
    rest = value.partition("://")[2] or value
    rest = rest.replace("\\", "/").strip().lstrip("/").partition("/")[0].rpartition("@")[2]
    return rest if rest.count(":") != 1 else rest.partition(":")[0]
