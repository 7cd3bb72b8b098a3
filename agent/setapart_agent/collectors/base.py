"""What sources and collectors are. A source is the only thing that touches the machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import Coverage, Section
from setapart_evidence.statement import Maturity

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Observed(Generic[T]):
    """It was there and could be read."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """It is not there, and a thing of this kind need not be: nothing to report, nothing hidden."""


@dataclass(frozen=True, slots=True)
class Denied:
    """It is, or may be, there, and we were not let in."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """This way in can't show such a thing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It is there and could not be understood, or the way to it broke."""

    reason: str


Outcome = Observed[T] | Absent | Denied | Unsupported | Failed
Unseen = Denied | Unsupported | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorInfo:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one source gave: the facts, with coverage, and the collectors that ran."""

    facts: Facts
    collectors: tuple[CollectorInfo, ...]


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
