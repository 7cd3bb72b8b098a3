"""One installation of Windows as its collectors see it: files, users, and the registry of the machine and each user."""

from typing import Protocol

from msgspec import Struct

from setapart_agent.collectors.base import CollectorInfo, Observed, Outcome
from setapart_agent.collectors.desktop.host import Host, User
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.facts import Facts


class Opened(Struct, frozen=True):
    """A part of the registry that could be opened; `doubt` says why its newest values may be missing."""

    key: Key
    doubt: str | None = None


def key_of(outcome: Outcome[Opened]) -> Key | None:
    """The key of what could be opened."""
    return outcome.value.key if isinstance(outcome, Observed) else None


class Registry(Protocol):
    """The registry of one installation, out of its hives or of the running system."""

    live: bool

    def software(self) -> Outcome[Opened]:
        r"""`HKLM\SOFTWARE`."""

    def system(self) -> Outcome[Opened]:
        r"""`HKLM\SYSTEM`."""

    def user(self, user: User) -> Outcome[Opened]:
        r"""`HKU\<SID>`, also of a user who is not signed in."""

    def classes(self, user: User) -> Outcome[Opened]:
        r"""`HKU\<SID>_Classes`; absent where the user has none of their own."""


class WindowsHost(Host, frozen=True, kw_only=True):
    """What every collector of Windows is given; `drive` is the letter of the system's drive, such as `c:`."""

    registry: Registry
    drive: str = "c:"

    @property
    def live(self) -> bool:
        """Whether this is the running system."""
        return self.registry.live


class WindowsCollector(Protocol):
    """As `DesktopCollector`, for a host that has a registry."""

    info: CollectorInfo

    def collect(self, host: WindowsHost) -> Facts:
        """Never raises for what it finds: what can't be read or understood is coverage."""
