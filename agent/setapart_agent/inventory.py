"""From facts to the inventory that is signed: own-store clients, limits, disclosure, safe text."""

from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct, structs

from setapart_agent.disclosure import DisclosureFilter
from setapart_agent.facts import DeviceFacts, Facts
from setapart_evidence.identifiers import keys_of
from setapart_evidence.identity import hardware_id
from setapart_evidence.limits import DEFAULT_LIMITS, Limits
from setapart_evidence.model import SYSTEM_PROFILE, Coverage, Device, Inventory, Platform, Section, Withheld
from setapart_evidence.report import encode_inventory
from setapart_evidence.text import printable

OWN_STORE = "agent.own-store"
LIMIT = "agent.limit"
_MAX_LINKS = 10_000
_T = TypeVar("_T", bound=Struct)


def build_inventory(facts: Facts, disclosure: DisclosureFilter, limits: Limits = DEFAULT_LIMITS) -> Inventory:
    """The inventory as it would be signed.

    Args:
        facts: united facts of one device; the platform must be known.
        disclosure: the filter to apply.
        limits: what the auditor accepts. What is over a limit is left out and said so: an honest device's report is
            never unsendable.
    """
    platform = facts.device.platform
    assert platform is not None, "a collector names its platform"
    coverage = [*facts.coverage, *_own_store(platform, facts, disclosure)]
    apps, apps_withheld = disclosure.apps(platform, facts.apps)
    accounts, accounts_cut = disclosure.accounts(facts.accounts)
    links = facts.links
    if len(apps) > limits.apps:
        coverage += _over("apps", (app.profile for app in apps))
        apps = apps[: limits.apps]
    if len(accounts) > limits.accounts:
        coverage += _over("accounts", (account.profile for account in accounts))
        accounts = accounts[: limits.accounts]
    if len(links) > _MAX_LINKS:
        coverage += _over("links", (link.profile for link in links))
        links = links[:_MAX_LINKS]
    inventory = Inventory(
        device=_safe(_device(platform, facts.device, disclosure)),
        profiles=tuple(
            _safe(profile if disclosure.level == "full" else structs.replace(profile, name=None))
            for profile in facts.profiles
        ),
        apps=tuple(map(_safe, apps)),
        accounts=tuple(map(_safe, accounts)),
        links=tuple(map(_safe, links)),
        enforcement=tuple(map(_safe, facts.enforcement)),
        coverage=tuple(map(_safe, coverage)),
        withheld=Withheld(apps=apps_withheld, accounts=accounts_cut),
    )
    return inventory if len(encode_inventory(inventory)) <= limits.inventory else _bare(inventory)


def _device(platform: Platform, found: DeviceFacts, disclosure: DisclosureFilter) -> Device:
    serial = (
        hardware_id(disclosure.id_key, platform, found.serial).replace("hw-", "hmac:", 1)
        if found.serial and disclosure.id_key
        else None
    )
    return Device(
        platform=platform,
        os_version=found.os_version,
        os_api_level=found.os_api_level,
        patch_level=found.patch_level,
        manufacturer=found.manufacturer,
        model=found.model,
        form_factor=found.form_factor or "other",
        serial_digest=serial,
        boot_time=found.boot_time,
    )


def _own_store(platform: Platform, facts: Facts, disclosure: DisclosureFilter) -> Iterable[Coverage]:
    """Rows for clients whose accounts nobody can read: they make the accounts of their profile partial."""
    clients = dict(disclosure.own_store)
    seen: dict[Coverage, None] = {}
    for app in facts.apps:
        if app.state == "removed-trace":
            continue
        for key in keys_of(platform, app):
            if key in clients:
                profile = app.profile.partition("/")[0]
                row = Coverage(
                    section="accounts",
                    profile=profile,
                    collector=OWN_STORE,
                    status="partial",
                    reason=f"own-store:{clients[key]}",
                )
                seen[row] = None
    return seen


def _over(section: Section, profiles: Iterable[str]) -> list[Coverage]:
    """Rows for lists that are too long for one report: every profile in them has been seen only in part."""
    owners = dict.fromkeys(profile.partition("/")[0] for profile in profiles)
    return [
        Coverage(section=section, profile=owner, collector=LIMIT, status="failed", reason="limit") for owner in owners
    ]


def _bare(inventory: Inventory) -> Inventory:
    """What is left of an inventory that is too large as a whole: the device, and that nothing was reported."""
    sections: tuple[Section, ...] = ("apps", "accounts", "links")
    return structs.replace(
        inventory,
        profiles=(),
        apps=(),
        accounts=(),
        links=(),
        enforcement=(),
        coverage=tuple(
            Coverage(section=section, profile=SYSTEM_PROFILE, collector=LIMIT, status="failed", reason="limit")
            for section in sections
        ),
    )


def _safe(value: _T) -> _T:
    """The same value with every text in it safe to sign, print and decode."""
    changed: dict[str, object] = {}
    for name in value.__struct_fields__:
        text = getattr(value, name)
        if isinstance(text, str):
            safe = printable(text)
            if safe is not text:
                changed[name] = safe
        elif isinstance(text, tuple) and any(not part.isascii() or not part.isprintable() for part in text):
            changed[name] = tuple(map(printable, text))
    return structs.replace(value, **changed) if changed else value
