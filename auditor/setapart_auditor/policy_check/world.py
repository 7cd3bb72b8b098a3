"""A small world to try a policy in: one device, one holder, one moment, and evidence that is signed for real."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from msgspec import structs

from setapart_auditor.appraisal.model import Context, Disclosed, Exception_, Received, Registration
from setapart_auditor.policy.model import ROLES, Internal, Policy
from setapart_evidence.bundle import list_digest
from setapart_evidence.identity import internal_values, is_internal
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.model import Account, App, Coverage, Device, Inventory, Link, Profile, Section, Service
from setapart_evidence.open import KeyBinding, open_report
from setapart_evidence.report import encode_inventory, make_report
from setapart_evidence.statement import CollectorRef, DeviceRef, Disclosure, Observation, Origin, Predicate

from .decision import Age, Facts, Kind
from .specimen import Specimen, specimen_of
from .state import State

_SIGNER = Ed25519Signer(bytes(range(32)))
_DEVICE = _SIGNER.public.keyid
_COLLECTOR = "check.world"
_SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")
_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
_NONCE, _EPOCH, _OLD_EPOCH = "nonce", "e" * 64, "0" * 64
_BUNDLE, _NARROW, _NARROW_INTERNAL, _EXPIRED, _UNKNOWN = (f"sha256:{digit * 64}" for digit in "12345")
_KIND_ORDER = ("android", "ios", "flatpak", "linux", "snap", "macos", "appx", "uninstall", "process", "extension")
_SERVICES: dict[str, Service] = {"mail": "mail", "calendar": "calendar", "contacts": "contacts"}


class _Keys:
    """Only this world's device may speak in it."""

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """The one key."""
        del device, station
        return (KeyBinding(key=_SIGNER.public, role="device", grade="hardware-key"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A state made real: what an engine is given, and what the table says of it."""

    reports: tuple[Received, ...]
    registration: Registration
    exceptions: tuple[Exception_, ...]
    facts: Facts


def configured(policy: Policy) -> Policy:
    """The policy with something internal: a pack leaves that to the authority's overlay."""
    if policy.internal:
        return policy
    pack = structs.replace(policy.pack, internal=Internal(domains=("agency.example",)))
    return replace(policy, pack=pack, internal=frozenset({"domain:agency.example"}))


@dataclass(frozen=True, slots=False, kw_only=True)
class World:
    """Makes trials of one policy."""

    policy: Policy
    now: dt.datetime
    role: str
    native: Specimen | None
    variant: Specimen | None
    web: Specimen | None
    suspect: Specimen | None
    context: Context
    _reports: dict[tuple[object, ...], tuple[Received, ...]] = field(default_factory=dict, repr=False)

    def can(self, state: State) -> bool:
        """Whether the policy has such a state: not every pack has variants, and not every pack sets a bar."""
        rule = self.policy.pack.coverage
        return (
            (state.app == "none" or self._specimen(state) is not None)
            and (state.quality != "low-grade" or rule.min_grade != "self-declared")
            and (state.quality != "low-maturity" or rule.min_maturity != "untested")
        )

    def trial(self, state: State) -> Trial:
        """The state, made real."""
        return Trial(
            reports=self._received(state),
            registration=self.registration(state),
            exceptions=self._exceptions(state),
            facts=self.facts(state),
        )

    def registration(self, state: State) -> Registration:
        """The device as the register has it."""
        registered = state.class_ != "unregistered"
        return Registration(
            name="device",
            id=_DEVICE,
            device_class="ordinary" if state.class_ == "unregistered" else state.class_,
            holder="holder",
            role=self.role,
            since=self.now.date(),
            registered=registered,
        )

    def facts(self, state: State) -> Facts:
        """What the decision table has to know of the state."""
        quality = state.quality
        counts = state.app in ("native", "variant") or (state.app == "web" and self.policy.pack.covers.web_access)
        kind = self._kind(state)
        return Facts(
            kind=kind,
            app=counts and quality != "narrow-hiding",
            excepted=state.need == "valid" and self._can_except(state),
            tie="unknown"
            if state.tie.startswith("unknown")
            else "none"
            if state.tie in ("none", "foreign", "managed")
            else "internal",
            complete=self._required(kind) <= self._seen(state),
            age=self._age(state),
        )

    def received(self, inventory: Inventory, quality: str = "good") -> tuple[Received, ...]:
        """Signs an inventory and opens it again."""
        moment = self.now - _HOUR
        if quality == "stale":
            moment -= dt.timedelta(days=self.policy.pack.freshness.max_age + 1)
        predicate = Predicate(
            device=DeviceRef(id=_DEVICE),
            observation=Observation(
                collected_at=moment,
                sequence=1,
                nonce=None if quality in ("unproven", "stale") else _NONCE,
                epoch=None if quality == "unproven" else _OLD_EPOCH if quality == "stale" else _EPOCH,
            ),
            disclosure=self._disclosure(quality),
            origin=Origin(
                agent="check",
                grade="self-declared" if quality == "low-grade" else "hardware-key",
                source="check",
                collectors=(
                    CollectorRef(
                        name=_COLLECTOR,
                        version=1,
                        maturity="untested" if quality == "low-maturity" else "real-hardware",
                    ),
                ),
            ),
        )
        raw, _ = make_report(predicate, encode_inventory(inventory), _SIGNER)
        return (Received(report=open_report(raw, _Keys()), received_at=moment),)

    def inventory(self, state: State) -> Inventory:
        """What the device's agent saw in this state."""
        specimen = self._specimen(state)
        apps: tuple[App, ...] = (App(identifier="org.example.notes", profile="0", source="package-manager"),)
        if specimen is not None and state.quality != "narrow-hiding":
            item = specimen.item
            apps += (structs.replace(item, state="removed-trace") if state.app == "removed" else item,)
        profiles: tuple[Profile, ...] = (Profile(id="0", kind="primary"),)
        if state.seen == "profile-uncovered":
            profiles += (Profile(id="10", kind="secondary"),)
        accounts, links = self._ties(state)
        return Inventory(
            device=Device(platform=specimen.platform if specimen is not None else "android"),
            profiles=() if state.seen == "nothing" else profiles,
            apps=apps if state.seen != "nothing" else apps[1:],
            accounts=accounts,
            links=links,
            coverage=tuple(_coverage(state)),
        )

    def _received(self, state: State) -> tuple[Received, ...]:
        if state.quality == "never":
            return ()
        key = (state.app, state.tie, state.seen, state.quality)
        if key not in self._reports:
            self._reports[key] = self.received(self.inventory(state), state.quality)
        return self._reports[key]

    def _specimen(self, state: State) -> Specimen | None:
        if state.app == "none":
            return None
        return self.native if state.app == "removed" else getattr(self, state.app)

    def _ties(self, state: State) -> tuple[tuple[Account, ...], tuple[Link, ...]]:
        kind, _, value = min(self.policy.internal, default="domain:agency.example").partition(":")
        if state.tie in _SERVICES:
            named = Account(profile="0", type="check", services=(_SERVICES[state.tie],))
            return (structs.replace(named, **{kind: value}),), ()
        if state.tie == "foreign":
            return (Account(profile="0", type="check", services=("mail",), domain=foreign_domain(self.policy)),), ()
        if state.tie == "unknown-account":
            return (Account(profile="0", type="check", services=("mail",)),), ()
        links = {
            "managed": Link(kind="mdm", target=value, profile="0"),
            "files": Link(kind="file-share", target=value, profile="0"),
            "vpn": Link(kind="vpn", target=value, profile="0"),
            "unknown-link": Link(kind="vpn", profile="0"),
        }
        return (), (links[state.tie],) if state.tie in links else ()

    def _exceptions(self, state: State) -> tuple[Exception_, ...]:
        specimen = self._specimen(state) or self.native
        if state.need == "none" or specimen is None:
            return ()
        rule, today = self.policy.pack.exception, self.now.date()
        valid = Exception_(
            id="E-1",
            device="device",
            app=self.policy.apps.get(specimen.app, specimen.app),
            holder="holder",
            need="the check's",
            ground=rule.grounds[0] if rule.grounds else "",
            requested_by="requester",
            approved_by="approver",
            valid_from=today,
            until=today + dt.timedelta(days=rule.max_days),
            signed=True,
        )
        changes: dict[str, dict[str, object]] = {
            "expired": {"valid_from": today - 2 * _DAY, "until": today - _DAY},
            "revoked": {"revoked": today},
            "not-yet": {"valid_from": today + _DAY},
            "too-long": {"until": valid.until + _DAY},
            "other-device": {"device": "another"},
            "other-app": {"app": "another"},
            "other-holder": {"holder": "another"},
            "self-approved": {"approved_by": "requester"},
        }
        return (replace(valid, **changes.get(state.need, {})),)  # type: ignore[arg-type]

    def _can_except(self, state: State) -> bool:
        rule, specimen = self.policy.pack.exception, self._specimen(state)
        if specimen is None or not rule.allowed or self.role in rule.not_for_roles:
            return False
        return not {specimen.app, self.policy.apps.get(specimen.app)}.intersection(rule.not_for_apps)

    def _kind(self, state: State) -> Kind:
        if state.class_ == "social-dedicated":
            return "social-dedicated"
        chooses = state.class_ == "personal" and self.policy.pack.personal.rule == "app-or-link"
        return "app-or-link" if chooses else "ordinary"

    def _age(self, state: State) -> Age:
        match state.quality:
            case "stale" | "never" as age:
                return age
        unproven = state.quality == "unproven" and self.policy.pack.freshness.require != "none"
        return "doubtful" if unproven or state.quality == "expired-bundle" else "fresh"

    def _required(self, kind: Kind) -> set[str]:
        return {"apps", *self.policy.pack.coverage.ordinary} if kind == "ordinary" else set(_SECTIONS)

    def _seen(self, state: State) -> set[str]:
        """The sections that were seen of every profile, and by a filter that let enough of them through."""
        quality: dict[str, set[str]] = {
            "narrow": {"apps"},
            "narrow-hiding": {"apps"},
            "narrow-internal": {"accounts"},
            "unknown-bundle": {"apps", "accounts"},
            "low-grade": set(_SECTIONS),
            "low-maturity": set(_SECTIONS),
        }
        missing = quality.get(state.quality, set())
        if state.seen in ("profile-uncovered", "nothing"):
            return set()
        if state.seen == "own-store":
            missing = missing | {"accounts"}
        elif state.seen != "complete":
            missing = missing | {state.seen.partition("-")[0]}
        return {section for section in _SECTIONS if section not in missing}

    def _disclosure(self, quality: str) -> Disclosure:
        name = {
            "narrow": _NARROW,
            "narrow-hiding": _NARROW,
            "narrow-internal": _NARROW_INTERNAL,
            "unknown-bundle": _UNKNOWN,
            "expired-bundle": _EXPIRED,
        }.get(quality, _BUNDLE)
        stated = self.context.bundles.get(name, Disclosed(identifiers=frozenset(), internal=frozenset()))
        return Disclosure(
            level="scoped",
            bundle=name,
            identifiers=list_digest(stated.identifiers),
            domains=list_digest(stated.internal or ()),
        )


def make_world(policy: Policy) -> World:
    """The world of a policy, on the first day that it is in force."""
    pack = policy.pack
    now = dt.datetime.combine(pack.effective.from_, dt.time(12), dt.UTC)
    origins = {key: app for key, app in {**policy.restricted, **policy.web}.items() if key.startswith("origin:")}
    strong = {key: app for key, app in policy.restricted.items() if key not in origins}
    native = _first(policy, strong, head=True) or _first(policy, strong)
    return World(
        policy=policy,
        now=now,
        role=_role(policy),
        native=native,
        variant=_first(policy, strong, head=False),
        web=_first(policy, origins),
        suspect=_first(policy, policy.suspicious),
        context=_context(policy, native, now),
    )


def foreign_domain(policy: Policy) -> str:
    """A domain that is not the authority's, whatever the authority's are."""
    internal = internal_values(policy.internal)
    names = ("provider.example", "provider.test", "provider.invalid")
    return next((name for name in names if not is_internal((name,), internal)), "elsewhere.provider")


def specimens(table: Mapping[str, str]) -> Iterator[tuple[str, Specimen | None]]:
    """Every key of a table of the policy, with an app that answers to it if any app can."""
    for key, app in sorted(table.items()):
        yield key, specimen_of(key, app)


def _first(policy: Policy, table: Mapping[str, str], *, head: bool | None = None) -> Specimen | None:
    """The specimen of the best known kind; `head`: of an app that was named, or of a variant of one."""
    excluded = set(policy.pack.exception.not_for_apps)
    found = [
        (specimen.app in excluded, _rank(key), key, specimen)
        for key, specimen in specimens(table)
        if specimen is not None and (head is None or (policy.apps.get(specimen.app) == specimen.app) == head)
    ]
    return min(found, key=lambda item: item[:3])[3] if found else None


def _rank(key: str) -> int:
    kind = key.partition(":")[0]
    return _KIND_ORDER.index(kind) if kind in _KIND_ORDER else len(_KIND_ORDER)


def _role(policy: Policy) -> str:
    """A role that the pack covers, and that may be granted an exception if any may."""
    covered = [role for role in ("staff", *ROLES) if {role, "all"}.intersection(policy.pack.covers.persons)]
    free = [role for role in covered if role not in policy.pack.exception.not_for_roles]
    return (free or covered or ["staff"])[0]


def _context(policy: Policy, native: Specimen | None, now: dt.datetime) -> Context:
    needed = policy.needed_identifiers | policy.own_store.keys()
    lacking = needed - {key for key in policy.restricted if native is not None and policy.restricted[key] == native.app}
    current = now + _DAY
    return Context(
        bundles={
            _BUNDLE: Disclosed(identifiers=needed, internal=policy.internal, expires_at=current),
            _NARROW: Disclosed(identifiers=lacking, internal=policy.internal, expires_at=current),
            _NARROW_INTERNAL: Disclosed(identifiers=needed, internal=frozenset(), expires_at=current),
            _EXPIRED: Disclosed(identifiers=needed, internal=policy.internal, expires_at=now - _DAY),
        },
        epochs={_EPOCH: now - _HOUR, _OLD_EPOCH: now - _HOUR - dt.timedelta(days=policy.pack.freshness.max_age + 1)},
        nonces={_NONCE: now - _HOUR},
    )


def _coverage(state: State) -> Iterator[Coverage]:
    """The rows that the state's agent writes for the profile that it looked into."""
    if state.seen == "nothing":
        return
    section, _, how = state.seen.partition("-")
    for one in _SECTIONS:
        if one == section and how == "missing":
            continue
        denied = one == section and how == "denied"
        yield Coverage(
            section=one,
            profile="0",
            collector=_COLLECTOR,
            status="denied" if denied else "observed",
            reason="the check's" if denied else None,
        )
    if state.seen == "own-store":
        yield Coverage(
            section="accounts", profile="0", collector=_COLLECTOR, status="partial", reason="own-store:check"
        )
