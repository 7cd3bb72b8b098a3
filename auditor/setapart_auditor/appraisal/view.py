"""One current report as the rule sees it: how fresh, how trusted, which sections it saw, which apps matter in it."""

import datetime as dt
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from setapart_auditor.policy.model import CoverageRule
from setapart_evidence.model import SYSTEM_PROFILE, Coverage, Inventory, Section
from setapart_evidence.open import GRADES
from setapart_evidence.statement import Maturity, Origin
from setapart_evidence.text import printable

from .disclosure import Sufficiency, sufficiency_of
from .freshness import Freshness, freshness_of
from .matcher import Scan
from .model import Context, Received
from .rulebook import Rulebook

Cause = Literal["unseen", "grade", "maturity", "disclosure"]
Place = tuple[Section, str]
"""A section of the profile that owns it."""

MATURITIES: tuple[Maturity, ...] = ("real-hardware", "captures", "untested")
"""From the most tried to the least."""
OWN_STORE = "own-store:"
"""How the reason of a coverage row begins that names a client with an account store of its own."""
_OWN_STORE_COLLECTOR = "agent.own-store"
"""The agent's own note that such a client is there; nobody looked for accounts to write it."""


class Lack(Struct, frozen=True, kw_only=True):
    """Why a section of a profile was not seen; `evidence` is the pointer to what says so, `detail` is in words."""

    section: Section
    profile: str
    cause: Cause
    evidence: str
    detail: str = ""


class OwnStore(Struct, frozen=True, kw_only=True):
    """A client in a profile whose accounts nobody can read; `evidence` points to its row or to the app."""

    client: str
    profile: str
    evidence: str


class View(Struct, frozen=True, kw_only=True):
    """One current report.

    Attributes:
        mark: what stands before every pointer into it: nothing, or `#` and its index where several are current.
        fresh: within the pack's window.
        trusted: of the grade that the pack asks for; what is not saw nothing, and what it found counts all the same.
        owners: profiles that the report lists, or names in a fact or in a coverage row that is not `observed`.
        seen: the sections that it saw and that are believed; own-store clients are left to `own_stores`.
        lacks: for each section of which it says something without having seen it, why.
        own_stores: each client and profile once.
    """

    mark: str
    received: Received
    inventory: Inventory
    freshness: Freshness
    fresh: bool
    trusted: bool
    sufficiency: Sufficiency
    scan: Scan
    owners: frozenset[str]
    seen: frozenset[Place]
    lacks: Mapping[Place, Lack]
    own_stores: tuple[OwnStore, ...]


def owner_of(profile: str) -> str:
    """The profile that a browser's profile belongs to: `1000` of `1000/chromium/Default`."""
    return profile.partition("/")[0]


def profile_words(profile: str) -> str:
    """Where something is, for a sentence."""
    return "for all users" if profile == SYSTEM_PROFILE else f"in profile {printable(profile, 80)}"


def view_of(received: Received, mark: str, rulebook: Rulebook, context: Context, now: dt.datetime) -> View:
    """Looks at one report.

    Args:
        received: the report.
        mark: see View.
        rulebook: of the policy.
        context: bundles, epochs and nonces that the auditor knows.
        now: the moment of judging.
    """
    report = received.report
    inventory, rule = report.inventory, rulebook.policy.pack.coverage
    freshness = freshness_of(received, context)
    sufficiency = sufficiency_of(report, received.received_at, rulebook, context)
    trusted = GRADES.index(report.grade) <= GRADES.index(rule.min_grade)
    listed = {owner_of(profile.id) for profile in inventory.profiles}
    names = listed.union(row.profile for row in inventory.coverage if owner_of(row.profile) in listed)
    scan = rulebook.matcher.scan(inventory, names)
    owners = listed.union(scan.owners)
    owners.update(owner_of(account.profile) for account in inventory.accounts)
    owners.update(owner_of(link.profile) for link in inventory.links)
    owners.update(owner_of(row.profile) for row in inventory.coverage if row.status != "observed")
    seen, lacks = _sections(inventory, mark, _tried(report.predicate.origin, rule))
    if not (trusted and sufficiency.apps and sufficiency.accounts):
        seen = _believed(seen, lacks, mark, sufficiency, None if trusted else report.grade)
    return View(
        mark=mark,
        received=received,
        inventory=inventory,
        freshness=freshness,
        fresh=now - freshness.moment <= dt.timedelta(days=rulebook.policy.pack.freshness.max_age),
        trusted=trusted,
        sufficiency=sufficiency,
        scan=scan,
        owners=frozenset(owners),
        seen=frozenset(seen),
        lacks=lacks,
        own_stores=_own_stores(inventory, mark, scan, rulebook),
    )


def _sections(inventory: Inventory, mark: str, tried: frozenset[str] | None) -> tuple[set[Place], dict[Place, Lack]]:
    """The places that every row says were observed, and the first thing that speaks against each other place.

    A row of a browser's profile speaks against its owner's section, never for the whole of it.
    """
    seen: set[Place] = set()
    partly: dict[Place, int] = {}
    lacks: dict[Place, Lack] = {}
    for index, row in enumerate(inventory.coverage):
        owner = owner_of(row.profile)
        place = (row.section, owner)
        client = _names_client(row)
        if client and row.collector == _OWN_STORE_COLLECTOR:
            continue
        if row.status != "observed" and not client:
            cause: Cause = "unseen"
            detail = f"{row.status} by {printable(row.collector, 80)}"
            if row.reason:
                detail += f", {printable(row.reason, 120)}"
        elif tried is not None and row.collector not in tried:
            cause, detail = "maturity", f"collector {printable(row.collector, 80)}"
        else:
            (seen.add(place) if owner == row.profile else partly.setdefault(place, index))
            continue
        if place not in lacks or (cause == "unseen" and lacks[place].cause != "unseen"):
            lacks[place] = Lack(
                section=row.section, profile=owner, cause=cause, evidence=f"{mark}/coverage/{index}", detail=detail
            )
    for place, index in partly.items():
        if place not in seen and place not in lacks:
            lacks[place] = Lack(
                section=place[0], profile=place[1], cause="unseen", evidence=f"{mark}/coverage/{index}",
                detail="only a browser was looked into",
            )  # fmt: skip
    return seen - lacks.keys(), lacks


def _believed(
    seen: set[Place], lacks: dict[Place, Lack], mark: str, sufficiency: Sufficiency, low_grade: str | None
) -> set[Place]:
    """What remains of the observed places; every other one gets a lack."""
    believed: set[Place] = set()
    for section, profile in seen:
        if low_grade is not None:
            lack = Lack(section=section, profile=profile, cause="grade", evidence=f"{mark}/predicate/origin/grade",
                        detail=low_grade)  # fmt: skip
        elif (section == "apps" and not sufficiency.apps) or (section == "accounts" and not sufficiency.accounts):
            lack = Lack(section=section, profile=profile, cause="disclosure", evidence=f"{mark}/predicate/disclosure")
        else:
            believed.add((section, profile))
            continue
        lacks[section, profile] = lack
    return believed


def _own_stores(inventory: Inventory, mark: str, scan: Scan, rulebook: Rulebook) -> tuple[OwnStore, ...]:
    """Clients that the agent noted, and those that only this policy's catalog knows."""
    found: dict[tuple[str, str], OwnStore] = {}
    for index, row in enumerate(inventory.coverage):
        if _names_client(row):
            stated = (row.reason or "").removeprefix(OWN_STORE).strip()
            client, profile = rulebook.own_store.get(stated, stated), owner_of(row.profile)
            store = OwnStore(client=client, profile=profile, evidence=f"{mark}/coverage/{index}")
            found.setdefault((client, profile), store)
    for sighting in scan.sightings:
        client_id = sighting.match.client
        if client_id is not None and sighting.item.state != "removed-trace":
            profile = owner_of(sighting.item.profile)
            store = OwnStore(client=client_id, profile=profile, evidence=f"{mark}/apps/{sighting.index}")
            found.setdefault((client_id, profile), store)
    return tuple(found.values())


def _names_client(row: Coverage) -> bool:
    return (
        row.section == "accounts"
        and row.status == "partial"
        and row.reason is not None
        and row.reason.startswith(OWN_STORE)
    )


def _tried(origin: Origin, rule: CoverageRule) -> frozenset[str] | None:
    """The collectors that were tried enough to be believed; None where the pack believes all."""
    if rule.min_maturity == MATURITIES[-1]:
        return None
    enough = MATURITIES.index(rule.min_maturity)
    too_little = {item.name for item in origin.collectors if MATURITIES.index(item.maturity) > enough}
    return frozenset(item.name for item in origin.collectors).difference(too_little)
