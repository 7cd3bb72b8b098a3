"""Short ways to say what a device looks like, who it belongs to, and what the rule is.

Everything has a default of the same small world: on Monday, 23 November 2026, 12:00 UTC, an Android phone named
`patrol-phone` of holder `h1`, seen completely, under a pack that restricts TikTok (with a lite variant) and Telegram
for the authority `agency.example`. A test names only what it is about.

Reports are signed and opened for real: a `VerifiedReport` comes from `open_report` and from nothing else.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from setapart_auditor.appraisal.model import Context, Exception_, Received, Registration
from setapart_auditor.policy.controls import CONTROLS
from setapart_auditor.policy.model import (
    CoverageRule,
    Covers,
    Effective,
    ExceptionRule,
    Freshness,
    Internal,
    Pack,
    Personal,
    Policy,
    Restricted,
    Severity,
    Source,
)
from setapart_evidence.identity import a_label
from setapart_evidence.keys import Ed25519Signer, Signer
from setapart_evidence.model import (
    Account,
    App,
    Coverage,
    CoverageStatus,
    Device,
    Enforcement,
    FormFactor,
    Inventory,
    Link,
    Platform,
    Profile,
    ProfileKind,
    Section,
    Withheld,
)
from setapart_evidence.open import KeyBinding, VerifiedReport, open_report
from setapart_evidence.report import encode_inventory, make_report
from setapart_evidence.statement import CollectorRef, DeviceRef, Disclosure, Grade, Observation, Origin, Predicate

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")

DEVICE_SIGNER = Ed25519Signer(bytes(range(32)))
STATION_SIGNER = Ed25519Signer(bytes(range(1, 33)))
DEVICE_ID = DEVICE_SIGNER.public.keyid

TIKTOK = "com.zhiliaoapp.musically"
TIKTOK_LITE = "com.zhiliaoapp.musically.go"
TELEGRAM = "org.telegram.messenger"
TIKTOK_CERTIFICATE = "sha256:" + "7a" * 32
K9 = "com.fsck.k9"


def app(identifier: str = "org.example.notes", *, profile: str = "0", **fields: Any) -> App:
    """An installed native app of the phone's package manager, unless the fields say otherwise."""
    return App(**{"identifier": identifier, "profile": profile, "source": "package-manager", **fields})


def account(*, profile: str = "0", **fields: Any) -> Account:
    """A mail account at a foreign provider, unless the fields say otherwise."""
    foreign = {} if {"domain", "host", "tenant", "withheld"} & fields.keys() else {"domain": "provider.example"}
    return Account(**{"profile": profile, "type": "imap", "services": ("mail",), **foreign, **fields})


def link(kind: str = "vpn", target: str | None = "vpn.agency.example", *, profile: str = "0") -> Link:
    """A link; by default the authority's VPN."""
    return Link(kind=kind, target=target, profile=profile)  # type: ignore[arg-type]


def profile(id_: str = "0", kind: ProfileKind = "primary") -> Profile:
    """One profile."""
    return Profile(id=id_, kind=kind)


def rows(
    *sections: Section,
    profiles: Iterable[str] = ("0",),
    status: CoverageStatus = "observed",
    collector: str = "android.test",
    reason: str | None = None,
) -> tuple[Coverage, ...]:
    """One coverage row for each section (all three by default) of each profile."""
    return tuple(
        Coverage(section=section, profile=owner, collector=collector, status=status, reason=reason)
        for owner in profiles
        for section in sections or SECTIONS
    )


def make_inventory(
    *,
    platform: Platform = "android",
    form_factor: FormFactor = "phone",
    profiles: Iterable[Profile | str] = ("0",),
    apps: Iterable[App] = (),
    accounts: Iterable[Account] = (),
    links: Iterable[Link] = (),
    enforcement: Iterable[Enforcement] = (),
    coverage: Iterable[Coverage] | None = None,
    withheld: Withheld | None = None,
) -> Inventory:
    """An inventory; every section of every profile is observed unless `coverage` is given."""
    found = tuple(
        item if isinstance(item, Profile) else profile(item, "primary" if index == 0 else "secondary")
        for index, item in enumerate(profiles)
    )
    return Inventory(
        device=Device(platform=platform, form_factor=form_factor),
        profiles=found,
        apps=tuple(apps),
        accounts=tuple(accounts),
        links=tuple(links),
        enforcement=tuple(enforcement),
        coverage=rows(profiles=[item.id for item in found]) if coverage is None else tuple(coverage),
        withheld=withheld or Withheld(),
    )


def make_predicate(
    *,
    device: str = DEVICE_ID,
    sequence: int = 1,
    previous: str | None = None,
    collected_at: dt.datetime = NOW - MINUTE,
    nonce: str | None = None,
    epoch: str | None = None,
    disclosure: Disclosure | None = None,
    grade: Grade = "agent-key",
    station: str | None = None,
    source: str = "local",
    collectors: Iterable[CollectorRef] = (),
) -> Predicate:
    """What a statement says beside the inventory; full disclosure by default."""
    return Predicate(
        device=DeviceRef(id=device),
        observation=Observation(
            collected_at=collected_at, sequence=sequence, previous=previous, nonce=nonce, epoch=epoch
        ),
        disclosure=disclosure or Disclosure(level="full"),
        origin=Origin(agent="0.1.0", grade=grade, station=station, source=source, collectors=tuple(collectors)),
    )


class Keys:
    """A key lookup in which one signer may speak for every device."""

    def __init__(self, signer: Signer, role: Literal["device", "station"] = "device") -> None:
        self._binding = KeyBinding(
            key=signer.public, role=role, grade="hardware-key" if role == "device" else "station"
        )

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        return (self._binding,)


def make_evidence(inventory: Inventory | None = None, *, signer: Signer = DEVICE_SIGNER, **predicate: Any) -> bytes:
    """An evidence file's bytes; `predicate` are `make_predicate`'s arguments."""
    return make_report(make_predicate(**predicate), encode_inventory(inventory or make_inventory()), signer)[0]


def make_verified(
    inventory: Inventory | None = None, *, signer: Signer = DEVICE_SIGNER, **predicate: Any
) -> VerifiedReport:
    """A report that was signed and opened; a `station` in the predicate makes the signer that station."""
    role: Literal["device", "station"] = "device" if predicate.get("station") is None else "station"
    return open_report(make_evidence(inventory, signer=signer, **predicate), Keys(signer, role))


def make_received(
    inventory: Inventory | None = None,
    *,
    received_at: dt.datetime = NOW - MINUTE,
    signer: Signer = DEVICE_SIGNER,
    **predicate: Any,
) -> Received:
    """A verified report and its arrival, by default a minute ago and collected on the spot."""
    predicate.setdefault("collected_at", received_at)
    return Received(report=make_verified(inventory, signer=signer, **predicate), received_at=received_at)


def make_station_report(inventory: Inventory | None = None, *, source: str = "adb", **fields: Any) -> Received:
    """The same device as a registered station reads it."""
    return make_received(
        inventory,
        signer=STATION_SIGNER,
        **{"grade": "station", "station": STATION_SIGNER.public.keyid, "source": source, **fields},
    )


def make_chain(*inventories: Inventory, step: dt.timedelta = DAY, **predicate: Any) -> tuple[Received, ...]:
    """Reports of one device in one chain, `step` apart; the last one arrived a minute ago."""
    chain: list[Received] = []
    for index, found in enumerate(inventories):
        chain.append(
            make_received(
                found,
                received_at=NOW - MINUTE - (len(inventories) - 1 - index) * step,
                sequence=index + 1,
                previous=chain[-1].report.statement_digest if chain else None,
                **predicate,
            )
        )
    return tuple(chain)


def make_registration(device_class: str = "ordinary", **fields: Any) -> Registration:
    """`patrol-phone` of holder `h1`, a member of staff."""
    return Registration(
        **{
            "name": "patrol-phone",
            "id": DEVICE_ID,
            "device_class": device_class,
            "holder": "h1",
            "role": "staff",
            "since": dt.date(2026, 1, 1),
            **fields,
        }
    )


def make_exception(**fields: Any) -> Exception_:
    """A valid exception for TikTok on `patrol-phone`, from 1 November 2026 until 30 April 2027."""
    return Exception_(
        **{
            "id": "E-7",
            "device": "patrol-phone",
            "app": "tiktok",
            "holder": "h1",
            "need": "prevention outreach to young people",
            "ground": "communication",
            "requested_by": "o1",
            "approved_by": "o2",
            "valid_from": dt.date(2026, 11, 1),
            "until": dt.date(2027, 4, 30),
            **fields,
        }
    )


RESTRICTED = {
    f"android:{TIKTOK}": "tiktok",
    f"android:{TIKTOK_LITE}": "tiktok-lite",
    f"android:{TELEGRAM}": "telegram",
    "ios:com.zhiliaoapp.musically": "tiktok",
    "linux:telegram-desktop": "telegram",
    "flatpak:org.telegram.desktop": "telegram",
    f"signer:{'7a' * 32}": "tiktok",
}
WEB = {"origin:tiktok.com": "tiktok"}
SUSPICIOUS = {"label:tiktok": "tiktok", "hint:194326e8": "tiktok"}
OWN_STORE = {f"android:{K9}": "k-9"}
APPS = {"tiktok": "tiktok", "tiktok-lite": "tiktok", "telegram": "telegram"}
INTERNAL = ("domain:agency.example", "host:mail.hosting.example", "tenant:agency-tenant")


def make_policy(
    *,
    restricted: Mapping[str, str] = RESTRICTED,
    web: Mapping[str, str] = WEB,
    suspicious: Mapping[str, str] = SUSPICIOUS,
    own_store: Mapping[str, str] = OWN_STORE,
    apps: Mapping[str, str] = APPS,
    internal: Iterable[str] = INTERNAL,
    severities: Mapping[str, Severity] | None = None,
    days: Mapping[str, int] | None = None,
    personal: Literal["as-ordinary", "app-or-link"] = "as-ordinary",
    exception: ExceptionRule | None = None,
    freshness: Freshness | None = None,
    coverage: CoverageRule | None = None,
    covers: Covers | None = None,
    effective: Effective | None = None,
    pack_internal: Internal | None = None,
) -> Policy:
    """A policy without catalog, pack file or loader; `internal` are prefixed values as in `Policy.internal`."""
    values = tuple(internal)
    by_kind = {
        kind: tuple(item.partition(":")[2] for item in values if item.startswith(f"{kind}:"))
        for kind in ("domain", "host", "tenant")
    }
    pack = Pack(
        id="test-pack",
        version=1,
        title="A pack made by the tests",
        source=Source(
            instrument="Circular 1", issuer="Agency", date=dt.date(2023, 3, 21), binding="executive-ban",
            verified=True, checked=dt.date(2026, 1, 1),
        ),
        effective=effective or Effective(from_=dt.date(2023, 3, 21)),
        covers=covers or Covers(),
        restricted=Restricted(apps=tuple(dict.fromkeys(apps.values()))),
        internal=pack_internal
        or Internal(domains=by_kind["domain"], hosts=by_kind["host"], tenants=by_kind["tenant"]),
        personal=Personal(rule=personal),
        exception=exception or ExceptionRule(allowed=True),
        freshness=freshness or Freshness(),
        coverage=coverage or CoverageRule(),
    )  # fmt: skip
    folded = frozenset(f"{kind}:{a_label(value)}" for kind, _, value in (item.partition(":") for item in values))
    digest = "sha256:" + "d0" * 32
    return Policy(
        pack=pack,
        digest=digest,
        pack_digest=digest,
        overlay_digest=None,
        catalog_digest=digest,
        restricted=dict(restricted),
        web=dict(web),
        suspicious=dict(suspicious),
        own_store=dict(own_store),
        apps=dict(apps),
        internal=folded,
        severities={spec.id: spec.severity for spec in CONTROLS} | dict(severities or {}),
        days={spec.id: spec.days for spec in CONTROLS if spec.days is not None} | dict(days or {}),
    )


def make_context(**fields: Any) -> Context:
    """What the auditor knows beyond the device; empty by default."""
    return Context(**fields)
