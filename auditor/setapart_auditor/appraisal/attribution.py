"""Whose an account or a link is: the authority's own, somebody else's, or nobody can say.

An account is internal if its domain, host or tenant is one of the authority's, or below one of them, label by label. A
foreign mail address at an internal host is internal; so is a switched-off account, which is one tap from being on. A
link is internal if its target is the authority's; being managed (`mdm`) is not a link to data, and neither is a
certificate without a target, which reaches nothing without the account, VPN or Wi-Fi that uses it.

What tells nothing unless the authority lists it, and so counts as unknown, is in
docs/adr/0029-what-tells-whose-an-account-is.md: bare addresses, names that every network has its own of, servers that
many share, ids of tenants where the authority lists none.
"""

from enum import Enum
from typing import Literal

from setapart_evidence.identity import is_internal, telling_fields, tells_whose
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
_LOOKED_UP: frozenset[LinkKind] = frozenset({"vpn", "file-share", "directory-join", "kerberos", "sso"})
"""Links whose target is a host, realm or tenant; a Wi-Fi is told by its own name, which may be any."""


def attribute_account(account: Account, internal: frozenset[str]) -> Attribution:
    """Whose an account is.

    Args:
        account: as reported; a field that the agent kept back was known and found to be foreign.
        internal: folded values, from `identity.internal_values`.
    """
    if is_internal((account.domain, account.host, account.tenant), internal):
        return Attribution.INTERNAL
    if account.withheld or telling_fields(account.domain, account.host, account.tenant, internal):
        return Attribution.FOREIGN
    return Attribution.UNKNOWN


def attribute_link(link: Link, internal: frozenset[str]) -> Attribution:
    """Where a link leads; being managed is nobody's data."""
    if link.kind == "mdm":
        return Attribution.FOREIGN
    if is_internal((link.target,), internal):
        return Attribution.INTERNAL
    looked_up = link.kind in _LOOKED_UP
    if link.kind in _HARMLESS_WITHOUT_TARGET or tells_whose(link.target, internal, looked_up=looked_up):
        return Attribution.FOREIGN
    return Attribution.UNKNOWN


def account_reach(account: Account) -> tuple[Reach, ...]:
    """What an account leads to. One that only proves who you are leads to wherever that proof is accepted."""
    return tuple(dict.fromkeys(account.services)) or ("sign-in",)
