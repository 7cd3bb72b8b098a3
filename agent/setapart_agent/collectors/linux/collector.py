"""All of a Linux installation: every collector of the table below, over one tree and its users."""

from msgspec import structs

from setapart_agent.collectors.base import Collected
from setapart_agent.collectors.desktop.collector import SHARED, collectors_of, run_collectors
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.device import device_facts, last_used
from setapart_agent.collectors.linux.users import users_of
from setapart_agent.errors import SourceError
from setapart_evidence.model import Profile

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
_HERE = "setapart_agent.collectors.linux"
_SHARED = (*SHARED, f"{_HERE}.collector", f"{_HERE}.users")
"""Modules that decide what every collector sees; they count for the digest of each."""
_ROOT_UID = 0


def collectors() -> tuple[DesktopCollector, ...]:
    """Every Linux collector, in the order in which they run."""
    return collectors_of(_HERE, MODULES)


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
    profiles: dict[str, Profile] = {}
    for user in host.users:  # several homes of one uid are one profile
        profiles.setdefault(user.profile, _profile(user.uid, user.name))
    found = run_collectors(host, collectors(), device=device_facts(tree), profiles=profiles, shared=_SHARED)
    return structs.replace(found, taken_at=last_used(tree))


def _profile(uid: int | None, name: str) -> Profile:
    return Profile(id=str(uid), kind="system" if uid == _ROOT_UID else "primary", name=name)
