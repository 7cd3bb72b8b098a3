"""Whose keys speak: of the store's devices and stations, now and before."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

from sqlalchemy import Connection, bindparam, select

from setapart_auditor.appraisal.freshness import TOLERANCE
from setapart_auditor.errors import StoreError
from setapart_auditor.store.schema import device, device_key, station
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding, KeyLookup
from setapart_evidence.text import printable

from .model import device_binding, station_binding

_OWN = (
    select(device_key.c.spki, device_key.c.hardware)
    .select_from(
        device.outerjoin(device_key, (device_key.c.device_no == device.c.no) & device_key.c.valid_until.is_(None))
    )
    .where(device.c.id == bindparam("wanted"))
)
_STATION = select(station.c.spki).where(station.c.valid_until.is_(None), station.c.keyid == bindparam("wanted"))


class StoredKeys(KeyLookup):
    """The keys that speak now: each device's present one, and the stations'."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keys_for(self, device_id: str, station_id: str | None) -> tuple[KeyBinding, ...]:
        """The device's present key, and the named station's; nothing for a device that is not in the register."""
        rows = self._connection.execute(_OWN, {"wanted": device_id}).all()
        found = [device_binding(PublicKey.from_spki(row.spki), hardware=row.hardware) for row in rows if row.spki]
        if rows and station_id is not None:
            other = self._connection.execute(_STATION, {"wanted": station_id}).scalars()
            found += [station_binding(PublicKey.from_spki(spki)) for spki in other]
        return tuple(found)


class AllKeys(KeyLookup):
    """All keys that some devices ever had, and all stations', with their times.

    Evidence that arrived while a key was valid stays evidence.

    Args:
        connection: one state of the store.
        ids: of the devices, by number.
    """

    def __init__(self, connection: Connection, ids: Mapping[int, str]) -> None:
        self._own: dict[str, tuple[KeyBinding, ...]] = {}
        self._stations: dict[str, KeyBinding] = {}
        self._times: dict[str, tuple[dt.datetime, dt.datetime | None]] = {}
        query = select(device_key).where(device_key.c.device_no.in_(list(ids))).order_by(device_key.c.no.desc())
        for row in connection.execute(query):
            try:
                binding = device_binding(PublicKey.from_spki(row.spki), hardware=row.hardware)
            except EvidenceError:
                continue  # a damaged key verifies nothing: its own device is invalid, and no other
            name = ids[row.device_no]
            self._own[name] = (*self._own.get(name, ()), binding)
            self._times[binding.key.keyid] = (row.valid_from, row.valid_until)
        for row in connection.execute(select(station)):
            try:
                binding = _station(row.spki)
            except EvidenceError:
                continue
            self._stations[binding.key.keyid] = binding
            self._times[binding.key.keyid] = (row.valid_from, row.valid_until)

    def keys_for(self, device_id: str, station_id: str | None) -> tuple[KeyBinding, ...]:
        """Every key of the device, and the named station's."""
        own = self._own.get(device_id, ())
        other = self._stations.get(station_id) if station_id is not None else None
        return own if other is None else (*own, other)

    def held_at(self, keyid: str, when: dt.datetime) -> bool:
        """Whether a key was valid when something arrived, give or take what clocks may differ by."""
        if keyid not in self._times:
            return False
        begin, end = self._times[keyid]
        return begin - TOLERANCE <= when and (end is None or when < end + TOLERANCE)


def present_keys(connection: Connection) -> Mapping[int, KeyBinding]:
    """Every device's own key by the device's number; devices without one are not there.

    Raises:
        StoreError: a key is damaged; it says of which device.
    """
    query = (
        select(device_key.c.device_no, device_key.c.spki, device_key.c.hardware, device.c.name)
        .join(device, device.c.no == device_key.c.device_no)
        .where(device_key.c.valid_until.is_(None))
    )
    found: dict[int, KeyBinding] = {}
    for row in connection.execute(query):
        try:
            found[row.device_no] = device_binding(PublicKey.from_spki(row.spki), hardware=row.hardware)
        except EvidenceError as exc:
            raise StoreError(
                f"the stored key of `{printable(row.name)}` is damaged: {exc.got}",
                expected="a key as it was enrolled",
                cure="run `setapart-auditor db check`, and restore the database from a backup",
            ) from None
    return found


@lru_cache(4096)
def _station(spki: bytes) -> KeyBinding:
    return station_binding(PublicKey.from_spki(spki))
