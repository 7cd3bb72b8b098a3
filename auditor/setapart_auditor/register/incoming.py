"""Many devices at once: what a file says of them beside what the register has, then all of it or nothing."""

import datetime as dt
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from setapart_auditor.appraisal.model import Attestation
from setapart_auditor.errors import RegisterError
from setapart_auditor.store.schema import attestation, device, device_change, device_key, station
from setapart_evidence.open import KeyBinding

from .database import (
    NewDevice,
    State,
    bump,
    change_row,
    check_new,
    fold,
    is_unenrolled,
    row_of,
    unenrolled_id,
    wanted_changes,
)

AT_ONCE = 5000
"""Rows in one statement."""
_IDENTITY = ("id", "serial", "platform")
_MOST_NAMES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A device as a file has it.

    Attributes:
        place: where: a line of CSV, the position of a `[[device]]`.
        new: its fields; `id` is what evidence calls it, if the file says so or says what makes it.
        key: its own key.
        state, state_since: only of CSV.
        settled, attestations: only of TOML.
    """

    place: int
    new: NewDevice
    key: KeyBinding | None = None
    state: State = "active"
    state_since: dt.datetime | None = None
    settled: tuple[str, ...] = ()
    attestations: tuple[Attestation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A device that the file has otherwise than the register: its row, the columns that change, new attestations."""

    incoming: Incoming
    old: Mapping[Any, Any] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)
    attestations: tuple[Attestation, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What changes."""
        return (*sorted(self.values), *(("attestation",) if self.attestations else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an import would do; nothing is to be done while there are errors."""

    added: tuple[Incoming, ...]
    changed: tuple[Change, ...]
    unchanged: tuple[Incoming, ...]
    errors: tuple[RegisterError, ...]

    @property
    def units(self) -> frozenset[str]:
        """The units that it touches, before and after."""
        after = {one.new.unit for one in (*self.added, *(change.incoming for change in self.changed), *self.unchanged)}
        return frozenset(after | {change.old["unit"] for change in self.changed})


@dataclass(slots=True, kw_only=True)
class _Known:
    """The register as it is: rows by folded name, names by id, keys by device and owners by key."""

    rows: dict[str, Row[Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    attested: dict[int, set[Attestation]] = field(default_factory=dict)


def plan(
    connection: Connection,
    incoming: Sequence[Incoming],
    now: dt.datetime,
    *,
    where: Callable[[int], str],
    may_change: bool,
    sees: Callable[[str], bool] = lambda _unit: True,
) -> Plan:
    """Compares what came with the register.

    Args:
        connection: of the transaction that is to carry the plan out.
        incoming: the file's devices.
        now: the day of changes.
        where: a place as people find it in the file.
        may_change: whether devices that the register has otherwise are changed; else they are errors.
        sees: whether a unit is one of who imports; a device of another is told nothing of, not even its unit.
    """
    known = _known(connection)
    seen: dict[tuple[str, str], int] = {}
    added: list[Incoming] = []
    changed: list[Change] = []
    unchanged: list[Incoming] = []
    errors: list[RegisterError] = []
    for one in incoming:
        try:
            check_new(one.new)
            _check_once(one, seen, where)
            row = known.rows.get(fold(one.new.name))
            _check_seen(one, row, sees)
            _check_free(one, row, known, sees)
            if row is None:
                added.append(one)
            elif (change := _change(one, row, known, now)) is None:
                unchanged.append(one)
            else:
                _check_may_change(change, may_change=may_change)
                changed.append(change)
        except RegisterError as exc:
            errors.append(RegisterError(exc.got, expected=exc.expected, cure=exc.cure, where=where(one.place)))
    return Plan(added=tuple(added), changed=tuple(changed), unchanged=tuple(unchanged), errors=tuple(errors))


def carry_out(
    connection: Connection,
    wanted: Plan,
    by: str,
    now: dt.datetime,
    *,
    why: str = "",
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Does what a plan without errors says, in the transaction that it was made in.

    Args:
        connection: that transaction's.
        wanted: the plan.
        by: who.
        now: when.
        why: why, for every changed field.
        progress: told of every few thousand devices that are done.
    """
    assert not wanted.errors
    for at in range(0, len(wanted.added), AT_ONCE):
        part = wanted.added[at : at + AT_ONCE]
        _add(connection, part, by, now)
        progress(len(part))
    _change_all(connection, wanted.changed, by, now, why)
    progress(len(wanted.changed) + len(wanted.unchanged))
    bump(connection)


def numbers_of(connection: Connection) -> Mapping[str, int]:
    """Every device's number by its folded name."""
    return {row.folded: row.no for row in connection.execute(select(device.c.folded, device.c.no))}


def near(name: str, known: Sequence[str]) -> str:
    """A cure that names what may have been meant."""
    found = difflib.get_close_matches(name, known[:_MOST_NAMES], 1)
    return f"did you mean `{found[0]}`?" if found else ""


def _known(connection: Connection) -> _Known:
    known = _Known()
    for row in connection.execute(select(device)):
        known.rows[row.folded] = row
        known.names[row.id or unenrolled_id(row.no)] = row.name
    query = select(device_key.c.keyid, device_key.c.device_no, device_key.c.valid_until, device.c.name)
    for row in connection.execute(query.join_from(device_key, device)):
        known.owners[row.keyid] = row.name
        if row.valid_until is None:
            known.keys[row.device_no] = row.keyid
    for row in connection.execute(select(station.c.keyid, station.c.name)):
        known.owners[row.keyid] = f"station {row.name}"
    for row in connection.execute(select(attestation)):
        made = Attestation(client=row.client, by=row.by, date=row.date, until=row.until)
        known.attested.setdefault(row.device_no, set()).add(made)
    return known


def _check_may_change(change: Change, *, may_change: bool) -> None:
    if not may_change:
        raise RegisterError(
            f"`{change.old['name']}` is in the register with another {', '.join(change.names)}",
            expected="a new device, or one as the register has it",
            cure="check it, then import with --update to change it as of today",
        )


def _check_once(one: Incoming, seen: dict[tuple[str, str], int], where: Callable[[int], str]) -> None:
    """No two devices of the file share a name, an id or a key."""
    values = [("name", fold(one.new.name))]
    if one.new.id is not None:
        values.append(("id", one.new.id))
    if one.key is not None:
        values.append(("key", one.key.key.keyid))
    for value in values:
        if (first := seen.setdefault(value, one.place)) != one.place:
            raise RegisterError(f"the same {value[0]} as {where(first)}", expected="one entry for each device")


def _check_seen(one: Incoming, row: "Row[Any] | None", sees: Callable[[str], bool]) -> None:
    """The device of its name is of a unit of who imports: else it is not there for them."""
    if row is not None and not sees(row.unit):
        raise RegisterError(f"no device `{one.new.name}`", expected="a name of `setapart-auditor device list`")


def _check_free(one: Incoming, row: "Row[Any] | None", known: _Known, sees: Callable[[str], bool]) -> None:
    """Its name, id and key are nobody else's."""

    def called(name: str) -> str:
        found = known.rows.get(fold(name))
        return f"`{name}`" if found is None or sees(found.unit) else "another device"

    id_ = one.new.id or (one.key.key.keyid if one.key is not None else None)
    owner = known.names.get(id_) if id_ is not None else None
    if owner is not None and (row is None or owner != row.name):
        raise RegisterError(f"the id of {called(owner)}", expected="an id of its own")
    if id_ is not None and fold(id_) in known.rows and fold(id_) != fold(one.new.name):
        raise RegisterError(f"the name of {called(known.rows[fold(id_)].name)} as an id", expected="an id of its own")
    if row is None and one.new.name in known.names:
        raise RegisterError(f"the id of {called(known.names[one.new.name])} as a name", expected="a name of its own")
    holder = known.owners.get(one.key.key.keyid) if one.key is not None else None
    if holder is not None and (row is None or holder != row.name):
        raise RegisterError(f"the key of {called(holder)}", expected="a key of its own")


def _change(one: Incoming, row: "Row[Any]", known: _Known, now: dt.datetime) -> Change | None:
    """What differs. What the file leaves out of a device's identity stays as it is."""
    old = row._mapping  # noqa: SLF001 - `class` is a word of Python's
    own = known.keys.get(row.no)
    if one.key is not None and own is not None and one.key.key.keyid != own:
        raise RegisterError(
            f"another key than `{row.name}` has",
            expected=f"the key {own[:16]}…",
            cure="let the device rotate its key, or give it a new one with `setapart-auditor device token`",
        )
    if one.state != row.state:
        raise RegisterError(
            f"`{row.name}` is {row.state}, here {one.state}",
            expected=row.state,
            cure="states change by `setapart-auditor device retire`, `replace` and `revoke` alone",
        )
    new = row_of(one.new, now)
    wanted: dict[str, Any] = {name: new[name] for name in ("class", "ownership", "holder", "role", "unit")}
    # A file that was exported says the old day: for a new holder or class that is no answer to "since when?".
    if one.new.since is not None and one.new.since != row.since:
        wanted["since"] = one.new.since
    for name in _IDENTITY:
        if new[name] is None or new[name] == old[name]:
            continue
        if old[name] is not None:
            raise RegisterError(f"another {name} than `{row.name}` has", expected="the register's, or none")
        wanted[name] = new[name]
    if one.key is not None and own is None:
        raise RegisterError(
            f"a key for `{row.name}`, which is in the register without one",
            expected="no key",
            cure="let the device enrol with a token, or register it anew under another name",
        )
    values = wanted_changes(old, wanted, now)
    new_ones = tuple(item for item in one.attestations if item not in known.attested.get(row.no, ()))
    return Change(incoming=one, old=old, values=values, attestations=new_ones) if values or new_ones else None


def _add(connection: Connection, part: Sequence[Incoming], by: str, now: dt.datetime) -> None:
    rows = [
        row_of(one.new, now)
        | {
            "id": one.new.id or (one.key.key.keyid if one.key is not None else None),
            "state": one.state,
            "state_since": one.state_since if one.state == "active" else one.state_since or now,
        }
        for one in part
    ]
    last = connection.execute(select(device.c.no).order_by(device.c.no.desc()).limit(1)).scalar_one_or_none() or 0
    connection.execute(insert(device), rows)
    query = select(device.c.folded, device.c.no).where(device.c.no > last)
    numbers = {row.folded: row.no for row in connection.execute(query)}
    numbered = [(numbers[fold(one.new.name)], one) for one in part]
    changes = [change_row(no, "added", None, one.new.device_class, by=by, now=now) for no, one in numbered]
    connection.execute(insert(device_change), changes)
    _insert(connection, device_key, _keys(numbered, now))
    _insert(connection, attestation, _attestations((no, one.attestations) for no, one in numbered))


def _keys(numbered: Sequence[tuple[int, Incoming]], now: dt.datetime) -> Iterator[dict[str, Any]]:
    for no, one in numbered:
        if one.key is not None:
            yield {
                "device_no": no,
                "keyid": one.key.key.keyid,
                "spki": one.key.key.spki,
                "hardware": one.key.grade == "hardware-key",
                "origin": "registered",
                "valid_from": now,
            }


def _attestations(numbered: Iterable[tuple[int, tuple[Attestation, ...]]]) -> Iterator[dict[str, Any]]:
    for no, items in numbered:
        for item in items:
            yield {"device_no": no, "client": item.client, "by": item.by, "date": item.date, "until": item.until}


def _insert(connection: Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:  # noqa: ANN401
    found = list(rows)
    if found:
        connection.execute(insert(table), found)


def _change_all(connection: Connection, changed: Sequence[Change], by: str, now: dt.datetime, why: str) -> None:
    """One statement for all devices of which the same columns change."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    notes: list[dict[str, Any]] = []
    _insert(connection, attestation, _attestations((one.old["no"], one.attestations) for one in changed))
    for one in changed:
        no = one.old["no"]
        if not one.values:
            continue
        columns = dict(one.values)
        if "serial" in columns:
            columns["serial_folded"] = fold(columns["serial"])
        alike.setdefault(tuple(sorted(columns)), []).append(
            {"the_no": no} | {f"the_{name}": value for name, value in columns.items()}
        )
        notes += [
            change_row(no, name, one.old[name], value, by=by, now=now, why=why) for name, value in one.values.items()
        ]
    for names, rows in alike.items():
        statement = update(device).where(device.c.no == bindparam("the_no"))
        connection.execute(statement.values({name: bindparam(f"the_{name}") for name in names}), rows)
    _insert(connection, device_change, iter(notes))


def without_id(id_: str | None) -> str | None:
    """An id that a file gives; one that says that there is none is none."""
    return None if id_ is None or is_unenrolled(id_) else id_
