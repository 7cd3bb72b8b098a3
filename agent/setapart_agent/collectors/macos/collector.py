"""All of a macOS installation: every collector of the table below, over one tree and its users."""

import os

from msgspec import structs

from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.desktop.collector import SHARED, collectors_of, run_collectors
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.macos.device import SYSTEM_VERSION, device_facts, last_used
from setapart_agent.collectors.macos.users import GUEST_UID, RECORDS, users_of
from setapart_agent.collectors.macos.volumes import joined
from setapart_agent.errors import SourceError
from setapart_evidence.model import Coverage, Profile, ProfileKind

MODULES = ("apps", "running", "brew", "browsers", "accounts", "mail", "cloud", "network", "directory", "profiles")
NO_FULL_DISK_ACCESS = "no full disk access"
_REFUSED = "permission denied"
_HERE = "setapart_agent.collectors.macos"
_SHARED = (
    *SHARED,
    "setapart_agent.collectors.sqlite_snapshot",
    *(f"{_HERE}.{noun}" for noun in ("collector", "users", "volumes", "parse.user_record")),
    *(f"setapart_agent.collectors.apple.parse.{noun}" for noun in ("plist", "plist_binary", "plist_xml")),
)
"""Modules that decide what every collector sees; they count for the digest of each."""


def collectors() -> tuple[DesktopCollector, ...]:
    """Every macOS collector, in the order in which they run."""
    return collectors_of(_HERE, MODULES)


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
    profiles: dict[str, Profile] = {}
    for user in host.users:  # several homes of one uid are one profile
        profiles.setdefault(user.profile, _profile(user))
    found = run_collectors(host, collectors(), device=device_facts(tree), profiles=profiles, shared=_SHARED)
    if host.live:
        euid = os.geteuid()
        coverage = tuple(explained(row, euid) for row in found.facts.coverage)
        found = structs.replace(found, facts=structs.replace(found.facts, coverage=coverage))
    return structs.replace(found, taken_at=last_used(tree))


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
