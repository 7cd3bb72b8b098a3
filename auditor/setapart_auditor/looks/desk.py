"""The officers' desk: whose token it is, whether they may look at what they ask for, the record, and the answer.

What is not there and what is another unit's are one: neither is recorded, and both end in `AbsentError`.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.log.append import Entry, append
from setapart_auditor.officers.actor import Actor
from setapart_auditor.officers.tokens import actor_of_token
from setapart_auditor.officers.trail import Act
from setapart_auditor.register.database import RegisteredDevice, devices_by_number, fold
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import device
from setapart_auditor.sweep.look import examine
from setapart_auditor.sweep.story import Story, story_of

from .asks import Ask, Call, DeviceAsk, DevicesAsk, HistoryAsk, SweepAsk
from .explained import Explained, explained
from .page import DevicePage, read_page, units_of
from .readers import READERS
from .swept import SweepSummary, has_sweep, last_sweep

_LONGEST_NAME = 128
_KINDS = {DevicesAsk: "list-read", DeviceAsk: "device-read", HistoryAsk: "device-read", SweepAsk: "sweep-read"}
Answer = DevicePage | Explained | Story | SweepSummary


class UnauthenticatedError(NotAllowedError):
    """No token of an officer that is good now; why not is nobody's to know."""


class AbsentError(AuditorError):
    """Nothing that this officer may see, or nothing at all."""

    def __init__(self) -> None:
        super().__init__("nothing here", expected="a device, a unit or a sweep that its reader may see")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A request that may be answered: who asks, and the device, or the spellings of the only unit that it is about."""

    actor: Actor
    ask: Ask
    at: dt.datetime
    device: RegisteredDevice | None = None
    units: tuple[str, ...] | None = None


def admit(store: Store, calls: Sequence[Call]) -> tuple[Admitted | AuditorError, ...]:
    """Lets in those who may look, and writes all their looks down in one transaction, before anything is shown.

    Returns:
        For each call, that it may be answered, or why not: UnauthenticatedError, NotAllowedError for a role that does
        not read, AbsentError.

    Raises:
        StoreError: the database fails; nobody is let in.
    """
    with store.read() as connection:
        found = tuple(_admitted(connection, call) for call in calls)
    entries = [_entry(one) for one in found if isinstance(one, Admitted)]
    if entries:
        with store.write() as connection:
            append(connection, entries)
    return found


def answer(installation: Installation, policies: Policies, admitted: Admitted) -> Answer:
    """What was asked for.

    Raises:
        AuditorError: no cursor; a kept bundle is damaged.
        StoreError: the database fails.
    """
    ask, now = admitted.ask, admitted.at
    if isinstance(ask, DevicesAsk):
        return read_page(installation, policies, ask, admitted.units, now)
    if isinstance(ask, DeviceAsk):
        assert admitted.device is not None
        return explained(examine(installation, policies, admitted.device, now), now)
    with installation.store.read() as connection:
        if isinstance(ask, HistoryAsk):
            assert admitted.device is not None
            return story_of(connection, admitted.device, most=ask.limit)
        return last_sweep(connection, admitted.actor.unit)


def _admitted(connection: Connection, call: Call) -> Admitted | AuditorError:
    ask = call.ask
    try:
        actor = actor_of_token(connection, call.token, call.at)
    except NotAllowedError as exc:
        return UnauthenticatedError(exc.got, expected=exc.expected, cure=exc.cure)
    try:
        actor.require(*READERS)
    except NotAllowedError as exc:
        return exc
    found, units = None, None
    if isinstance(ask, DevicesAsk):
        unit = actor.unit if ask.unit is None else ask.unit
        if unit is not None:
            units = units_of(connection, unit)
            if ask.unit is not None and not (units and actor.sees(unit)):
                return AbsentError()
    elif isinstance(ask, DeviceAsk | HistoryAsk):
        found = _device(connection, actor, ask.device)
        if found is None:
            return AbsentError()
    elif not has_sweep(connection, actor.unit):
        return AbsentError()
    return Admitted(actor=actor, ask=ask, at=call.at, device=found, units=units)


def _device(connection: Connection, actor: Actor, name: str) -> RegisteredDevice | None:
    """The device of a name, else of an id, in the officer's unit.

    One question, whatever there is: how long it takes tells nothing, and no near name is looked for.
    """
    if len(name) > _LONGEST_NAME or not name.isprintable():
        return None
    query = select(device.c.no, device.c.folded, device.c.unit).where(
        or_(device.c.folded == fold(name), device.c.id == name.strip())
    )
    rows = sorted(connection.execute(query), key=lambda row: row.folded != fold(name))
    if not rows or not actor.sees(rows[0].unit):
        return None
    return next(devices_by_number(connection, [rows[0].no]))


def _entry(one: Admitted) -> Entry:
    ask = one.ask
    about = one.device.name if one.device is not None else one.actor.unit or ""
    detail = {"by": "http"}
    if isinstance(ask, DevicesAsk):
        about = about if ask.unit is None else ask.unit
        filters = {"class": ask.class_, "status": ask.status}
        detail |= {name: value for name, value in filters.items() if value is not None}
    elif isinstance(ask, HistoryAsk):
        detail["by"] = "http history"
    return Entry(
        kind=_KINDS[type(ask)], at=one.at, record=Act(who=one.actor.name, about=about, why=ask.why, detail=detail)
    )
