"""Whose keys speak: of the store's devices and stations, now and before."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from setapart_auditor.store.schema import device, device_key, station
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding, KeyLookup

from .model import device_binding, station_binding


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


def present_keys(connection: Connection) -> Mapping[int, KeyBinding]:
    """Every device's own key by the device's number; devices without one are not there."""
    return {
        row.device_no: device_binding(PublicKey.from_spki(row.spki), hardware=row.hardware)
        for row in connection.execute(select(device_key).where(device_key.c.valid_until.is_(None)))
    }


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
