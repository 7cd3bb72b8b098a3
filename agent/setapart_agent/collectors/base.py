"""What sources and collectors are. A source is the only thing that touches the machine."""

from collections.abc import Iterable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Coverage, Section
from setapart_evidence.statement import Maturity

T = TypeVar("T")


class Observed(Struct, Generic[T], frozen=True):
    """It was there and could be read."""

    value: T


class Absent(Struct, frozen=True):
    """It is not there, and a thing of this kind need not be: nothing to report, nothing hidden."""


class Denied(Struct, frozen=True):
    """It is, or may be, there, and we were not let in."""

    reason: str


class Unsupported(Struct, frozen=True):
    """This way in can't show such a thing."""

    reason: str


class Failed(Struct, frozen=True):
    """It is there and could not be understood, or the way to it broke."""

    reason: str


Outcome = Observed[T] | Absent | Denied | Unsupported | Failed
Unseen = Denied | Unsupported | Failed


class CollectorInfo(Struct, frozen=True, kw_only=True):
    """A collector's own declaration: signed with every report, printed by `doctor`.

    Attributes:
        name: `<platform>.<what>`, as in coverage.
        version: raised when the facts it gives change.
        sections: the sections that it writes coverage for.
        maturity: how far it has been tried: on real hardware, on captures, or not at all.
        reads: the files or commands that it reads, in words, for the privacy page.
        modules: the modules whose code decides what it sees; their digest is signed.
    """

    name: str
    version: int
    sections: tuple[Section, ...]
    maturity: Maturity
    reads: tuple[str, ...]
    modules: tuple[str, ...]


class WayIn(Struct, frozen=True, kw_only=True):
    """One way into one kind of device, as its collectors declare it: a row of docs/devices.md.

    A test builds the device of every row, reads it this way and compares the verdict with `ordinary` and `dedicated`.

    Attributes:
        device: the kind of device, in the words of the table; with a condition where one decides.
        source: the source as typed, such as `ios-backup:DIR`; a condition may follow a comma.
        collectors: names of the collectors that read it.
        ordinary: whether it can be green as an ordinary device: the apps of every profile that counts are seen.
        dedicated: whether it can be green as a social-dedicated one: apps, accounts and links of every profile are.
        seen: what is seen, in sentences for IT staff.
        unseen: what is not seen.
        holder: what the holder, or whoever runs the agent, must do.
        last_run: `never`, or the date of the last run on real hardware; what stood in for it may follow a semicolon.
    """

    device: str
    source: str
    collectors: tuple[str, ...]
    ordinary: bool
    dedicated: bool
    seen: str
    unseen: str
    holder: str
    last_run: str = "never"


class Collected(Struct, frozen=True, kw_only=True):
    """What one source gave: the facts, with coverage, and the collectors that ran.

    `taken_at` is the moment that a capture was taken, where the device itself was not read now; None means now.
    """

    facts: Facts
    collectors: tuple[CollectorInfo, ...]
    taken_at: datetime | None = None


class Parser(Protocol):
    """A parser module: `KIND`, `recognise` and `parse`; `QUERIES` if its main file is an sqlite database."""

    KIND: str
    MATURITY: Maturity

    def recognise(self, name: str, content: bytes) -> bool:
        """Whether a file of this name and content is of this kind; cheap, and never raises."""

    def parse(self, files: FileSet) -> Facts:
        """The facts of one file set.

        Raises:
            ParseError: the bytes are not of this kind, or are broken beyond use.
        """


def covered(section: Section, profile: str, collector: str) -> Coverage:
    """The row for a section that this collector saw completely."""
    return Coverage(section=section, profile=profile, collector=collector, status="observed")


def uncovered(section: Section, profile: str, collector: str, why: Unseen) -> Coverage:
    """The row for a section that this collector could not see."""
    status = {Denied: "denied", Unsupported: "unsupported", Failed: "failed"}[type(why)]
    return Coverage(section=section, profile=profile, collector=collector, status=status, reason=why.reason)  # type: ignore[arg-type]


def coverage_of(
    sections: Iterable[Section], profile: str, collector: str, failures: Iterable[Unseen]
) -> tuple[Coverage, ...]:
    """The rows of one collector for one profile: observed, or one row per distinct failure and section."""
    distinct = tuple(dict.fromkeys(failures))
    return tuple(
        row
        for section in sections
        for row in (
            [uncovered(section, profile, collector, why) for why in distinct] or [covered(section, profile, collector)]
        )
    )
