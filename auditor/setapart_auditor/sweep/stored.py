"""Judging what has come in: every stored report gets a verdict, once, in the order of arrival.

A batch is judged from one state of the store and written in one transaction, the oldest reports first; so the reports
that have a verdict are always the first ones, and where to go on is found without reading the others.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select

from setapart_auditor.installation import Installation, Policies
from setapart_auditor.register.database import RegisteredDevice, devices_by_number
from setapart_auditor.store.schema import evidence, verdict

from .judging import Judge, make_judge
from .reading import read_histories
from .verdicts import NewVerdict, write_verdicts

_AT_ONCE = 200
_QUARANTINED = "quarantined"
_IS_JUDGED = exists().where(verdict.c.evidence_digest == evidence.c.digest, verdict.c.sweep_no.is_(None))


def appraise_pending(installation: Installation, policies: Policies, now: dt.datetime, limit: int = 1000) -> int:
    """Judges reports that have no verdict yet, each as its device was known to be when it had come in.

    Two processes may do so at once, and either may die at any moment: nothing is judged twice or left out. What is
    quarantined is never judged.

    Args:
        installation: the auditor.
        policies: of its units.
        now: the moment.
        limit: how many reports at most.

    Returns:
        How many reports were looked at; 0 once there are none.

    Raises:
        StoreError: the database fails.
        AuditorError: a kept bundle is damaged.
    """
    with installation.store.read() as connection:
        waiting = _waiting(connection, limit)
        if not waiting:
            return 0
        owners = {one.no: one for one in devices_by_number(connection, sorted({row.device_no for row in waiting}))}
        judge = make_judge(installation, connection, policies, now, of=tuple(owners.values()))
        found = sorted(_judged(connection, judge, waiting, owners), key=lambda pair: pair[0])
    with installation.store.write() as connection:
        known = _judged_already(connection, [row.digest for row in waiting])
        write_verdicts(connection, [one for _, one in found if one.evidence_digest not in known], now)
    return len(waiting)


def _judged(
    connection: Connection, judge: Judge, waiting: "Sequence[Row[Any]]", owners: Mapping[int, RegisteredDevice]
) -> Iterator[tuple[int, NewVerdict]]:
    """A verdict of each report, with its number: first of the first report of every device, then of the second."""
    by_device: dict[int, list[Row[Any]]] = {}
    for row in waiting:
        by_device.setdefault(row.device_no, []).append(row)
    turn = 0
    while rows := [own[turn] for own in by_device.values() if len(own) > turn]:
        turn += 1
        for at in range(0, len(rows), _AT_ONCE):
            chunk = {row.device_no: row for row in rows[at : at + _AT_ONCE]}
            histories = read_histories(
                connection,
                [owners[no] for no in chunk],
                judge.at,
                up_to={no: row.no for no, row in chunk.items()},
            )
            for stored in histories:
                row = chunk[stored.device.no]
                moves = stored.device.state == "active"
                yield row.no, NewVerdict(judged=judge.judge(stored), evidence_digest=row.digest, moves=moves)


def _waiting(connection: Connection, limit: int) -> "Sequence[Row[Any]]":
    first = _first_unjudged(connection)
    if first is None:
        return ()
    query: Select[Any] = (
        select(evidence.c.no, evidence.c.device_no, evidence.c.digest)
        .where(evidence.c.no >= first, evidence.c.outcome != _QUARANTINED, ~_IS_JUDGED)
        .order_by(evidence.c.no)
        .limit(limit)
    )
    return connection.execute(query).all()


def _first_unjudged(connection: Connection) -> int | None:
    """The number from which on reports wait, found by halving."""
    last = connection.execute(select(func.max(evidence.c.no))).scalar_one()
    if last is None:
        return None
    low, high = 1, int(last) + 1
    probe = select(evidence.c.no, _IS_JUDGED.label("judged")).where(evidence.c.outcome != _QUARANTINED)
    while low < high:
        middle = (low + high) // 2
        query = probe.where(evidence.c.no >= middle, evidence.c.no < high).order_by(evidence.c.no).limit(1)
        row = connection.execute(query).one_or_none()
        if row is None or not row.judged:
            high = middle
        else:
            low = row.no + 1
    return low if low <= last else None


def _judged_already(connection: Connection, digests: Sequence[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for at in range(0, len(digests), _AT_ONCE):
        query = select(verdict.c.evidence_digest).where(
            verdict.c.evidence_digest.in_(digests[at : at + _AT_ONCE]), verdict.c.sweep_no.is_(None)
        )
        found.update(map(bytes, connection.execute(query).scalars()))
    return found
