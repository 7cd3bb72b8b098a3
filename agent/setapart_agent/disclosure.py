"""Disclosure: what may leave the device, decided on the device.

`scoped` with a policy bundle: apps that are restricted, or clients of mail, calendar and contacts, in clear, the rest
as a count; accounts inside the authority's domains in clear, of the rest type and services. `scoped` without a bundle:
the apps and clients of the built-in catalog in clear, and of every account type, services, domain, host and tenant.
`full`: all apps. Links leave at every level.

Addresses never leave in clear; whose keyed digest leaves is the bundle's choice.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from setapart_agent.facts import AccountFact, domain_of
from setapart_evidence.identifiers import keys_of
from setapart_evidence.identity import address_digest, internal_values, is_internal, telling_fields
from setapart_evidence.model import Account, App, Platform
from setapart_evidence.statement import Disclosure, Level

if TYPE_CHECKING:
    from setapart_evidence.bundle import SignedBundle


class DisclosureFilter(Struct, frozen=True, kw_only=True):
    """One filter: what it lets through, and the statement about it that is signed.

    Attributes:
        identifiers: keys of apps that are reported in clear, clients included.
        own_store: keys of clients whose accounts nobody can read, to the client's id.
        internal: domains, hosts and tenants whose accounts are reported in clear; `None` filters no account.
        addresses: whose addresses leave as digests, made with `address_key`.
    """

    level: Level
    identifiers: frozenset[str]
    own_store: tuple[tuple[str, str], ...]
    internal: frozenset[str] | None
    addresses: str
    address_key: bytes | None
    id_key: bytes | None
    statement: Disclosure

    def apps(self, platform: Platform, apps: Iterable[App]) -> tuple[tuple[App, ...], int]:
        """The apps that leave, and the number of those that stay."""
        found = tuple(apps)
        if self.level == "full":
            return found, 0
        kept = tuple(app for app in found if not self.identifiers.isdisjoint(keys_of(platform, app)))
        return kept, len(found) - len(kept)

    def accounts(self, facts: Iterable[AccountFact]) -> tuple[tuple[Account, ...], int]:
        """The accounts as they leave, and the number of those that were cut to type and services."""
        disclosed = tuple(self._account(fact) for fact in facts)
        return disclosed, sum(1 for account in disclosed if account.withheld)

    def _account(self, fact: AccountFact) -> Account:
        domain, host, tenant = fact.domain or domain_of(fact.address), fact.host, fact.tenant
        internal = self.internal is not None and is_internal((domain, host, tenant), self.internal)
        if self.internal is not None and not internal and self.level == "scoped":
            return Account(
                profile=fact.profile,
                type=fact.type,
                services=fact.services,
                enabled=fact.enabled,
                withheld=telling_fields(domain, host, tenant, self.internal),
            )
        return Account(
            profile=fact.profile,
            type=fact.type,
            client=fact.client,
            services=fact.services,
            domain=domain,
            host=host,
            tenant=tenant,
            address_digest=self._digest(fact.address, internal=internal),
            enabled=fact.enabled,
        )

    def _digest(self, address: str | None, *, internal: bool) -> str | None:
        if not address or "@" not in address or self.address_key is None:
            return None
        if self.addresses == "all" or (self.addresses == "internal" and internal):
            return address_digest(self.address_key, address)
        return None


def filter_of(bundle: "SignedBundle | None", level: Level | None = None) -> DisclosureFilter:
    """The filter of a bundle, or the built-in one.

    Args:
        bundle: the authority's, already verified.
        level: the caller's choice; by default the bundle's, else `scoped`.
    """
    from setapart_agent import catalog_table

    if bundle is None:
        return DisclosureFilter(
            level=level or "scoped",
            identifiers=frozenset(catalog_table.IDENTIFIERS + catalog_table.CLIENTS),
            own_store=catalog_table.OWN_STORE,
            internal=None,
            addresses="none",
            address_key=None,
            id_key=None,
            statement=Disclosure(level=level or "scoped", identifiers=catalog_table.DIGEST),
        )
    from setapart_evidence.bundle import list_digest

    policy = bundle.bundle
    names = dict(catalog_table.OWN_STORE)
    return DisclosureFilter(
        level=level or policy.level,
        identifiers=frozenset(policy.identifiers + policy.clients),
        own_store=tuple((key, names.get(key, key.partition(":")[2])) for key in policy.own_store),
        internal=internal_values(policy.internal),
        addresses=policy.addresses,
        address_key=policy.address_secret(),
        id_key=policy.id_secret(),
        statement=Disclosure(
            level=level or policy.level,
            bundle=bundle.digest,
            identifiers=list_digest(policy.identifiers),
            domains=list_digest(policy.internal),
        ),
    )
