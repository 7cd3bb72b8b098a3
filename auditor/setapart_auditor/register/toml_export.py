"""The store's register as register.toml, in one file: what `verify` judges by as the service does."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from setapart_auditor.appraisal.need import same_person
from setapart_auditor.errors import RegisterError
from setapart_auditor.store.schema import device as device_table
from setapart_auditor.store.schema import epoch, exception, officer, station
from setapart_evidence.identity import hardware_id
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding

from .database import RegisteredDevice
from .key_text import spell_key
from .load import MAX_REGISTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A register, and what it does not say, in sentences."""

    text: str
    left_out: tuple[str, ...] = ()


def export_toml(
    connection: Connection, devices: Sequence[RegisteredDevice], keys: Mapping[int, KeyBinding], id_key: bytes
) -> Exported:
    """Writes the register down.

    Args:
        connection: one state of the store.
        devices: those to write; only active ones are judged, so the others are left out.
        keys: the devices' own, by number.
        id_key: the authority's key for ids, which says whether a serial makes a device's id.

    Raises:
        RegisterError: more than a register.toml may be.
    """
    active = [one for one in devices if one.state == "active"]
    left: list[str] = []
    gone = Counter(one.state for one in devices if one.state != "active")
    left += [f"{count} {state} devices" for state, count in gone.items()]
    serials = 0
    tables: list[str] = []
    for one in active:
        serials += one.serial is not None and not _is_by_serial(one, keys, id_key)
        tables.append(_table("device", _device(one, keys, id_key)))
    if serials:
        left.append(f"the serials of {serials} devices that are known by a key or an id")
    rows = connection.execute(select(station).where(station.c.valid_until.is_(None)).order_by(station.c.no))
    tables += (_table("station", {"name": row.name, "key": _key(row.spki)}) for row in rows)
    rows = connection.execute(select(officer).where(officer.c.disabled_at.is_(None)).order_by(officer.c.no))
    tables += (_table("officer", {"id": row.name, "key": _key(row.spki)}) for row in rows)
    carried, kept_back = _exceptions(connection, {one.no: one for one in active})
    tables += (_table("exception", values) for values in carried)
    if kept_back:
        left.append(f"{kept_back} exceptions that their devices, as they are now, can't use")
    for one in active:
        tables += (_table("attestation", values) for values in _attestations(one))
    for row in connection.execute(select(epoch).order_by(epoch.c.issued_at, epoch.c.value)):
        tables.append(_table("epoch", {"value": row.value, "issued_at": row.issued_at}))
    text = "\n".join(tables)
    if len(text.encode()) > MAX_REGISTER:
        raise RegisterError(
            f"a register of {len(text.encode())} bytes",
            expected=f"at most {MAX_REGISTER}",
            cure="export one unit, or --format csv",
        )
    return Exported(text=text, left_out=tuple(left))


def _is_by_serial(one: RegisteredDevice, keys: Mapping[int, KeyBinding], id_key: bytes) -> bool:
    if one.no in keys or one.serial is None or one.platform is None:
        return False
    return one.registration.id == hardware_id(id_key, one.platform, one.serial)


def _device(one: RegisteredDevice, keys: Mapping[int, KeyBinding], id_key: bytes) -> dict[str, Any]:
    registration, own = one.registration, keys.get(one.no)
    values: dict[str, Any] = {"name": registration.name}
    if own is not None:
        values["key"] = spell_key(own.key)
        values["id"] = registration.id if registration.id != own.key.keyid else None
        values["hardware"] = own.grade == "hardware-key" or None
    elif _is_by_serial(one, keys, id_key):
        values |= {"serial": one.serial, "platform": one.platform}
    else:
        values["id"] = registration.id
    return values | {
        "class": registration.device_class,
        "ownership": registration.ownership,
        "holder": registration.holder,
        "role": registration.role,
        "unit": registration.unit,
        "since": registration.since,
        "settled": registration.settled or None,
    }


def _exceptions(connection: Connection, active: Mapping[int, RegisteredDevice]) -> tuple[list[dict[str, Any]], int]:
    """Those that were granted, and the number of those that a register.toml can't name any more."""
    query = select(exception).join_from(exception, device_table).order_by(exception.c.requested_at, exception.c.id)
    found, kept_back = [], 0
    for row in connection.execute(query.where(exception.c.state.in_(("approved", "revoked")))):
        one = active.get(row.device_no)
        if one is None:
            continue
        if _can_be_used(row, one):
            found.append(_exception(row, one.name))
        else:
            kept_back += 1
    return found, kept_back


def _exception(row: "Row[Any]", name: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "device": name,
        "app": row.app,
        "holder": row.holder,
        "need": row.need,
        "ground": row.ground or None,
        "requested_by": row.requested_by,
        "approved_by": row.decided_by,
        "approver_role": row.approver_role,
        "from": row.valid_from,
        "until": row.until,
        "revoked": row.revoked_on,
    }


def _can_be_used(row: "Row[Any]", one: RegisteredDevice) -> bool:
    registration = one.registration
    if registration.since is not None and row.until < registration.since:
        return True  # past, and so nobody's concern
    return registration.device_class == "social-dedicated" and same_person(row.holder, registration.holder)


def _attestations(one: RegisteredDevice) -> Iterator[dict[str, Any]]:
    for item in one.registration.attestations:
        if not same_person(item.by, one.registration.holder):
            yield {
                "device": one.name, "client": item.client, "by": item.by, "date": item.date, "until": item.until
            }  # fmt: skip


def _key(spki: bytes) -> str:
    return spell_key(PublicKey.from_spki(spki))


def _table(name: str, values: Mapping[str, Any]) -> str:
    lines = (f"{key} = {_value(value)}" for key, value in values.items() if value is not None and value != "")
    return "\n".join((f"[[{name}]]", *lines, ""))


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "\n".join(("[", *(f"  {_value(item)}," for item in value), "]"))
    # JSON's strings are TOML's, but for DEL.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
