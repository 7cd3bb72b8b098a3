"""The last sweep: how many devices have each status, and what changed since the one before."""

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct, structs
from sqlalchemy import Connection, select

from setapart_auditor.errors import AuditorError, StoreError
from setapart_auditor.store.schema import device
from setapart_auditor.sweep.changes import Changes, changes_of
from setapart_auditor.sweep.fleet import find_sweep
from setapart_auditor.sweep.verdicts import count_statuses

_LISTS = ("new", "cured", "better", "worse", "silent")


class SweepSummary(Struct, frozen=True, kw_only=True):
    """A finished sweep: its number, the moment that it judges, when it ended, devices by status, and what changed.

    `unit` is the only unit that is told of, null for every one.
    """

    sweep: int
    at: dt.datetime
    finished_at: dt.datetime | None
    engine: str
    unit: str | None
    statuses: Mapping[str, int]
    changes: Changes


def has_sweep(connection: Connection, unit: str | None) -> bool:
    """Whether there is a sweep to tell of."""
    try:
        find_sweep(connection, unit=unit)
    except StoreError:
        raise
    except AuditorError:
        return False
    return True


def last_sweep(connection: Connection, unit: str | None) -> SweepSummary:
    """The last finished sweep that tried out no other pack.

    Args:
        connection: one state of the store.
        unit: the only one that is looked at: of a sweep of all units, its devices alone are told.

    Raises:
        AuditorError: there is none.
    """
    swept = find_sweep(connection, unit=unit)
    changes = changes_of(connection, swept)
    return SweepSummary(
        sweep=swept.no,
        at=swept.at,
        finished_at=swept.finished_at,
        engine=swept.engine,
        unit=unit,
        statuses=count_statuses(connection, swept.no, unit=unit),
        changes=changes if unit is None else _of_unit(connection, changes, unit),
    )


def _of_unit(connection: Connection, changes: Changes, unit: str) -> Changes:
    query = select(device.c.name, device.c.unit)
    names = {row.name for row in connection.execute(query) if row.unit.casefold() == unit.casefold()}
    return structs.replace(
        changes, **{kind: tuple(one for one in getattr(changes, kind) if one.name in names) for kind in _LISTS}
    )
