"""The register in the store: devices, their keys and stations, as rows and as appraisal wants them."""

import datetime as dt
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, insert, select, update

from setapart_auditor.appraisal.model import Attestation, Registration
from setapart_auditor.errors import RegisterError
from setapart_auditor.policy.model import DeviceClass
from setapart_auditor.store.schema import attestation, device, device_change, device_key, log_state, settlement, station
from setapart_evidence.keys import PublicKey
from setapart_evidence.model import Platform
from setapart_evidence.open import KeyBinding, KeyLookup

from .model import device_binding, station_binding

State = Literal["active", "retired", "replaced", "revoked"]
Origin = Literal["enrolled", "rotated", "registered"]
CHANGEABLE = ("class", "ownership", "holder", "role", "unit", "since", "legal_hold", "state")
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDevice:
    """A device's row: its number, what appraisal is told of it, and what is the register's own."""

    no: int
    registration: Registration
    state: State
    state_since: dt.datetime | None
    serial: str | None
    platform: str | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedKey:
    """A key that may or might speak for a device or as a station, and when."""

    binding: KeyBinding
    valid_from: dt.datetime
    valid_until: dt.datetime | None = None
    station: str | None = field(default=None)

    def held_at(self, when: dt.datetime) -> bool:
        """Whether it was the key then."""
        return self.valid_from <= when and (self.valid_until is None or when < self.valid_until)


def bump(connection: Connection) -> None:
    """Says to everybody who keeps parts of the register in memory that it has changed."""
    connection.execute(update(log_state).values(register_version=log_state.c.register_version + 1))


def version_of(connection: Connection) -> int:
    """The register's version: one more after every change."""
    return int(connection.execute(select(log_state.c.register_version)).scalar_one())


def fold(name: str) -> str:
    """A device's name as it is compared."""
    return name.strip().casefold()


def unenrolled_id(no: int) -> str:
    """The id under which a device is judged that has none of its own yet: no evidence can be of it."""
    return f"unenrolled-{no}"


def find_device(connection: Connection, name: str) -> RegisteredDevice:
    """The device of a name, else of an id.

    Raises:
        RegisterError: there is none; the cure names a near one.
    """
    row = connection.execute(select(device).where(device.c.folded == fold(name))).one_or_none()
    row = row or connection.execute(select(device).where(device.c.id == name.strip())).one_or_none()
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
        query = select(device).where(device.c.no > last).order_by(device.c.no).limit(_AT_ONCE)
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
        query = select(device).where(device.c.no.in_(numbers[at : at + _AT_ONCE])).order_by(device.c.no)
        yield from _with_parts(connection, list(connection.execute(query).all()))


def registrations(connection: Connection) -> Mapping[str, Registration]:
    """The active devices as appraisal wants them, by id."""
    return {one.registration.id: one.registration for one in devices(connection, state="active")}


def add_device(connection: Connection, new: NewDevice, by: str, now: dt.datetime) -> RegisteredDevice:
    """Adds a device.

    Raises:
        RegisterError: a name that can't be one; a name or an id that is taken.
    """
    check_name(new.name)
    taken = connection.execute(select(device.c.name).where(device.c.folded == fold(new.name))).scalar_one_or_none()
    if taken is not None:
        raise RegisterError(f"`{taken}` is a device already", expected="a new name")
    if new.id is not None:
        owner = connection.execute(select(device.c.name).where(device.c.id == new.id)).scalar_one_or_none()
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
        "platform": new.platform,
        "class": new.device_class,
        "ownership": new.ownership,
        "holder": new.holder.strip(),
        "role": new.role.strip(),
        "unit": new.unit.strip(),
        "since": new.since,
        "created_at": now,
    }


def check_name(name: str) -> None:
    """Returns if a device may be called so.

    Raises:
        RegisterError: empty, too long, or with characters that can't be printed.
    """
    tidy = name.strip()
    if not tidy or len(tidy) > 128 or not tidy.isprintable():  # noqa: PLR2004
        raise RegisterError(f"a device called {name[:60]!r}", expected="1 to 128 printable characters")


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
    wanted = {name: value for name, value in changes.items() if old[name] != value}
    if {"class", "holder"} & wanted.keys() and "since" not in changes:
        wanted["since"] = now.date()
    if not wanted:
        return found
    if "state" in wanted:
        wanted.setdefault("state_since", changes.get("state_since", now))
    connection.execute(update(device).where(device.c.no == found.no).values(**wanted))
    for name, value in wanted.items():
        note_change(connection, found.no, name, old[name], value, by=by, now=now, why=why)
    bump(connection)
    return find_device(connection, found.name)


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
    connection.execute(
        insert(device_change).values(device_no=no, at=now, by=by, field=name, old=_told(old), new=_told(new), why=why)
    )


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
        id_ = key.keyid
    bump(connection)
    return str(id_)


class StoredKeys(KeyLookup):
    """The keys that speak now: each device's present one, and the stations'."""

    def __init__(self, connection: Connection) -> None:
        self._device, self._station = _dated_keys(connection, present=True)

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """The device's own key, and the key of the named station if that station is registered."""
        own = tuple(one.binding for one in self._device.get(device, ()))
        other = self._station.get(station) if station is not None and device in self._device else None
        return own if other is None else (*own, other.binding)


class AllKeys(KeyLookup):
    """Also the keys of before: evidence that arrived while one was valid stays evidence."""

    def __init__(self, connection: Connection) -> None:
        self._device, self._station = _dated_keys(connection, present=False)
        self._dated = {
            one.binding.key.keyid: one
            for one in (*(key for keys in self._device.values() for key in keys), *self._station.values())
        }

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """All keys that the device ever had, and the key of the named station."""
        own = tuple(one.binding for one in self._device.get(device, ()))
        other = self._station.get(station) if station is not None and device in self._device else None
        return own if other is None else (*own, other.binding)

    def held_at(self, keyid: str, when: dt.datetime) -> bool:
        """Whether a key was valid at a moment."""
        dated = self._dated.get(keyid)
        return dated is not None and dated.held_at(when)


def _dated_keys(
    connection: Connection, *, present: bool
) -> tuple[dict[str, tuple[DatedKey, ...]], dict[str, DatedKey]]:
    """By device id, the keys (devices without one have an empty tuple: stations may speak for them); by key id."""
    query: Select[Any] = select(device.c.id, device_key).select_from(
        device.outerjoin(device_key, device_key.c.device_no == device.c.no)
    )
    found: dict[str, tuple[DatedKey, ...]] = {}
    for row in connection.execute(query.where(device.c.id.is_not(None)).order_by(device_key.c.valid_from)):
        keys = found.setdefault(row.id, ())
        if row.spki is None or (present and row.valid_until is not None):
            continue
        binding = device_binding(PublicKey.from_spki(row.spki), hardware=row.hardware)
        found[row.id] = (*keys, DatedKey(binding=binding, valid_from=row.valid_from, valid_until=row.valid_until))
    stations: dict[str, DatedKey] = {}
    for row in connection.execute(select(station)):
        if present and row.valid_until is not None:
            continue
        binding = station_binding(PublicKey.from_spki(row.spki))
        stations[row.keyid] = DatedKey(
            binding=binding, valid_from=row.valid_from, valid_until=row.valid_until, station=row.name
        )
    return found, stations


def _with_parts(connection: Connection, rows: "list[Row[Any]]") -> Iterator[RegisteredDevice]:
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
        settled[one.device_no] = (*settled.get(one.device_no, ()), f"sha256:{one.digest.hex()}")
    for row in rows:
        columns = row._mapping  # noqa: SLF001 - `class` is a word of Python's
        yield RegisteredDevice(
            no=row.no,
            registration=Registration(
                name=row.name,
                id=row.id or unenrolled_id(row.no),
                device_class=columns["class"],
                ownership=row.ownership,
                holder=row.holder,
                role=row.role,
                unit=row.unit,
                since=row.since,
                settled=settled.get(row.no, ()),
                attestations=attested.get(row.no, ()),
            ),
            state=row.state,
            state_since=row.state_since,
            serial=row.serial,
            platform=row.platform,
            legal_hold=row.legal_hold,
            enrolled=row.id is not None,
        )


def _told(value: object) -> str | None:
    return None if value is None else str(value)
