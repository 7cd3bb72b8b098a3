"""What a pack can say: a closed vocabulary of values and choices, never code.

A pack is a TOML file; every table below is one table in it, every field one key. Unknown keys are an error. Days are
whole days, dates are local to the issuer and count from 00:00 UTC.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Severity = Literal["info", "warning", "inconclusive", "violation"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "inconclusive", "violation")
DeviceClass = Literal["ordinary", "personal", "social-dedicated"]
Binding = Literal["advice", "advice-with-duty-to-assess", "executive-ban", "statute"]
Trigger = Literal["employer-paid", "centrally-managed", "work-mail-installed", "any-access"]
ROLES = ("minister", "state-secretary", "adviser", "elected", "defence", "law-enforcement", "staff", "contractor")
"""The closed list of holders' roles; a role outside of it counts as the strictest."""

Slug = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]*\Z", max_length=64)]
Days = Annotated[int, Meta(ge=1, le=3660)]
_Line = Annotated[str, Meta(min_length=1, max_length=400)]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[source]`: the instrument behind the pack. `verified` says whether we read the instrument itself."""

    instrument: _Line
    issuer: _Line
    date: dt.date
    binding: Binding
    verified: bool
    checked: dt.date
    urls: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()


class Effective(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[effective]`: in force from `from` (inclusive) to `sunset` (exclusive); to be looked at again by `review_by`."""

    from_: dt.date = field(name="from")
    review_by: dt.date | None = None
    sunset: dt.date | None = None


class Covers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[covers]`: whom and what the instrument reaches. `persons` holds roles, or `all`."""

    persons: tuple[str, ...] = ("all",)
    devices: tuple[Literal["phone", "tablet", "workstation"], ...] = ("phone", "tablet", "workstation")
    byod: bool = False
    web_access: bool = False
    trigger: Trigger = "employer-paid"


class Restricted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[restricted]`: apps (with their variants), vendors, categories and owner countries of the catalog."""

    apps: tuple[Slug, ...] = ()
    vendors: tuple[Slug, ...] = ()
    categories: tuple[Slug, ...] = ()
    countries: tuple[Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")], ...] = ()


class Internal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[internal]`: what is the authority's own; filled in by the authority, in its overlay.

    `domains` are meant with everything below them; `hosts` likewise; `tenants` are compared whole; `directories`,
    `vpns` and `networks` are targets of links (realms and joined domains, VPN gateways, Wi-Fi realms).
    """

    domains: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    vpns: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


class Personal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[personal]`: private devices that reach work data: judged as ordinary, or "the app or the link, not both"."""

    rule: Literal["as-ordinary", "app-or-link"] = "as-ordinary"


class ExceptionRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[exception]`: who may be granted a restricted app on a social-dedicated device, by whom, and for how long."""

    allowed: bool
    grounds: tuple[Slug, ...] = ()
    approver_role: str | None = None
    delegable: bool = True
    max_days: Days = 365
    blanket: bool = False
    not_for_roles: tuple[str, ...] = ()
    not_for_apps: tuple[Slug, ...] = ()
    signed: bool = False
    device_conditions: tuple[_Line, ...] = ()


class Freshness(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[freshness]`: days that evidence stays current, days that a new device has, and what must prove freshness."""

    max_age: Days = 30
    grace_for_new: Days = 14
    require: Literal["none", "epoch", "nonce"] = "none"


class CoverageRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[coverage]`: the core sections are always required; a pack may require more of ordinary devices.

    `enforcement_counts`: a manager's block of every restricted app may stand in for apps coverage.
    `min_maturity`: collectors that were tried less are not believed.
    """

    ordinary: tuple[Literal["apps", "accounts", "links"], ...] = ("apps",)
    enforcement_counts: bool = False
    min_maturity: Literal["untested", "captures", "real-hardware"] = "untested"
    min_grade: Literal["hardware-key", "agent-key", "station", "imported", "self-declared"] = "self-declared"


class ControlRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[controls.<id>]`: the severity of a control, and the days of those that count days."""

    severity: Severity
    days: Days | None = None


class OverlayRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[overlay]`: the keys (`table.key`) that an overlay may loosen; every other key it may only tighten."""

    may_loosen: tuple[str, ...] = ()


class Pack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One pack, or a pack with an overlay laid over it (`base` then names the pack)."""

    id: Slug
    version: Annotated[int, Meta(ge=1, le=100_000)]
    title: _Line
    base: Slug | None = None
    source: Source
    effective: Effective
    covers: Covers = Covers()
    restricted: Restricted
    internal: Internal = Internal()
    personal: Personal = Personal()
    exception: ExceptionRule
    freshness: Freshness = Freshness()
    coverage: CoverageRule = CoverageRule()
    controls: dict[str, ControlRule] = field(default_factory=dict)
    overlay: OverlayRule = OverlayRule()


class Identifier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One identifier of an app, its source and the day it was checked; see setapart_evidence.identifiers."""

    kind: str
    value: Annotated[str, Meta(min_length=1, max_length=256)]
    source: _Line
    checked: dt.date
    verified: bool = True


class CatalogApp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An app of the catalog. Restricting an app restricts its variants; `labels` are names it shows."""

    id: Slug
    name: _Line
    category: Slug
    variant_of: Slug | None = None
    labels: tuple[_Line, ...] = ()
    identifier: tuple[Identifier, ...] = ()


class CatalogVendor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of config/catalog/apps: a vendor or family, its owner's country (ISO 3166), and its apps."""

    vendor: Slug
    name: _Line
    country: Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]
    country_source: _Line
    checked: dt.date
    app: tuple[CatalogApp, ...]


class CatalogClient(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail, calendar or contacts client. `store = "own"`: its accounts stand where no collector can read them."""

    id: Slug
    name: _Line
    store: Literal["system", "own"]
    services: tuple[Literal["mail", "calendar", "contacts", "files"], ...]
    identifier: tuple[Identifier, ...]


class CatalogClients(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file config/catalog/clients.toml."""

    client: tuple[CatalogClient, ...]


class AccountType(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account type of one platform: its id there, its client, and what it reaches."""

    id: _Line
    client: _Line
    services: tuple[Literal["mail", "calendar", "contacts", "files", "directory"], ...]
    source: _Line
    checked: dt.date
    verified: bool = True
    note: str = ""


class AccountTypes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of config/catalog/accounts: the account types of a platform."""

    platform: Literal["linux", "macos", "windows", "android", "ios"]
    type: tuple[AccountType, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A pack with its overlay, resolved against the catalog: all that appraisal needs to know of the rule.

    Attributes:
        pack: the merged pack.
        digest: of the pack file, the overlay file and the catalog, in that order.
        pack_digest, overlay_digest, catalog_digest: of each alone.
        restricted: identifier key to app id; strong kinds only. Origins are here only if web access counts.
        web: origin keys of restricted apps where web access does not count by itself.
        suspicious: weak keys (labels, hints) to app id.
        unrestricted: strong keys, publishers left out, of catalog apps that share a publisher with a restricted app:
            an app with one of them is not restricted by its publisher alone.
        catalog_apps: the ids of all apps of the catalog.
        own_store: keys of clients whose accounts can't be read, to client id.
        apps: the ids of all restricted apps, variants included, to the id that the pack named.
        internal: `domain:…`, `host:…`, `tenant:…`, folded; what accounts are compared with.
        severities: control id to severity, for every control.
        days: control id to days, for the controls that count days.
    """

    pack: Pack
    digest: str
    pack_digest: str
    overlay_digest: str | None
    catalog_digest: str
    restricted: Mapping[str, str]
    web: Mapping[str, str]
    suspicious: Mapping[str, str]
    own_store: Mapping[str, str]
    apps: Mapping[str, str]
    internal: frozenset[str]
    severities: Mapping[str, Severity]
    days: Mapping[str, int]
    unrestricted: frozenset[str] = frozenset()
    catalog_apps: frozenset[str] = frozenset()

    @property
    def needed_identifiers(self) -> frozenset[str]:
        """The identifier keys that a bundle must have disclosed for this policy to be judged."""
        return frozenset(self.restricted) | frozenset(self.web) | frozenset(self.suspicious)
