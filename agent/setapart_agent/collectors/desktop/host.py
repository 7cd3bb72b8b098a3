"""One installation of a desktop system as its collectors see it: its tree and the users whose profiles count."""

from typing import Protocol

from msgspec import Struct

from setapart_agent.collectors.base import CollectorInfo, Unseen
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.facts import Facts


class User(Struct, frozen=True, kw_only=True):
    """A user whose profile counts: a person's, and the administrator's where that can have apps and accounts.

    Attributes:
        name: the login name.
        home: the home folder, absolute inside the installation.
        uid: the owner of the home's files, where the file system tells owners apart.
        sid: the security identifier on Windows.
        unseen: why the home can't be looked into. Collectors then write that reason for every section of theirs and
            touch nothing below `home`.
    """

    name: str
    home: str
    uid: int | None = None
    sid: str | None = None
    unseen: Unseen | None = None

    @property
    def profile(self) -> str:
        """The profile id of this user: the SID, or the uid in decimal."""
        return self.sid or str(self.uid)


class Host(Struct, frozen=True, kw_only=True):
    """What every collector of a desktop system is given."""

    tree: Tree
    users: tuple[User, ...]

    @property
    def live(self) -> bool:
        """Whether this is the running system, so that processes and mounts can be asked."""
        return self.tree.live


class DesktopCollector(Protocol):
    """Declares itself, and turns a host into facts with coverage for every user and `system`."""

    info: CollectorInfo

    def collect(self, host: Host) -> Facts:
        """Never raises for what it finds: what can't be read or understood is coverage."""
