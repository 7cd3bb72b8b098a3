"""Building a device's case from its history: uniting views, weighing what is required against what was seen."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from setapart_auditor.policy.model import ROLES, DeviceClass, Pack, Policy
from setapart_evidence.model import Account, Link, Section

from .attribution import LINK_REACH, Attribution, account_reach, attribute_account, attribute_link
from .case import Case, Seen, Tie
from .history import History
from .model import Context, Exception_, Registration
from .need import Need, need_of
from .rulebook import Rulebook, rulebook_of
from .view import Lack, OwnStore, Place, View, owner_of, view_of

SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")
_NO_NEEDS: Mapping[str, Need] = {}
_ROLES = {"web": "web", "suspicion": "suspects"}
_IDENTIFIER_KINDS = {
    "android": ("android",),
    "ios": ("ios",),
    "macos": ("macos",),
    "windows": ("appx", "uninstall", "uninstall-prefix", "process"),
    "linux": ("linux", "flatpak", "snap", "desktop", "process"),
}
"""What a manager's block on a platform must name for every restricted app, by kind of identifier."""


def open_case(
    history: History,
    *,
    registration: Registration,
    exceptions: tuple[Exception_, ...],
    policy: Policy,
    context: Context,
    now: dt.datetime,
) -> Case:
    """Works out everything that the controls ask for."""
    rulebook = rulebook_of(policy)
    pack = policy.pack
    many = len(history.current) > 1
    views = tuple(
        [
            view_of(received, f"#{index}" if many else "", rulebook, context, now)
            for index, received in enumerate(history.current)
        ]
    )
    fresh = tuple([view for view in views if view.fresh])
    seen = fresh[0].seen if len(fresh) == 1 else _seen(fresh)
    device_class: DeviceClass = registration.device_class if registration.registered else "ordinary"
    today = now.date()
    in_reach = in_force(pack, today) and covers_holder(pack, registration)
    apps = _apps(views, seen)
    restricted = apps.get("restricted", ())
    offending = tuple({(item.app, item.profile): item for item in reversed(restricted)}.values()) if in_reach else ()
    required = required_sections(device_class, pack)
    enforced = _enforcement(fresh, policy) if pack.coverage.enforcement_counts else None
    ties = () if device_class == "ordinary" else tuple(_ties(views, seen, rulebook))
    needs = _NO_NEEDS
    if device_class == "social-dedicated" and apps:
        needs = {
            item.app: _need(item.app, policy, registration, exceptions, today)
            for item in (*restricted, *apps.get("web", ()))
        }
    return Case(
        registration=registration,
        policy=policy,
        rulebook=rulebook,
        context=context,
        today=today,
        device_class=device_class,
        in_reach=in_reach,
        history=history,
        views=views,
        fresh=fresh,
        restricted=restricted,
        removed=apps.get("removed", ()),
        web=apps.get("web", ()),
        suspects=apps.get("suspects", ()),
        offending=offending,
        ties=ties,
        internal=tuple([tie for tie in ties if tie.attribution is Attribution.INTERNAL]),
        lacks=_lacks(fresh, seen, required if enforced is None else required[1:]),
        own_stores=_own_stores(views, seen, registration, today) if "accounts" in required else (),
        enforced=enforced,
        needs=needs,
        exceptions=_carrying(offending, needs),
    )


def disputed(fresh: Iterable[View]) -> frozenset[str]:
    """The profiles that one view lists as a work profile and another as something else.

    The number of a work profile that its manager reports is a guess (docs/adr/0018-the-number-of-a-work-profile.md).
    """
    kinds = {(profile.id, profile.kind == "work") for view in fresh for profile in view.inventory.profiles}
    return frozenset(name for name, work in kinds if work and (name, False) in kinds)


def _seen(fresh: tuple[View, ...]) -> frozenset[Place]:
    """What at least one view saw; of a disputed profile, what every view saw that lists it."""
    united: frozenset[Place] = frozenset().union(*[view.seen for view in fresh])
    doubtful = disputed(fresh)
    listed = [(view.seen, {profile.id for profile in view.inventory.profiles}) for view in fresh] if doubtful else []
    return frozenset(
        place
        for place in united
        if place[1] not in doubtful or all(place in saw for saw, names in listed if place[1] in names)
    )


def _need(
    app: str, policy: Policy, registration: Registration, exceptions: tuple[Exception_, ...], today: dt.date
) -> Need:
    named = policy.apps.get(app, app)
    return need_of(app, named, registration=registration, exceptions=exceptions, pack=policy.pack, today=today)


def _carrying(offending: Iterable[Seen], needs: Mapping[str, Need]) -> tuple[Exception_, ...]:
    if not needs:
        return ()
    carrying = (needs[item.app].exception for item in offending)
    by_id = {exception.id: exception for exception in carrying if exception is not None}
    return tuple(by_id[key] for key in sorted(by_id))


def required_sections(device_class: DeviceClass, pack: Pack) -> tuple[Section, ...]:
    """What must have been seen of every profile; apps always."""
    if device_class == "social-dedicated" or (device_class == "personal" and pack.personal.rule == "app-or-link"):
        return SECTIONS
    return tuple(section for section in SECTIONS if section == "apps" or section in pack.coverage.ordinary)


def in_force(pack: Pack, today: dt.date) -> bool:
    """Whether the pack has begun and has not lapsed."""
    sunset = pack.effective.sunset
    return pack.effective.from_ <= today and (sunset is None or today < sunset)


def covers_holder(pack: Pack, registration: Registration) -> bool:
    """Whether the pack covers the device's holder; a role that is not on the closed list always counts as covered."""
    persons = pack.covers.persons
    return "all" in persons or registration.role in persons or registration.role not in ROLES


def _stands(view: View, section: Section, profile: str, seen: frozenset[Place]) -> bool:
    """Whether a fact of a view counts: it is fresh, or nothing fresh has seen its place."""
    return view.fresh or (section, profile) not in seen


def _apps(views: Iterable[View], seen: frozenset[Place]) -> dict[str, tuple[Seen, ...]]:
    """The apps that matter, by what they are: restricted, removed, web or suspects."""
    found: dict[str, list[Seen]] = {}
    for view in views:
        for sighting in view.scan.sightings:
            match, item = sighting.match, sighting.item
            profile = owner_of(item.profile)
            if match.app is None or not _stands(view, "apps", profile, seen):
                continue
            role = _ROLES.get(match.how, "restricted")
            if item.state == "removed-trace":
                if role != "restricted":
                    continue
                role = "removed"
            app = Seen(
                app=match.app,
                item=item,
                profile=profile,
                evidence=f"{view.mark}/apps/{sighting.index}",
                how=match.how,
            )
            found.setdefault(role, []).append(app)
    return {role: tuple(items) for role, items in found.items()}


def _ties(views: Iterable[View], seen: frozenset[Place], rulebook: Rulebook) -> Iterator[Tie]:
    """Accounts and links; the restricted app's own sign-in is no tie, it is the app that the device is for."""
    restricted, internal = rulebook.policy.restricted, rulebook.internal
    known: set[Account | Link] = set()
    for view in views:
        platform = view.inventory.device.platform
        for index, account in enumerate(view.inventory.accounts):
            if account in known or not _stands(view, "accounts", owner_of(account.profile), seen):
                continue
            known.add(account)
            attribution = attribute_account(account, internal)
            own = attribution is Attribution.UNKNOWN and not account.services
            if not (own and f"{platform}:{account.type}" in restricted):
                yield Tie(
                    item=account,
                    evidence=f"{view.mark}/accounts/{index}",
                    attribution=attribution,
                    reach=account_reach(account),
                )
        for index, link in enumerate(view.inventory.links):
            if link.kind == "mdm" or link in known or not _stands(view, "links", owner_of(link.profile), seen):
                continue
            known.add(link)
            yield Tie(
                item=link,
                evidence=f"{view.mark}/links/{index}",
                attribution=attribute_link(link, internal),
                reach=(LINK_REACH[link.kind],),
            )


def _lacks(fresh: tuple[View, ...], seen: frozenset[Place], required: tuple[Section, ...]) -> tuple[Lack, ...]:
    """The required places that no fresh view saw. Where none is fresh, being stale says it all.

    A device without any profile was not looked at, whatever else may stand in for its apps.
    """
    if not fresh:
        return ()
    found: list[Lack] = []
    if not any(view.inventory.profiles for view in fresh):
        found.append(_unseen("apps", "", f"{fresh[0].mark}/profiles", "no profile is listed"))
    owners = fresh[0].owners if len(fresh) == 1 else frozenset[str]().union(*[view.owners for view in fresh])
    for profile in sorted(owners):
        for section in required:
            place = (section, profile)
            if place not in seen:
                known = [view.lacks[place] for view in fresh if place in view.lacks]
                silent = _unseen(section, profile, f"{fresh[0].mark}/coverage", "nothing was said about it")
                found.append(min(known, key=_is_unseen, default=silent))
    return tuple(found)


def _unseen(section: Section, profile: str, evidence: str, detail: str) -> Lack:
    return Lack(section=section, profile=profile, cause="unseen", evidence=evidence, detail=detail)


def _is_unseen(lack: Lack) -> bool:
    """Of two reasons, that somebody saw it and is not believed says more."""
    return lack.cause == "unseen"


def _own_stores(
    views: Iterable[View], seen: frozenset[Place], registration: Registration, today: dt.date
) -> tuple[OwnStore, ...]:
    """Own-store clients without a valid attestation. That another source saw no account of theirs says nothing."""
    attested = {item.client for item in registration.attestations if item.date <= today <= item.until}
    found: dict[tuple[str, str], OwnStore] = {}
    for view in views:
        for store in view.own_stores:
            if store.client not in attested and _stands(view, "accounts", store.profile, seen):
                found.setdefault((store.client, store.profile), store)
    return tuple(found.values())


def _enforcement(fresh: Iterable[View], policy: Policy) -> str | None:
    """The pointer to a block, by whoever manages the whole device, of every identifier that the policy restricts."""
    for view in fresh:
        if not view.trusted:
            continue
        kinds = _IDENTIFIER_KINDS[view.inventory.device.platform]
        needed = {key.partition(":")[2].lower() for key in policy.restricted if key.partition(":")[0] in kinds}
        for index, block in enumerate(view.inventory.enforcement):
            blocked = {identifier.lower() for identifier in block.identifiers}
            if needed and needed <= blocked and block.by in ("mdm", "device-owner"):
                return f"{view.mark}/enforcement/{index}"
    return None
