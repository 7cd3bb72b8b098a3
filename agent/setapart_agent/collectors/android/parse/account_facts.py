"""What an account's name and type tell: services, address, domain, tenant, and whether it is a link as well."""

import re

from setapart_agent.collectors.android.account_types import LOCAL_TYPES, ORGANISATION_TYPES, PROVIDERS, SERVICES
from setapart_agent.facts import AccountFact, domain_of
from setapart_evidence.model import Link, Service

_ADDRESS = re.compile(r"[^\s@()<>,;:\"]+@[^\s@()<>,;:\"]+\.[^\s@()<>,;:\".]+")
_TENANT = re.compile(r"(\S.*?) \(([^\s()@]+\.[^\s()@.]+)\)")
_INSIDE = re.compile(r"\(([^\s()]{1,320})\)")


def account_facts(
    user: str, name: str, kind: str, client: str | None, synced: tuple[Service, ...] = ()
) -> tuple[AccountFact | None, Link | None]:
    """The account and the link that one line of `dumpsys account` means.

    Args:
        user: the Android user.
        name: free text chosen by the app: often an address, sometimes followed by a tenant in parentheses
            (OneDrive), sometimes holding one (DAVx5's `Contacts (user@host) #25`), often neither.
        kind: the account type.
        client: the package that owns the type, where the dump tells.
        synced: what `dumpsys content` shows this account to synchronise; used where the type is not known.

    Returns:
        No account for local address books; a link for the identities of an organisation.
    """
    if kind in LOCAL_TYPES:
        return None, None
    shown, tenant = name.strip(), None
    if (suffix := _TENANT.fullmatch(shown)) is not None:
        shown, tenant = suffix[1], suffix[2].lower()
    address = shown if _ADDRESS.fullmatch(shown) else None
    domain = domain_of(address or _address_inside(shown))
    account = AccountFact(
        profile=user,
        type=kind,
        client=client,
        services=SERVICES.get(kind, synced),
        address=address,
        domain=domain,
        host=PROVIDERS.get(kind),
        tenant=tenant,
    )
    link = Link(kind="sso", target=tenant or domain, profile=user) if kind in ORGANISATION_TYPES else None
    return account, link


def _address_inside(name: str) -> str | None:
    """The one address that a longer name holds in parentheses."""
    found = [inner for inner in _INSIDE.findall(name) if _ADDRESS.fullmatch(inner)]
    return found[0] if len(found) == 1 else None
