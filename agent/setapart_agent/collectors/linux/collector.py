"""All of a Linux installation: every collector of the table below, over one tree and its users."""

from importlib import import_module

from msgspec import structs

from setapart_agent.collectors.base import Collected, CollectorInfo, Failed, uncovered
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.device import device_facts, last_used
from setapart_agent.collectors.linux.users import users_of
from setapart_agent.collectors.worker import note_device
from setapart_agent.errors import SourceError
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, Profile

MODULES = (
    "packages",
    "sandboxes",
    "desktop",
    "browsers",
    "portable",
    "mail",
    "groupware",
    "directory",
    "network",
    "cloud",
)
_SHARED = tuple(
    f"setapart_agent.{name}"
    for name in (
        "facts",
        *(f"collectors.linux.{noun}" for noun in ("collector", "users")),
        *(f"collectors.desktop.{noun}" for noun in ("gathering", "host", "survey", "tree")),
    )
)
"""Modules that decide what every collector sees; they count for the digest of each."""
_ROOT_UID = 0


def collectors() -> tuple[DesktopCollector, ...]:
    """Every Linux collector, in the order in which they run."""
    found: list[DesktopCollector] = []
    for module in MODULES:
        found += import_module(f"setapart_agent.collectors.linux.{module}").COLLECTORS
    return tuple(found)


def collect(tree: Tree) -> Collected:
    """Collects from the running system, or from a tree that is mounted.

    Raises:
        SourceError: the tree holds no Linux installation.
    """
    if not tree.find("/etc/passwd")[0] and not tree.find("/etc/os-release")[0]:
        raise SourceError(
            "no Linux installation at the given folder",
            expected="a folder with etc/ in it",
            cure="mount the disk and name the folder where its / is",
        )
    host = Host(tree=tree, users=users_of(tree))
    profiles = {SYSTEM_PROFILE: Profile(id=SYSTEM_PROFILE, kind="system")}
    for user in host.users:  # several homes of one uid are one profile
        profiles.setdefault(user.profile, _profile(user.uid, user.name))
    device = device_facts(tree)
    note_device(device)
    parts = [Facts(device=device, profiles=tuple(profiles.values()))]
    ran: list[CollectorInfo] = []
    for collector in collectors():
        found = _run(collector, host)
        if found != Facts():  # a collector that does not apply here did not run
            parts.append(found)
            ran.append(structs.replace(collector.info, modules=(*collector.info.modules, *_SHARED)))
    return Collected(facts=unite(parts), collectors=tuple(ran), taken_at=last_used(tree))


def _profile(uid: int | None, name: str) -> Profile:
    return Profile(id=str(uid), kind="system" if uid == _ROOT_UID else "primary", name=name)


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
