"""What the commands that read verdicts share: who looks, at which units, written down before anything is shown."""

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting import act, opened
from setapart_auditor.looks.readers import READERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from setapart_auditor.appraisal.model import BrokenException
    from setapart_auditor.export.row import DeviceRow
    from setapart_auditor.installation import Installation, Policies
    from setapart_auditor.officers.actor import Actor, Role
    from setapart_auditor.register.database import RegisteredDevice
    from setapart_auditor.sweep.look import Seen

_PROGRESS_FROM = 64
_VIOLATION = frozenset({"violation", "invalid", "rejected"})
_GREEN = frozenset({"compliant", "excepted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """An open auditor, an officer, the unit that they look at (None for all), and the moment."""

    installation: "Installation"
    actor: "Actor"
    unit: str | None
    device: "RegisteredDevice | None"
    now: dt.datetime


@contextmanager
def reader(
    folder: Path | None,
    officer: str | None,
    why: str,
    kind: str,
    *,
    roles: "tuple[Role, ...]" = READERS,
    unit: str | None = None,
    device: str | None = None,
    detail: Mapping[str, str] | None = None,
) -> Iterator[Reader]:
    """Opens the auditor for a look that is written down first.

    An officer of one unit looks at that unit; a device of another one is not there for them.

    Raises:
        NotAllowedError: the officer may not.
        RegisterError: no such device.
    """
    with opened(folder) as installation:
        with act(installation, officer, why=why) as at:
            at.actor.require(*roles, unit=unit)
            unit = unit if unit is not None else at.actor.unit
            found = at.device(device) if device is not None else None
            at.record(kind, found.name if found is not None else unit or "", **(detail or {}))
        yield Reader(installation=installation, actor=at.actor, unit=unit, device=found, now=at.now)


def workers_of(jobs: int | None) -> int:
    """The processes to use: as asked for, else one for each core that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return jobs or (len(allowed(0)) if allowed is not None else os.cpu_count() or 1)


def refuse_empty(count: int, unit: str | None) -> None:
    """Nothing that was looked at is nothing that is in order: a unit without a device is a slip.

    Raises:
        AuditorError: no device, and a unit that was named.
    """
    from setapart_auditor.errors import AuditorError

    if not count and unit is not None:
        raise AuditorError(
            f"no active device of unit {unit}", expected="a unit of `setapart-auditor device list`", cure="check --unit"
        )


def looked(at: Reader, policies: "Policies", *, unit: str | None, jobs: int | None, quiet: bool) -> "Iterator[Seen]":
    """Every device as of now, with a progress bar on a terminal where there are many."""
    from setapart_auditor.sweep.look import look

    count: list[int] = []
    found = look(at.installation, policies, at.now, unit=unit, workers=workers_of(jobs), begin=count.append)
    first = next(found, None)
    if first is None:
        return
    with progress(count[0], "Judging", quiet=quiet) as step:
        step(1)
        yield first
        for one in found:
            step(1)
            yield one


@contextmanager
def progress(length: int, label: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, if that is a terminal and there is enough to wait for."""
    if quiet or length < _PROGRESS_FROM or not sys.stderr.isatty():
        yield _no_step
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


def exit_code(statuses: "Iterable[str]", broken: "Sequence[BrokenException]" = ()) -> int:
    """The exit code of verdicts: 1 before 3 before 0, which no broken exception leaves."""
    found = set(statuses)
    if found & _VIOLATION:
        return 1
    return 0 if found <= _GREEN and not broken else 3


def tell_broken(broken: "Iterable[BrokenException]") -> None:
    """Names the exceptions that are recorded as granted and are not as two officers signed them."""
    from setapart_evidence.text import printable

    for one in broken:
        told = f"exception {one.id} of {one.device} for {one.app} is not as two officers signed it: {one.reason}"
        click.echo(f"setapart-auditor: {printable(told, 1000)}; see `setapart-auditor exception list`", err=True)


def row_of_seen(seen: "Seen") -> "DeviceRow":
    """What is shown of a device as of now."""
    from setapart_auditor.export.row import row_of

    return row_of(seen.judged.verdict, seen.judged.unit, seen.since)


def _no_step(_done: int) -> None:
    return None
