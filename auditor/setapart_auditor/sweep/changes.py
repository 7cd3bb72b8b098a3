"""What changed between two sweeps: new devices, cured, better and worse ones, and those that fell silent."""

from collections.abc import Iterator

from msgspec import Struct
from sqlalchemy import Connection, select

from setapart_auditor.appraisal.model import Status, Verdict
from setapart_auditor.store.schema import sweep

from .fleet import Swept
from .verdicts import StoredVerdict, read_verdicts

_SILENT = "evidence-stale"


class Change(Struct, frozen=True, kw_only=True):
    """One device: its status in the sweep before (None where it had none) and in this one."""

    name: str
    before: str | None
    status: str


class Changes(Struct, frozen=True, kw_only=True):
    """What changed, by the devices' numbers.

    Attributes:
        since: the number of the sweep that this one is compared with, None for the first.
        new: devices that the sweep before had not.
        cured: now compliant or excepted, and not before.
        better, worse: other changes of status.
        silent: their evidence has become older than the window since; they stand in another list as well where their
            status changed.
    """

    since: int | None
    new: tuple[Change, ...] = ()
    cured: tuple[Change, ...] = ()
    better: tuple[Change, ...] = ()
    worse: tuple[Change, ...] = ()
    silent: tuple[Change, ...] = ()


def changes_of(connection: Connection, swept: Swept) -> Changes:
    """Compares a sweep with the last finished one before it that tried out no pack and covers its units."""
    query = (
        select(sweep.c.no, sweep.c.unit)
        .where(sweep.c.no < swept.no, sweep.c.finished_at.is_not(None), sweep.c.pack.is_(None))
        .order_by(sweep.c.no.desc())
    )
    unit = swept.unit.casefold() if swept.unit is not None else None
    with connection.execute(query) as rows:
        before = next((row.no for row in rows if row.unit is None or row.unit.casefold() == unit), None)
    if before is None:
        return Changes(since=None)
    found: dict[str, list[Change]] = {"new": [], "cured": [], "better": [], "worse": [], "silent": []}
    for old, new in _pairs(read_verdicts(connection, before), read_verdicts(connection, swept.no)):
        change = Change(
            name=new.verdict.name, before=None if old is None else old.verdict.status, status=new.verdict.status
        )
        kind = _kind(change)
        if kind is not None:
            found[kind].append(change)
        if old is not None and _is_silent(new.verdict) and not _is_silent(old.verdict):
            found["silent"].append(change)
    return Changes(since=before, **{kind: tuple(changes) for kind, changes in found.items()})


def _pairs(
    old: Iterator[StoredVerdict], new: Iterator[StoredVerdict]
) -> Iterator[tuple[StoredVerdict | None, StoredVerdict]]:
    """Every verdict of the new sweep with the same device's in the old one."""
    earlier = next(old, None)
    for one in new:
        while earlier is not None and earlier.device_no < one.device_no:
            earlier = next(old, None)
        yield (earlier if earlier is not None and earlier.device_no == one.device_no else None), one


def _kind(change: Change) -> str | None:
    if change.before is None:
        return "new"
    before, after = Status[change.before.upper()], Status[change.status.upper()]
    if before == after:
        return None
    if after > before:
        return "worse"
    return "cured" if before > Status.EXCEPTED >= after else "better"


def _is_silent(verdict: Verdict) -> bool:
    return any(finding.control == _SILENT for finding in verdict.findings)
