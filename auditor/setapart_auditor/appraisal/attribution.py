"""Whose an account or a link is: the authority's own, somebody else's, or nobody can say.

An account is internal if its domain, host or tenant is one of the authority's, or below one of them, label by label. A
foreign mail address at an internal host is internal; so is a switched-off account, which is one tap from being on. A
link is internal if its target is the authority's; being managed (`mdm`) is not a link to data, and neither is a
certificate without a target, which reaches nothing without the account, VPN or Wi-Fi that uses it.

A bare network address (IPv4, IPv6) says nothing about whose the machine is: unless the authority lists the address
itself, it counts as unknown.
"""

import re
from enum import Enum
from typing import Literal

from setapart_evidence.identity import a_label, is_internal
from setapart_evidence.model import Account, Link, LinkKind

Attribution = Enum("Attribution", ["INTERNAL", "FOREIGN", "UNKNOWN"])
Reach = Literal[
    "mail", "calendar", "contacts", "files", "directory", "sign-in", "vpn", "wi-fi", "kerberos", "certificate",
    "management",
]  # fmt: skip
"""What an account or link leads to, as findings say it."""

LINK_REACH: dict[LinkKind, Reach] = {
    "vpn": "vpn",
    "directory-join": "directory",
    "mdm": "management",
    "sso": "sign-in",
    "wifi-enterprise": "wi-fi",
    "file-share": "files",
    "kerberos": "kerberos",
    "certificate": "certificate",
}
_HARMLESS_WITHOUT_TARGET: frozenset[LinkKind] = frozenset({"mdm", "certificate"})
_LONGEST_NAME = 253  # RFC 1035, section 2.3.4, without the root's dot
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6 = re.compile(r"\[?[0-9a-f:.]+(?:%[^\]]*)?\]?(?::\d+)?")


def attribute_account(account: Account, internal: frozenset[str]) -> Attribution:
    """Whose an account is.

    Args:
        account: as reported; a field that the agent kept back was known and found to be foreign.
        internal: folded values, from `identity.internal_values`.
    """
    values = [value for value in (account.domain, account.host, account.tenant) if value]
    if is_internal((name for value in values for name in names_of(value)), internal):
        return Attribution.INTERNAL
    if account.withheld or any(map(_tells, values)):
        return Attribution.FOREIGN
    return Attribution.UNKNOWN


def attribute_link(link: Link, internal: frozenset[str]) -> Attribution:
    """Where a link leads; being managed is nobody's data."""
    if link.kind == "mdm":
        return Attribution.FOREIGN
    target = link.target or ""
    if is_internal(names_of(target), internal):
        return Attribution.INTERNAL
    if link.kind in _HARMLESS_WITHOUT_TARGET or _tells(target):
        return Attribution.FOREIGN
    return Attribution.UNKNOWN


def account_reach(account: Account) -> tuple[Reach, ...]:
    """What an account leads to. One that only proves who you are leads to wherever that proof is accepted."""
    return tuple(dict.fromkeys(account.services)) or ("sign-in",)


def names_of(value: str) -> tuple[str, ...]:
    """The folded names under which a value is compared: as it stands, and the host or realm in it."""
    whole, host = folded(value), folded(_host(value))
    return (whole,) if whole == host else (whole, host)


def folded(name: str) -> str:
    """A name as it is compared, no longer than a DNS name: of a longer one, the labels at its end."""
    name = name.strip().rstrip(".")
    if len(name) > _LONGEST_NAME:
        name = name[-_LONGEST_NAME:].partition(".")[2]
    return a_label(name)


def is_address(name: str) -> bool:
    """Whether a folded name is an IPv4 or IPv6 address."""
    if _IPV4.fullmatch(name):
        return True
    return name.count(":") > 1 and _IPV6.fullmatch(name) is not None


def _tells(value: str) -> bool:
    host = folded(_host(value))
    return bool(host) and not is_address(host)


def _host(value: str) -> str:
    """The host of a URL, a UNC path or `host:port`, the realm of a principal; anything else as it is."""
    rest = value.partition("://")[2] or value
    rest = rest.replace("\\", "/").strip().lstrip("/").partition("/")[0].rpartition("@")[2]
    return rest if rest.count(":") != 1 else rest.partition(":")[0]
