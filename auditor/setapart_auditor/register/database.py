"""The register in the store: devices, their keys and stations, as rows and as appraisal wants them."""

import datetime as dt
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, insert, select, update

from setapart_auditor.appraisal.model import Attestation, Registration
from setapart_auditor.errors import RegisterError
from setapart_auditor.policy.model import DeviceClass
from setapart_auditor.policy.refusals import YEARS
from setapart_auditor.store.schema import attestation, device, device_change, device_key, log_state, settlement, station
from setapart_evidence.keys import PublicKey
from setapart_evidence.model import Platform
from setapart_evidence.statement import digest_text

State = Literal["active", "retired", "replaced", "revoked"]
Origin = Literal["enrolled", "rotated", "registered"]
CHANGEABLE = ("class", "ownership", "holder", "role", "unit", "since", "legal_hold", "state")
LONGEST = {"name": 128, "holder": 128, "role": 64, "unit": 128, "serial": 128, "id": 128}
"""Characters of a device's texts, as in register.toml."""
_UNENROLLED = re.compile(r"unenrolled-\d+", re.IGNORECASE)
_AT_ONCE = 5000
_DEVICES = select(
    *(
        device.c[name]
        for name in (
            "no",
            "name",
            "id",
            "class",
            "ownership",
            "holder",
            "role",
            "unit",
            "since",
            "state",
            "state_since",
            "serial",
            "platform",
            "legal_hold",
        )
    )
)
"""What `_with_parts` unpacks, in this order: a hundred thousand rows are read by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDevice:
    """A device's row: its number, what appraisal is told of it, and what is the register's own."""

    no: int
    registration: Registration
    state: State
    state_since: dt.datetime | None
    serial: str | None
    platform: Platform | None
    legal_hold: bool
    enrolled: bool

    @property
    def name(self) -> str:
        """Its name in the register."""
        return self.registration.name


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device to add; `id` is what its evidence calls it, if that is known before it is enrolled."""

    name: str
    device_class: DeviceClass
    ownership: Literal["organisation", "private"] = "organisation"
    holder: str = ""
    role: str = ""
    unit: str = ""
    since: dt.date | None = None
    id: str | None = None
    serial: str | None = None
    platform: Platform | None = None


def bump(connection: Connection) -> None:
    """Says to everybody who keeps parts of the register in memory that it has changed."""
    connection.execute(update(log_state).values(register_version=log_state.c.register_version + 1))


def version_of(connection: Connection) -> int:
    """The register's version: one more after every change."""
    return int(connection.execute(select(log_state.c.register_version)).scalar_one())


def fold(name: str) -> str:
    """A device's name or serial as it is compared."""
    return name.strip().casefold()


def unenrolled_id(no: int) -> str:
    """The id under which a device is judged that has none of its own yet: no evidence can be of it."""
    return f"unenrolled-{no}"


def is_unenrolled(id_: str) -> bool:
    """Whether an id only says that its device has none yet."""
    return _UNENROLLED.fullmatch(id_) is not None


def find_device(connection: Connection, name: str) -> RegisteredDevice:
    """The device of a name, else of an id.

    Raises:
        RegisterError: there is none; the cure names a near one.
    """
    row = connection.execute(_DEVICES.where(device.c.folded == fold(name))).one_or_none()
    row = row or connection.execute(_DEVICES.where(device.c.id == name.strip())).one_or_none()
    if row is None:
        names = connection.execute(select(device.c.name).limit(100_000)).scalars().all()
        near = difflib.get_close_matches(name, names, 1)
        raise RegisterError(
            f"no device `{name[:128]}`", expected="a name of `setapart-auditor device list`",
            cure=f"did you mean `{near[0]}`?" if near else "",
        )  # fmt: skip
    return next(_with_parts(connection, [row]))


def devices(
    connection: Connection, *, unit: str | None = None, state: State | None = None
) -> Iterator[RegisteredDevice]:
    """Every device, by number, a part of the table at a time."""
    last = 0
    while True:
        query = _DEVICES.where(device.c.no > last).order_by(device.c.no).limit(_AT_ONCE)
        if state is not None:
            query = query.where(device.c.state == state)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].no
        wanted = [row for row in rows if unit is None or row.unit.casefold() == unit.casefold()]
        yield from _with_parts(connection, wanted)


def devices_by_number(connection: Connection, numbers: list[int]) -> Iterator[RegisteredDevice]:
    """The devices of these numbers, in order of number."""
    for at in range(0, len(numbers), _AT_ONCE):
        query = _DEVICES.where(device.c.no.in_(numbers[at : at + _AT_ONCE])).order_by(device.c.no)
        yield from _with_parts(connection, list(connection.execute(query).all()))


def numbers_of_serial(connection: Connection, serial: str) -> Mapping[int, str]:
    """The active devices with a serial: numbers and units. As in a device's id, case and surrounding space don't count.

    Source: `setapart_evidence.identity.hardware_id`.
    """
    query = select(device.c.no, device.c.unit).where(device.c.serial_folded == fold(serial), device.c.state == "active")
    return {row.no: row.unit for row in connection.execute(query.order_by(device.c.no))}


def units_of_serial(connection: Connection, serial: str) -> frozenset[str]:
    """The units of the active devices with a serial."""
    return frozenset(numbers_of_serial(connection, serial).values())


def registrations(connection: Connection) -> Mapping[str, Registration]:
    """The active devices as appraisal wants them, by id."""
    return {one.registration.id: one.registration for one in devices(connection, state="active")}


def add_device(connection: Connection, new: NewDevice, by: str, now: dt.datetime) -> RegisteredDevice:
    """Adds a device.

    Raises:
        RegisterError: a text that can't be one; a name or an id that is taken.
    """
    check_new(new)
    named = select(device.c.name).where((device.c.folded == fold(new.name)) | (device.c.id == new.name.strip()))
    taken = connection.execute(named).scalars().first()
    if taken is not None:
        raise RegisterError(f"`{taken}` is a device already", expected="a new name")
    if new.id is not None:
        known = select(device.c.name).where((device.c.id == new.id) | (device.c.folded == fold(new.id)))
        owner = connection.execute(known).scalars().first()
        if owner is not None:
            raise RegisterError(f"the id of `{owner}`", expected="an id of its own")
    number = connection.execute(insert(device).values(**row_of(new, now))).inserted_primary_key[0]  # type: ignore[index]
    note_change(connection, number, "added", None, new.device_class, by=by, now=now)
    bump(connection)
    return find_device(connection, new.name)


def row_of(new: NewDevice, now: dt.datetime) -> dict[str, Any]:
    """The columns of a new device."""
    return {
        "name": new.name.strip(),
        "folded": fold(new.name),
        "id": new.id,
        "serial": new.serial,
        "serial_folded": fold(new.serial) if new.serial is not None else None,
        "platform": new.platform,
        "class": new.device_class,
        "ownership": new.ownership,
        "holder": new.holder,
        "role": new.role,
        "unit": new.unit,
        "since": new.since,
        "created_at": now,
    }


def check_new(new: NewDevice) -> None:
    """Returns if a device may be registered so.

    Raises:
        RegisterError: a text that is too long or can't be printed, no name, an id that says there is none, an odd year.
    """
    check_texts({name: getattr(new, name) for name in LONGEST})
    if new.id is not None and is_unenrolled(new.id):
        raise RegisterError(f"`{new.id}`", expected="an id as evidence states it", cure="leave it out")
    check_day(new.since)


def check_texts(texts: Mapping[str, str | None]) -> None:
    """Returns if these texts of a device, by column, are printable and no longer than they may be; a name is needed.

    Raises:
        RegisterError: one is not.
    """
    for name, text in texts.items():
        if text is not None and (len(text) > LONGEST[name] or not text.isprintable()):
            raise RegisterError(f"{name} {text[:60]!r}", expected=f"at most {LONGEST[name]} printable characters")
        if name in {"name", "serial", "id"} and text is not None and not text.strip():
            raise RegisterError(f"no {name}", expected="something that can be seen")


def check_day(day: dt.date | None) -> None:
    """Returns if a day's year is one that somebody means.

    Raises:
        RegisterError: it is not.
    """
    if day is not None and day.year not in YEARS:
        raise RegisterError(f"{day}", expected=f"a year from {YEARS[0]} to {YEARS[-1]}")


def change_device(
    connection: Connection,
    found: RegisteredDevice,
    changes: Mapping[str, Any],
    by: str,
    now: dt.datetime,
    *,
    why: str = "",
) -> RegisteredDevice:
    """Changes fields of a device (`CHANGEABLE`), each with its date.

    A change of class or holder sets `since` to the day, unless `since` is given: what was granted before it does not
    go along.
    """
    old = connection.execute(select(device).where(device.c.no == found.no)).mappings().one()
    wanted = wanted_changes(old, changes, now)
    if not wanted:
        return found
    connection.execute(update(device).where(device.c.no == found.no).values(**wanted))
    for name, value in wanted.items():
        note_change(connection, found.no, name, old[name], value, by=by, now=now, why=why)
    bump(connection)
    return find_device(connection, found.name)


def wanted_changes(old: Mapping[Any, Any], changes: Mapping[str, Any], now: dt.datetime) -> dict[str, Any]:
    """What really changes in a row, with what has to change along: `since` with class and holder, `state_since`.

    Raises:
        RegisterError: a text or a day that can't be one.
    """
    check_texts({name: value for name, value in changes.items() if name in LONGEST})
    check_day(changes.get("since"))
    wanted = {name: value for name, value in changes.items() if old[name] != value}
    if {"class", "holder"} & wanted.keys() and "since" not in changes and old["since"] != now.date():
        wanted["since"] = now.date()
    if "state" in wanted:
        wanted.setdefault("state_since", now)
    return wanted


def change_row(
    no: int, name: str, old: object, new: object, *, by: str, now: dt.datetime, why: str = ""
) -> dict[str, Any]:
    """The columns of one changed field."""
    return {
        "device_no": no, "at": now, "by": by, "field": name, "old": _told(old), "new": _told(new), "why": why
    }  # fmt: skip


def note_change(
    connection: Connection,
    no: int,
    name: str,
    old: object,
    new: object,
    *,
    by: str,
    now: dt.datetime,
    why: str = "",
) -> None:
    """Writes down one changed field."""
    connection.execute(insert(device_change).values(change_row(no, name, old, new, by=by, now=now, why=why)))


def bind_key(
    connection: Connection, no: int, key: PublicKey, *, hardware: bool, origin: Origin, now: dt.datetime
) -> str:
    """Gives a device its key. The first key's id becomes the device's id; a later key ends the earlier one.

    Returns:
        The device's id.

    Raises:
        RegisterError: the key is another device's or a station's.
    """
    for table in (device_key, station):
        if connection.execute(select(table.c.no).where(table.c.keyid == key.keyid)).one_or_none() is not None:
            raise RegisterError("a key that is in the register already", expected="a key of its own")
    connection.execute(
        update(device_key)
        .where(device_key.c.device_no == no, device_key.c.valid_until.is_(None))
        .values(valid_until=now)
    )
    connection.execute(
        insert(device_key).values(
            device_no=no, keyid=key.keyid, spki=key.spki, hardware=hardware, origin=origin, valid_from=now
        )
    )
    id_ = connection.execute(select(device.c.id).where(device.c.no == no)).scalar_one()
    if id_ is None:
        connection.execute(update(device).where(device.c.no == no).values(id=key.keyid))
        note_change(connection, no, "id", None, key.keyid, by=origin, now=now)
        id_ = key.keyid
    bump(connection)
    return str(id_)


def _with_parts(connection: Connection, rows: Sequence[Any]) -> Iterator[RegisteredDevice]:
    """Rows of `device` with their attestations and settled forks, of which few devices have any."""
    numbers = [row.no for row in rows]
    few = len(numbers) == 1

    def of(query: "Select[Any]", column: Any) -> "Iterator[Row[Any]]":  # noqa: ANN401
        yield from connection.execute(query.where(column == numbers[0]) if few else query)

    attested: dict[int, tuple[Attestation, ...]] = {}
    for one in of(select(attestation), attestation.c.device_no):
        made = Attestation(client=one.client, by=one.by, date=one.date, until=one.until)
        attested[one.device_no] = (*attested.get(one.device_no, ()), made)
    settled: dict[int, tuple[str, ...]] = {}
    query = select(settlement).where(settlement.c.second_folded.is_not(None))
    for one in of(query, settlement.c.device_no):
        settled[one.device_no] = (*settled.get(one.device_no, ()), digest_text(one.digest))
    for (
        no, name, id_, class_, ownership, holder, role, unit, since, state, state_since, serial, platform, legal_hold,
    ) in rows:  # fmt: skip
        yield RegisteredDevice(
            no=no,
            registration=Registration(
                name=name,
                id=id_ or unenrolled_id(no),
                device_class=class_,
                ownership=ownership,
                holder=holder,
                role=role,
                unit=unit,
                since=since,
                settled=settled.get(no, ()),
                attestations=attested.get(no, ()),
            ),
            state=state,
            state_since=state_since,
            serial=serial,
            platform=platform,
            legal_hold=legal_hold,
            enrolled=id_ is not None,
        )


def _told(value: object) -> str | None:
    return None if value is None else str(value)
