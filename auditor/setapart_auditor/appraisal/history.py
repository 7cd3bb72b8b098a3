"""The reports of one device in their chains: what is current, what is missing, and where a chain forks.

A chain is what one key signed for one device. Order and duplication of the input change nothing: a report is its
statement's digest, its place is its sequence, and of a resend only the first arrival counts, so that sending an old
report again makes it no younger.

Where a report stands is known without its inventory: an auditor with a store finds out what is current from a few
columns, and reads no more reports than it then judges.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from .model import Received

Chain = tuple[str, str]
"""The key that signed, and the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Two or more payloads in one place of a chain; `digests` names all of them that are known, sorted."""

    chain: Chain
    sequence: int
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Reports that were signed but never arrived: those between two sequences, both exclusive."""

    chain: Chain
    after: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlace:
    """Where one report stands: its chain, its own digest, what it says of its place, how it came in and when."""

    chain: Chain
    sequence: int
    digest: str
    previous: str | None
    source: str
    received_at: dt.datetime
    collected_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a set of places amounts to; the same as of `History`, without the reports."""

    current: tuple[ReportPlace, ...] = ()
    forks: tuple[Fork, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a set of reports amounts to.

    Attributes:
        current: the latest report per device, source and signer, the newest arrival first. Both sides of a fork at
            the end of a chain are current.
        forks: every fork, settled or not.
        gaps: between the reports that are here; what came before the first of them is not missed.
        damaged: digests of current reports that an auditor stored and that no longer verify; they count for nothing
            else, and nothing older takes their place.
    """

    current: tuple[Received, ...] = ()
    forks: tuple[Fork, ...] = ()
    gaps: tuple[Gap, ...] = ()
    damaged: tuple[str, ...] = ()


def history_of(received: Iterable[Received]) -> History:
    """Puts reports in order; what makes a fork is said at `outline_of`."""
    first: dict[str, Received] = {}
    for item in received:
        known = first.get(item.report.statement_digest)
        if known is None or item.received_at < known.received_at:
            first[item.report.statement_digest] = item
    if len(first) <= 1:
        return History(current=tuple(first.values()))
    outline = outline_of(map(_place_of, first.values()))
    return History(
        current=tuple([first[place.digest] for place in outline.current]), forks=outline.forks, gaps=outline.gaps
    )


def outline_of(places: Iterable[ReportPlace]) -> Outline:
    """Puts places in order; of a digest that comes twice the first arrival counts.

    A fork is the same sequence, or the same `previous`, with another payload; and a `previous` that is not the report
    which is here with the sequence before: then a sibling of that report exists that was never sent. A missing
    `previous` has no sibling: two first reports show as the same sequence.
    """
    first: dict[str, ReportPlace] = {}
    for place in places:
        known = first.get(place.digest)
        if known is None or place.received_at < known.received_at:
            first[place.digest] = place
    if len(first) <= 1:
        return Outline(current=tuple(first.values()))
    chains: dict[Chain, list[ReportPlace]] = {}
    for place in first.values():
        chains.setdefault(place.chain, []).append(place)
    forks: list[Fork] = []
    gaps: list[Gap] = []
    current: list[ReportPlace] = []
    for chain in sorted(chains):
        items = sorted(chains[chain], key=_order)
        forks += _forks(chain, items)
        gaps += _gaps(chain, items)
        current += _latest(items)
    current.sort(key=_age, reverse=True)
    return Outline(current=tuple(current), forks=tuple(forks), gaps=tuple(gaps))


def source_of(item: Received) -> str:
    """The way in: `adb` of `adb:SERIAL`. One device read by one way twice is one source."""
    return way_in(item.report.predicate.origin.source)


def way_in(source: str) -> str:
    """A source without the serial or the file that follows it."""
    return source.partition(":")[0]


def _place_of(item: Received) -> ReportPlace:
    report, observation = item.report, item.report.predicate.observation
    return ReportPlace(
        chain=(report.keyid, report.device),
        sequence=observation.sequence,
        digest=report.statement_digest,
        previous=observation.previous,
        source=report.predicate.origin.source,
        received_at=item.received_at,
        collected_at=observation.collected_at,
    )


def _order(place: ReportPlace) -> tuple[int, str]:
    return place.sequence, place.digest


def _age(place: ReportPlace) -> tuple[dt.datetime, dt.datetime, int, str]:
    """Arrival first; the device's word decides only between reports that arrived together."""
    return place.received_at, place.collected_at, *_order(place)


def _latest(items: list[ReportPlace]) -> list[ReportPlace]:
    last = {way_in(place.source): place.sequence for place in items}
    return [place for place in items if place.sequence == last[way_in(place.source)]]


def _gaps(chain: Chain, items: list[ReportPlace]) -> list[Gap]:
    return [
        Gap(chain=chain, after=one.sequence, before=other.sequence)
        for one, other in pairwise(items)
        if other.sequence > one.sequence + 1
    ]


def _forks(chain: Chain, items: list[ReportPlace]) -> list[Fork]:
    at: dict[int, set[str]] = {}
    children: dict[str, list[ReportPlace]] = {}
    for place in items:
        at.setdefault(place.sequence, set()).add(place.digest)
        if place.previous is not None:
            children.setdefault(place.previous, []).append(place)
    found: dict[tuple[str, ...], int] = {}
    for sequence, digests in at.items():
        if len(digests) > 1:
            found.setdefault(tuple(sorted(digests)), sequence)
    for siblings in children.values():
        if len(siblings) > 1:
            found.setdefault(tuple(sorted({place.digest for place in siblings})), siblings[0].sequence)
    for parent, siblings in children.items():
        sequence = siblings[0].sequence - 1
        before = at.get(sequence, set())
        if before and parent not in before:
            found.setdefault(tuple(sorted(before | {parent})), sequence)
    return [
        Fork(chain=chain, sequence=sequence, digests=digests)
        for digests, sequence in sorted(found.items(), key=lambda pair: (pair[1], pair[0]))
    ]
