"""Judging every registered device: the sweep, which is kept, and the look, which is not.

A sweep is written a chunk of devices at a time. One that was cut off is gone on with, as of the same moment, by the
next that would judge by the same register and rule on the same day; several at once share the work, and every device
gets one verdict.
"""

import datetime as dt
import hashlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.register.database import devices_by_number, version_of
from setapart_auditor.store.engine import Store, open_engine
from setapart_auditor.store.schema import device, sweep, verdict
from setapart_evidence import __version__
from setapart_evidence.statement import raw_digest

from .judging import Judge, JudgedDevice, make_judge
from .verdicts import NewVerdict, write_verdicts

CHUNK = 200
_SERIAL_UP_TO = 64
"""Devices below which starting workers costs more than it gives."""
_AHEAD = 3
"""Chunks for each worker that are under way at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """A sweep: its number, the moment that it judges, by which policy those without one of their own are judged."""

    no: int
    at: dt.datetime
    started_at: dt.datetime
    finished_at: dt.datetime | None
    pack: str | None
    unit: str | None
    engine: str
    devices: int


def run_sweep(
    installation: Installation,
    policies: Policies,
    now: dt.datetime,
    *,
    pack: str | None = None,
    unit: str | None = None,
    workers: int = 1,
    progress: Callable[[int], None] = lambda _done: None,
) -> Swept:
    """Judges every active device of the register, also those that never reported, and keeps the verdicts.

    Args:
        installation: the auditor.
        policies: to judge by.
        now: the moment.
        pack: that stands in for every unit's: its verdicts are kept, and move no device's status.
        unit: only its devices.
        workers: processes.
        progress: called with the number of devices that are done.

    Raises:
        StoreError: the database fails; what was judged is kept, and the next sweep goes on with it.
        AuditorError: a kept bundle is damaged.
    """
    store = installation.store
    with store.write() as connection:
        swept = _begin(connection, policies, now, pack, unit)
    with store.read() as connection:
        done = set(connection.execute(select(verdict.c.device_no).where(verdict.c.sweep_no == swept.no)).scalars())
        numbers = [no for no in active_numbers(connection, unit) if no not in done]
        judge = make_judge(installation, connection, policies, swept.at)
    progress(len(done))
    for chunk in judge_devices(store, judge, numbers, workers=workers):
        with store.write() as connection:
            _keep(connection, swept, chunk)
        progress(len(chunk))
    with store.write() as connection:
        _finish(connection, swept, now)
        return find_sweep(connection, swept.no)


def judge_devices(
    store: Store, judge: Judge, numbers: Sequence[int], *, workers: int = 1
) -> Iterator[tuple[JudgedDevice, ...]]:
    """Judges devices, some at a time and in order; memory stays the same however many there are.

    Args:
        store: no connection of it may be in use where there is more than one worker.
        judge: what to judge by.
        numbers: the devices'.
        workers: processes to use where there is enough to do.
    """
    chunks = [list(numbers[at : at + CHUNK]) for at in range(0, len(numbers), CHUNK)]
    if workers <= 1 or len(numbers) <= _SERIAL_UP_TO or "fork" not in multiprocessing.get_all_start_methods():
        for chunk in chunks:
            with store.read() as connection:
                yield _judge(connection, judge, chunk)
        return
    chunks = _evenly(numbers, workers)
    store.close()  # a connection must not be used by two processes
    url = store.engine.url.render_as_string(hide_password=False)
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("fork"), initializer=_start, initargs=(url, judge)
    )
    with pool:
        waiting: deque[Future[tuple[JudgedDevice, ...]]] = deque()
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_work, chunk))
                if len(waiting) > workers * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def active_numbers(connection: Connection, unit: str | None = None) -> list[int]:
    """The numbers of the active devices, of all units or of one."""
    query = select(device.c.no, device.c.unit).where(device.c.state == "active").order_by(device.c.no)
    wanted = unit.casefold() if unit is not None else None
    return [row.no for row in connection.execute(query) if wanted is None or row.unit.casefold() == wanted]


def find_sweep(connection: Connection, no: int | None = None, *, unit: str | None = None) -> Swept:
    """A sweep by its number, or the last one that was finished, tried out no other pack and covers a unit (None: all).

    Raises:
        AuditorError: there is none; one of another unit is none either.
    """
    query = select(sweep)
    if no is not None:
        query = query.where(sweep.c.no == no)
    else:
        query = query.where(sweep.c.finished_at.is_not(None), sweep.c.pack.is_(None)).order_by(sweep.c.no.desc())
    wanted = unit.casefold() if unit is not None else None
    any_unit = no is not None and wanted is None
    with connection.execute(query) as rows:
        row = next((one for one in rows if any_unit or one.unit is None or one.unit.casefold() == wanted), None)
    if row is None:
        raise AuditorError(
            "no sweep yet" if no is None else f"no sweep {no}", expected="a finished sweep",
            cure="run `setapart-auditor sweep`",
        )  # fmt: skip
    return Swept(
        no=row.no,
        at=row.at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        pack=row.pack,
        unit=row.unit,
        engine=row.engine,
        devices=row.devices,
    )


def _begin(connection: Connection, policies: Policies, now: dt.datetime, pack: str | None, unit: str | None) -> Swept:
    """The sweep that was cut off, or a new one."""
    wanted = unit.casefold() if unit is not None else None
    inputs = _inputs(policies, version_of(connection))
    cut_off = connection.execute(
        select(sweep.c.no, sweep.c.at, sweep.c.unit)
        .where(sweep.c.finished_at.is_(None), sweep.c.inputs == inputs, sweep.c.engine == __version__)
        .where(sweep.c.pack.is_(None) if pack is None else sweep.c.pack == pack)
        .order_by(sweep.c.no.desc())
    )
    for row in cut_off.all():
        own = row.unit.casefold() if row.unit is not None else None
        if own == wanted and row.at.date() == now.astimezone(dt.UTC).date() and row.at <= now:
            return find_sweep(connection, row.no)
    number = 1 + int(connection.execute(select(func.max(sweep.c.no))).scalar_one() or 0)
    connection.execute(
        insert(sweep).values(
            no=number,
            started_at=now,
            at=now,
            pack=pack,
            unit=unit,
            engine=__version__,
            devices=len(active_numbers(connection, unit)),
            inputs=inputs,
        )
    )
    return find_sweep(connection, number)


def _inputs(policies: Policies, version: int) -> str:
    """What a sweep rests on beside the evidence: the rule of every unit, and the state of the register."""
    units = {unit: policy.digest for unit, policy in sorted(policies.units.items())}
    told = msgspec.json.encode((policies.default.digest, units, version), order="sorted")
    return f"sha256:{hashlib.sha256(told).hexdigest()}"


def _keep(connection: Connection, swept: Swept, chunk: Sequence[JudgedDevice]) -> None:
    """Writes a chunk, but for what another process has written meanwhile."""
    query = select(verdict.c.device_no).where(
        verdict.c.sweep_no == swept.no, verdict.c.device_no.in_([one.no for one in chunk])
    )
    known = set(connection.execute(query).scalars())
    new = [
        NewVerdict(judged=one, evidence_digest=_digest(one), moves=swept.pack is None)
        for one in chunk
        if one.no not in known
    ]
    write_verdicts(connection, new, swept.at, sweep_no=swept.no)


def _digest(judged: JudgedDevice) -> bytes | None:
    evidence = judged.verdict.evidence
    return raw_digest(evidence.digest) if evidence is not None else None


def _finish(connection: Connection, swept: Swept, now: dt.datetime) -> None:
    query = select(verdict.c.status, func.count()).where(verdict.c.sweep_no == swept.no).group_by(verdict.c.status)
    summary = msgspec.json.encode(dict(sorted((row[0], row[1]) for row in connection.execute(query))))
    connection.execute(
        update(sweep)
        .where(sweep.c.no == swept.no, sweep.c.finished_at.is_(None))
        .values(finished_at=now, summary=summary)
    )


def _judge(connection: Connection, judge: Judge, numbers: list[int]) -> tuple[JudgedDevice, ...]:
    return tuple(judge.judge_all(connection, tuple(devices_by_number(connection, numbers))))


def _evenly(numbers: Sequence[int], workers: int) -> list[list[int]]:
    """Chunks small enough that no worker waits for another at the end."""
    size = max(16, min(CHUNK, len(numbers) // (workers * 4)))
    return [list(numbers[at : at + size]) for at in range(0, len(numbers), size)]


_of_worker: tuple[Store, Judge] | None = None


def _start(url: str, judge: Judge) -> None:
    global _of_worker  # noqa: PLW0603 - a worker's one job, given once instead of with every chunk
    _of_worker = Store(engine=open_engine(url)), judge


def _work(numbers: list[int]) -> tuple[JudgedDevice, ...]:
    assert _of_worker is not None
    store, judge = _of_worker
    with store.read() as connection:
        return _judge(connection, judge, numbers)
