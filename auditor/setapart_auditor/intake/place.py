"""Where a report stands in its chain, given the chain's head. Pure."""

from dataclasses import dataclass

from setapart_evidence.receipt import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The latest report of a chain: its sequence, and the digest of its statement."""

    sequence: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a report is to its chain.

    Attributes:
        outcome: `accepted`, `late` or `forked`.
        advances: whether it is the chain's head now.
        regular: whether it follows the head exactly. Appraisal looks for forks and gaps where one did not.
    """

    outcome: Outcome
    advances: bool
    regular: bool


def place_of(head: Head | None, sequence: int, previous: bytes | None, *, taken: bool) -> Place:
    """Places a report that is not there yet.

    Args:
        head: of the chain, None for its first report; what came before the first is not missed.
        sequence: the report's.
        previous: the digest that the report names, if any.
        taken: whether another payload has this sequence.
    """
    if head is None:
        return Place(outcome="accepted", advances=True, regular=True)
    if taken:
        return Place(outcome="forked", advances=False, regular=False)
    if sequence <= head.sequence:
        return Place(outcome="late", advances=False, regular=False)
    if sequence == head.sequence + 1:
        follows = previous == head.digest
        return Place(outcome="accepted" if follows else "forked", advances=True, regular=follows)
    return Place(outcome="accepted", advances=True, regular=False)
