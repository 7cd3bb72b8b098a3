"""All of a macOS installation: every collector of the table below, over one tree and its users."""

import os
from importlib import import_module

from msgspec import structs

from setapart_agent.collectors.base import Collected, CollectorInfo, Failed, uncovered
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos.device import SYSTEM_VERSION, device_facts, last_used
from setapart_agent.collectors.macos.users import GUEST_UID, RECORDS, users_of
from setapart_agent.collectors.macos.volumes import joined
from setapart_agent.collectors.worker import note_device
from setapart_agent.errors import SourceError
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, Coverage, Profile, ProfileKind

MODULES = ("apps", "running", "brew", "browsers", "accounts", "mail", "cloud", "network", "directory", "profiles")
NO_FULL_DISK_ACCESS = "no full disk access"
_REFUSED = "permission denied"
_SHARED = (
    "setapart_agent.facts",
    "setapart_agent.collectors.sqlite_snapshot",
    *(f"setapart_agent.collectors.macos.{noun}" for noun in ("collector", "users", "volumes", "parse.user_record")),
    *(f"setapart_agent.collectors.desktop.{noun}" for noun in ("gathering", "host", "survey", "tree")),
    *(f"setapart_agent.collectors.apple.parse.{noun}" for noun in ("plist", "plist_binary", "plist_xml")),
)
"""Modules that decide what every collector sees; they count for the digest of each."""


def collectors() -> tuple[DesktopCollector, ...]:
    """Every macOS collector, in the order in which they run."""
    found: list[DesktopCollector] = []
    for module in MODULES:
        found += import_module(f"setapart_agent.collectors.macos.{module}").COLLECTORS
    return tuple(found)


def collect(tree: Tree) -> Collected:
    """Collects from the running system, or from a volume that is mounted.

    Raises:
        SourceError: the tree holds no macOS installation.
    """
    tree = joined(tree)
    if not tree.find(SYSTEM_VERSION)[0] and not tree.find(RECORDS)[0] and not tree.live:
        raise SourceError(
            "no macOS installation at the given folder",
            expected="a folder with Users/ and Library/ in it",
            cure="mount the volume with the data and name the folder where its / is",
        )
    host = Host(tree=tree, users=users_of(tree))
    profiles = {SYSTEM_PROFILE: Profile(id=SYSTEM_PROFILE, kind="system")}
    for user in host.users:  # several homes of one uid are one profile
        profiles.setdefault(user.profile, _profile(user))
    device = device_facts(tree)
    note_device(device)
    parts = [Facts(device=device, profiles=tuple(profiles.values()))]
    ran: list[CollectorInfo] = []
    for collector in collectors():
        found = _run(collector, host)
        if found != Facts():  # a collector that does not apply here did not run
            parts.append(found)
            ran.append(structs.replace(collector.info, modules=(*collector.info.modules, *_SHARED)))
    facts = unite(parts)
    if host.live:
        euid = os.geteuid()
        facts = structs.replace(facts, coverage=tuple(explained(row, euid) for row in facts.coverage))
    return Collected(facts=facts, collectors=tuple(ran), taken_at=last_used(tree))


def explained(row: Coverage, euid: int) -> Coverage:
    """A refusal by the running system, with its cause where that is certain.

    The modes of files stop nobody from reading what is his own, and never root: what refuses there is macOS' own
    protection of personal data (TCC), which full disk access lifts.

    Args:
        row: of coverage.
        euid: of the agent.
    """
    if row.status != "denied" or _REFUSED not in (row.reason or "") or euid not in (0, _uid(row.profile)):
        return row
    return structs.replace(row, reason=(row.reason or "").replace(_REFUSED, NO_FULL_DISK_ACCESS))


def _uid(profile: str) -> int | None:
    return int(profile) if profile.isdecimal() else None


def _profile(user: User) -> Profile:
    kind: ProfileKind = "system" if user.uid == 0 else "guest" if user.uid == GUEST_UID else "primary"
    return Profile(id=user.profile, kind=kind, name=user.name)


def _run(collector: DesktopCollector, host: Host) -> Facts:
    """A collector's facts; one that breaks has seen nothing, and says so for every profile."""
    try:
        return collector.collect(host)
    except Exception as exc:  # noqa: BLE001 - one broken collector must not silence the others
        why = Failed(f"the collector broke: {type(exc).__name__}")
        return Facts(
            coverage=tuple(
                uncovered(section, profile, collector.info.name, why)
                for section in collector.info.sections
                for profile in (SYSTEM_PROFILE, *(user.profile for user in host.users))
            )
        )
