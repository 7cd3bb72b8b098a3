"""The decision for one device, written down a second time: as a table, and independent of the engine.

A state gets the worst of the rows that match it; a state that no row matches would be a hole in the rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from setapart_auditor.appraisal.model import Status

Age = Literal["fresh", "doubtful", "stale", "never"]
Kind = Literal["ordinary", "app-or-link", "social-dedicated"]
"""What a device is judged as: personal ones as ordinary, unless the pack lets them have the app or the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A state as the table sees it.

    Attributes:
        app: whether a restricted app is known to be there.
        excepted: whether an exception holds for it on this device, for this holder, today.
        tie: whether an account or link is internal, can't be attributed, or is none of these.
        complete: whether every required section of every profile was seen, and by a filter that lets enough through.
        age: of the newest evidence; `doubtful` where the pack requires a proof of freshness, or the filter expired.
    """

    kind: Kind
    app: bool
    excepted: bool
    tie: Literal["internal", "unknown", "none"]
    complete: bool
    age: Age


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row; None matches anything."""

    kind: Kind | None = None
    app: bool | None = None
    excepted: bool | None = None
    tie: str | None = None
    complete: bool | None = None
    age: str | None = None
    status: Status

    def matches(self, facts: Facts) -> bool:
        """Whether every part that the row names is so."""
        return all(
            wanted is None or wanted == getattr(facts, name)
            for name in ("kind", "app", "excepted", "tie", "complete", "age")
            for wanted in (getattr(self, name),)
        )


ROWS: tuple[Row, ...] = (
    Row(app=False, kind="ordinary", complete=True, status=Status.COMPLIANT),
    Row(app=False, kind="app-or-link", complete=True, status=Status.COMPLIANT),
    Row(app=False, kind="social-dedicated", tie="none", complete=True, status=Status.COMPLIANT),
    Row(app=False, kind="social-dedicated", tie="internal", complete=True, status=Status.COMPLIANT),
    Row(app=False, complete=False, status=Status.INCONCLUSIVE),
    Row(app=True, kind="ordinary", status=Status.VIOLATION),
    Row(app=True, kind="app-or-link", tie="internal", status=Status.VIOLATION),
    Row(app=True, kind="app-or-link", complete=False, status=Status.INCONCLUSIVE),
    Row(app=True, kind="app-or-link", tie="none", complete=True, status=Status.COMPLIANT),
    Row(app=True, kind="app-or-link", tie="unknown", status=Status.INCONCLUSIVE),
    Row(app=True, kind="social-dedicated", excepted=False, status=Status.VIOLATION),
    Row(app=True, kind="social-dedicated", excepted=True, tie="internal", status=Status.VIOLATION),
    Row(app=True, kind="social-dedicated", excepted=True, complete=False, status=Status.INCONCLUSIVE),
    Row(app=True, kind="social-dedicated", excepted=True, tie="none", complete=True, status=Status.EXCEPTED),
    Row(kind="social-dedicated", tie="unknown", status=Status.INCONCLUSIVE),
    Row(age="doubtful", status=Status.INCONCLUSIVE),
    Row(age="stale", status=Status.STALE),
)
NEVER = Status.PENDING
"""A device that has never reported, while it is new: nothing else is known of it."""


def decide(facts: Facts) -> Status | None:
    """The worst status of the rows that match; None where no row does."""
    if facts.age == "never":
        return NEVER
    return max(_matching(facts), default=None)


def _matching(facts: Facts) -> Iterator[Status]:
    return (row.status for row in ROWS if row.matches(facts))
