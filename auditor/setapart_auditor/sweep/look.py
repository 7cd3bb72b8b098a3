"""A look at devices as of now: judged from the store, and not kept. Yesterday's verdict may have become too old."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from msgspec import Struct

from setapart_auditor.appraisal.model import BrokenException, Exception_
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.register.database import RegisteredDevice

from .fleet import active_numbers, judge_devices
from .judging import JudgedDevice, make_judge
from .reading import StoredHistory, read_histories
from .verdicts import statuses_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A device as it is now, and since when: the moment of the look where that is new."""

    judged: JudgedDevice
    since: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One device in full: its verdict, the reports that it rests on, the exceptions that hold, and those that can't."""

    seen: Seen
    stored: StoredHistory
    exceptions: tuple[Exception_, ...]
    broken: tuple[BrokenException, ...]


class Open(Struct, frozen=True, kw_only=True):
    """A cause for which verdicts are open, and for how many devices."""

    cause: str
    devices: int


def look(
    installation: Installation,
    policies: Policies,
    now: dt.datetime,
    *,
    unit: str | None = None,
    workers: int = 1,
    begin: Callable[[int], None] = lambda _count: None,
) -> Iterator[Seen]:
    """Judges every active device as of now, one after the other.

    Args:
        installation: the auditor.
        policies: to judge by.
        now: the moment.
        unit: only its devices.
        workers: processes.
        begin: called with the number of devices before the first is judged.
    """
    with installation.store.read() as connection:
        numbers = active_numbers(connection, unit)
        judge = make_judge(installation, connection, policies, now)
    begin(len(numbers))
    for chunk in judge_devices(installation.store, judge, numbers, workers=workers):
        with installation.store.read() as connection:
            known = statuses_of(connection, [one.no for one in chunk])
        for one in chunk:
            yield _seen(one, known, now)


def examine(installation: Installation, policies: Policies, device: RegisteredDevice, now: dt.datetime) -> Examined:
    """Judges one device as of now, and keeps what it rests on."""
    with installation.store.read() as connection:
        judge = make_judge(installation, connection, policies, now, of=(device,))
        (stored,) = read_histories(connection, (device,), now)
        judged = judge.judge(stored)
        known = statuses_of(connection, [device.no])
    held = judge.exceptions.get(device.name, ())
    return Examined(
        seen=_seen(judged, known, now),
        stored=stored,
        exceptions=tuple(one for one in held if one.id in judged.verdict.exceptions),
        broken=judge.context.broken.get(device.name, ()),
    )


def open_causes(seen: Sequence[Seen]) -> tuple[Open, ...]:
    """Why devices are inconclusive, the most frequent cause first: what to mend first. A device counts once a cause."""
    counts: dict[str, int] = {}
    for one in seen:
        if one.judged.verdict.status == "inconclusive":
            for cause in one.judged.causes:
                counts[cause] = counts.get(cause, 0) + 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Open(cause=cause, devices=count) for cause, count in ordered)


def _seen(judged: JudgedDevice, known: dict[int, tuple[str, dt.datetime]], now: dt.datetime) -> Seen:
    word, since = known.get(judged.no, ("", now))
    return Seen(judged=judged, since=since if word == judged.verdict.status else now)
