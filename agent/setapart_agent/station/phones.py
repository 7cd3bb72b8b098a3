"""Phones at a station: what is attached, which one was recognised, and what a way in can do with it."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from setapart_agent.collectors.base import Collected
from setapart_agent.errors import SourceError
from setapart_agent.facts import DeviceFacts
from setapart_agent.sources import SourceKind, SourceSpec

READY = "ready"
"""The state of a phone that can be asked what it is."""


class WayInError(SourceError):
    """A way to phones can't be used at all: no program, no library, a server that does not start."""


class NotReadyError(SourceError):
    """A phone is attached and does not let itself be read yet; its cure is what the holder has to do."""


class SwappedError(SourceError):
    """Another phone answers than the one that was shown to its holder."""


class UnpluggedError(SourceError):
    """The phone went away before everything was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An attached phone.

    Attributes:
        kind: the way in.
        key: by which this way tells phones apart: adb's serial, the UDID.
        state: `ready`, or what the way in calls it.
        model: as the way in lists it; the phone's own word.
    """

    kind: SourceKind
    key: str
    state: str = READY
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone that said what it is; nothing else of it was read."""

    sighting: Sighting
    device: DeviceFacts

    @property
    def spec(self) -> SourceSpec:
        """The source that its report names."""
        return SourceSpec(kind=self.sighting.kind, argument=self.sighting.key)

    def is_same(self, other: DeviceFacts) -> bool:
        """Whether a device that answered is this one: what may change while it is attached is not compared."""
        mine = self.device
        return (mine.platform, mine.serial, mine.manufacturer, mine.model, mine.os_version) == (
            other.platform,
            other.serial,
            other.manufacturer,
            other.model,
            other.os_version,
        )


Tell = Callable[[str], None]
"""Is told which section is being read."""


class Way(Protocol):
    """A way to phones: adb, usbmuxd. Used in a `with` block, which starts and ends what it needs."""

    @property
    def kind(self) -> SourceKind:
        """The source that it reads."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def look(self) -> tuple[Sighting, ...]:
        """What is attached now; cheap.

        Raises:
            WayInError: nothing can be seen this way at present.
        """

    def recognise(self, sighting: Sighting) -> Phone:
        """Asks a phone what it is, and nothing else.

        Raises:
            NotReadyError: it does not let itself be asked.
        """

    def read(self, phone: Phone, tell: Tell) -> Collected:
        """Reads everything; of this phone alone.

        Raises:
            SwappedError: another phone answered.
            UnpluggedError: it went away meanwhile.
            SourceError: it can't be read.
        """


def checked(phone: Phone, collected: Collected, recognise: Callable[[Sighting], Phone]) -> Collected:
    """What was read, if the phone that was shown is the one that was read and is still there.

    Args:
        phone: as it was shown.
        collected: what was read.
        recognise: asks what is attached there now.

    Raises:
        SwappedError: another phone answered.
        UnpluggedError: none does.
    """
    try:
        after = recognise(phone.sighting).device
    except NotReadyError as exc:
        raise UnpluggedError(exc.got, expected="the phone, until everything is read") from None
    if not (phone.is_same(collected.facts.device) and phone.is_same(after)):
        raise SwappedError("another phone answered", expected="the one that was shown")
    return collected
