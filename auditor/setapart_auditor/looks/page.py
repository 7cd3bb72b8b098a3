"""A page of devices as they were last judged: on arrival of a report, or by a sweep.

No row is older than a day and an hour: a verdict that is, a device without any, and one whose stored verdict is damaged
are judged as the page is made. Else a device that fell silent would stay green for as long as nobody sweeps.

Pages follow the order of names, and a cursor is a place in it: devices that are added meanwhile move no other one, and
a cursor tells nothing of devices that its reader does not see.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import Connection, Row, Select, or_, select

from setapart_auditor.errors import StoreError
from setapart_auditor.export.row import DeviceRow, row_of
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.register.database import devices_by_number
from setapart_auditor.store.schema import device, sweep, verdict
from setapart_auditor.sweep.judging import make_judge
from setapart_auditor.sweep.verdicts import statuses_of, unpack

from .asks import DevicesAsk, cursor_of, place_of

GOOD_FOR = dt.timedelta(hours=25)
"""How long a verdict stands for its device: a daily sweep, and an hour for it to be late."""
_LOOKED_AT = 5000
_JUDGED = 500
_AT_ONCE = 250


class ListedDevice(DeviceRow, frozen=True, kw_only=True):
    """A device, and the moment that it was judged as of."""

    judged_at: dt.datetime


class DevicePage(Struct, frozen=True, kw_only=True):
    """Devices by name. While there is a `next` there may be more, also after a page that is short or empty."""

    devices: tuple[ListedDevice, ...]
    next: str | None


def units_of(connection: Connection, unit: str) -> tuple[str, ...]:
    """The spellings of a unit among active devices; none if it has none."""
    query = select(device.c.unit).where(device.c.state == "active").distinct()
    wanted = unit.casefold()
    return tuple(sorted(one for one in connection.execute(query).scalars() if one.casefold() == wanted))


def read_page(
    installation: Installation,
    policies: Policies,
    ask: DevicesAsk,
    units: Sequence[str] | None,
    now: dt.datetime,
) -> DevicePage:
    """The page that is asked for.

    Args:
        installation: the auditor.
        policies: to judge by what has no verdict that stands.
        ask: what is asked for.
        units: the spellings of the only unit that is looked at, None for every unit.
        now: the moment.

    Raises:
        AuditorError: no cursor; a kept bundle is damaged.
        StoreError: the database fails.
    """
    with installation.store.read() as connection:
        return _Reading(connection, installation, policies, ask, now).page(units)


class _Reading:
    """The making of one page, from one state of the store."""

    def __init__(
        self, connection: Connection, installation: Installation, policies: Policies, ask: DevicesAsk, now: dt.datetime
    ) -> None:
        self._connection = connection
        self._installation = installation
        self._policies = policies
        self._ask = ask
        self._now = now
        self._rows: list[ListedDevice] = []
        self._after = place_of(ask.cursor)
        self._looked_at = 0
        self._judged_anew = 0

    def page(self, units: Sequence[str] | None) -> DevicePage:
        while True:
            wanted = _AT_ONCE if self._ask.status is not None else min(self._ask.limit - len(self._rows), _AT_ONCE)
            query = _query(self._ask, units, self._after).limit(wanted + 1)
            candidates = self._connection.execute(query).all()
            is_last = self._take(candidates[:wanted]) and len(candidates) <= wanted
            if is_last or self._is_full():
                return DevicePage(devices=tuple(self._rows), next=None if is_last else cursor_of(self._after))

    def _is_full(self) -> bool:
        return len(self._rows) >= self._ask.limit or self._looked_at >= _LOOKED_AT or self._judged_anew >= _JUDGED

    def _take(self, chunk: "Sequence[Row[Any]]") -> bool:
        """Takes what is asked for out of a chunk, up to the limit. Returns whether it came to the chunk's end."""
        wanted = self._ask.status
        standing = {one.no for one in chunk if one.verdict_no is not None and one.judged_at > self._now - GOOD_FOR}
        shown = self._stored([one for one in chunk if one.no in standing and wanted in {None, one.status}])
        old = [
            one.no for one in chunk if one.no not in shown and (wanted in {None, one.status} or one.no not in standing)
        ]
        shown |= self._judged(old)
        for one in chunk:
            row = shown.get(one.no)
            if row is not None and wanted in {None, row.status}:
                if len(self._rows) == self._ask.limit:
                    return False
                self._rows.append(row)
            self._after = one.folded
            self._looked_at += 1
        return True

    def _stored(self, rows: "Sequence[Row[Any]]") -> dict[int, ListedDevice]:
        """By the device's number, what is stored; a damaged verdict is left out."""
        if not rows:
            return {}
        since = statuses_of(self._connection, [one.no for one in rows])
        query = select(verdict.c.no, verdict.c.body).where(verdict.c.no.in_([one.verdict_no for one in rows]))
        bodies: dict[int, bytes] = {row.no: row.body for row in self._connection.execute(query)}
        found: dict[int, ListedDevice] = {}
        for one in rows:
            try:
                read = unpack(bodies[one.verdict_no])
            except StoreError:
                continue
            if read.status == one.status:
                word, moment = since.get(one.no, ("", one.judged_at))
                row = row_of(read, one.unit, moment if word == read.status else one.judged_at)
                found[one.no] = _listed(row, one.judged_at)
        return found

    def _judged(self, numbers: list[int]) -> dict[int, ListedDevice]:
        """By their numbers, devices as of now."""
        if not numbers:
            return {}
        self._judged_anew += len(numbers)
        devices = tuple(devices_by_number(self._connection, sorted(numbers)))
        judge = make_judge(self._installation, self._connection, self._policies, self._now, of=devices)
        since = statuses_of(self._connection, numbers)
        found: dict[int, ListedDevice] = {}
        for one in judge.judge_all(self._connection, devices):
            word, moment = since.get(one.no, ("", self._now))
            row = row_of(one.verdict, one.unit, moment if word == one.verdict.status else self._now)
            found[one.no] = _listed(row, self._now)
        return found


def _query(ask: DevicesAsk, units: Sequence[str] | None, after: str) -> Select[Any]:
    """Devices behind a name, each with its newest verdict that moved statuses."""
    any_ = verdict.alias("any_verdict")
    newest = (
        select(any_.c.no)
        .outerjoin(sweep, sweep.c.no == any_.c.sweep_no)
        .where(any_.c.device_no == device.c.no, or_(any_.c.sweep_no.is_(None), sweep.c.pack.is_(None)))
        .order_by(any_.c.judged_at.desc(), any_.c.no.desc())
        .limit(1)
        .correlate(device)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(
            device.c.no, device.c.folded, device.c.unit, verdict.c.no.label("verdict_no"), verdict.c.status,
            verdict.c.judged_at,
        )
        .select_from(device)
        .outerjoin(verdict, verdict.c.no == newest)
        .where(device.c.state == "active", device.c.folded > after)
        .order_by(device.c.folded)
    )  # fmt: skip
    if units is not None:
        query = query.where(device.c.unit.in_(units))
    return query if ask.class_ is None else query.where(device.c["class"] == ask.class_)


def _listed(row: DeviceRow, judged_at: dt.datetime) -> ListedDevice:
    return ListedDevice(**structs.asdict(row), judged_at=judged_at)
