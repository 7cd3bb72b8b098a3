"""One Linux installation as the collectors see it: its tree and the users whose profiles count."""

from typing import Protocol

from msgspec import Struct

from setapart_agent.collectors.base import CollectorInfo, Unseen
from setapart_agent.collectors.linux.tree import Tree
from setapart_agent.facts import Facts


class User(Struct, frozen=True, kw_only=True):
    """A user whose profile counts: root, uid ≥ UID_MIN with a login shell, or any home with files.

    `profile` is the uid in decimal. `unseen` says why the home can't be looked into; collectors then write that reason
    for every section of theirs and touch nothing below `home`.
    """

    uid: int
    name: str
    home: str
    unseen: Unseen | None = None

    @property
    def profile(self) -> str:
        """The profile id of this user."""
        return str(self.uid)


class Host(Struct, frozen=True, kw_only=True):
    """What every Linux collector is given."""

    tree: Tree
    users: tuple[User, ...]

    @property
    def live(self) -> bool:
        """Whether this is the running system, so that processes and mounts can be asked."""
        return self.tree.live


class LinuxCollector(Protocol):
    """A collector of Linux: declares itself, and turns a host into facts with coverage for every user and `system`."""

    info: CollectorInfo

    def collect(self, host: Host) -> Facts:
        """Never raises for what it finds: what can't be read or understood is coverage."""
