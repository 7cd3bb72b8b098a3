"""The reports of one device in their chains: what is current, what is missing, and where a chain forks.

A chain is what one key signed for one device. Order and duplication of the input change nothing: a report is its
statement's digest, its place is its sequence, and of a resend only the first arrival counts, so that sending an old
report again makes it no younger.
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
class History:
    """What a set of reports amounts to.

    Attributes:
        current: the latest report per device, source and signer, the newest arrival first. Both sides of a fork at
            the end of a chain are current.
        forks: every fork, settled or not.
        gaps: between the reports that are here; what came before the first of them is not missed.
    """

    current: tuple[Received, ...] = ()
    forks: tuple[Fork, ...] = ()
    gaps: tuple[Gap, ...] = ()


def history_of(received: Iterable[Received]) -> History:
    """Puts reports in order.

    A fork is the same sequence, or the same `previous`, with another payload; and a `previous` that is not the report
    which is here with the sequence before: then a sibling of that report exists that was never sent. A missing
    `previous` has no sibling: two first reports show as the same sequence.
    """
    first: dict[str, Received] = {}
    for item in received:
        known = first.get(item.report.statement_digest)
        if known is None or item.received_at < known.received_at:
            first[item.report.statement_digest] = item
    if len(first) <= 1:
        return History(current=tuple(first.values()))
    chains: dict[Chain, list[Received]] = {}
    for item in first.values():
        chains.setdefault((item.report.keyid, item.report.device), []).append(item)
    forks: list[Fork] = []
    gaps: list[Gap] = []
    current: list[Received] = []
    for chain in sorted(chains):
        items = sorted(chains[chain], key=_place)
        forks += _forks(chain, items)
        gaps += _gaps(chain, items)
        current += _latest(items)
    current.sort(key=_age, reverse=True)
    return History(current=tuple(current), forks=tuple(forks), gaps=tuple(gaps))


def source_of(item: Received) -> str:
    """The way in: `adb` of `adb:SERIAL`. One device read by one way twice is one source."""
    return item.report.predicate.origin.source.partition(":")[0]


def _place(item: Received) -> tuple[int, str]:
    return item.report.predicate.observation.sequence, item.report.statement_digest


def _age(item: Received) -> tuple[dt.datetime, dt.datetime, int, str]:
    """Arrival first; the device's word decides only between reports that arrived together."""
    return item.received_at, item.report.predicate.observation.collected_at, *_place(item)


def _latest(items: list[Received]) -> list[Received]:
    last: dict[str, int] = {source_of(item): item.report.predicate.observation.sequence for item in items}
    return [item for item in items if item.report.predicate.observation.sequence == last[source_of(item)]]


def _gaps(chain: Chain, items: list[Received]) -> list[Gap]:
    numbers = [item.report.predicate.observation.sequence for item in items]
    return [Gap(chain=chain, after=one, before=other) for one, other in pairwise(numbers) if other > one + 1]


def _forks(chain: Chain, items: list[Received]) -> list[Fork]:
    places: dict[int, set[str]] = {}
    children: dict[str, list[Received]] = {}
    for item in items:
        observation = item.report.predicate.observation
        places.setdefault(observation.sequence, set()).add(item.report.statement_digest)
        if observation.previous is not None:
            children.setdefault(observation.previous, []).append(item)
    found: dict[tuple[str, ...], int] = {}
    for sequence, digests in places.items():
        if len(digests) > 1:
            found.setdefault(tuple(sorted(digests)), sequence)
    for siblings in children.values():
        if len(siblings) > 1:
            digests = {item.report.statement_digest for item in siblings}
            found.setdefault(tuple(sorted(digests)), siblings[0].report.predicate.observation.sequence)
    for parent, siblings in children.items():
        sequence = siblings[0].report.predicate.observation.sequence - 1
        before = places.get(sequence, set())
        if before and parent not in before:
            found.setdefault(tuple(sorted(before | {parent})), sequence)
    return [
        Fork(chain=chain, sequence=sequence, digests=digests)
        for digests, sequence in sorted(found.items(), key=lambda pair: (pair[1], pair[0]))
    ]
