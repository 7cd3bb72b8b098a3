"""Stations in the store."""

import pytest

from evidence_factory import NOW
from register_undone import undone
from setapart_auditor.errors import RegisterError
from setapart_auditor.register.database import NewDevice, add_device, bind_key
from setapart_auditor.register.stations import add_station, revoke_station, stations
from setapart_auditor.register.stored_keys import StoredKeys
from setapart_auditor.store.engine import Store
from setapart_evidence.keys import generate

KEY, OTHER = generate().public, generate().public


def test_a_station_speaks_for_every_device_until_it_is_revoked(store: Store) -> None:
    with undone(store) as connection:
        add_device(connection, NewDevice(name="phone", device_class="ordinary", id="hw-1"), "o1", NOW)
        add_station(connection, "Desk", KEY, NOW)
        (found,) = StoredKeys(connection).keys_for("hw-1", KEY.keyid)
        assert (found.key, found.role, found.grade) == (KEY, "station", "station")
        assert StoredKeys(connection).keys_for("hw-unknown", KEY.keyid) == ()
        revoke_station(connection, "desk", NOW)
        assert StoredKeys(connection).keys_for("hw-1", KEY.keyid) == ()
        assert [(one.name, one.valid_until) for one in stations(connection)] == [("Desk", NOW)]
        with pytest.raises(RegisterError):
            revoke_station(connection, "desk", NOW)


def test_a_name_and_a_key_are_for_one_station_alone(store: Store) -> None:
    with undone(store) as connection:
        device = add_device(connection, NewDevice(name="d", device_class="ordinary"), "o1", NOW)
        bind_key(connection, device.no, OTHER, hardware=False, origin="registered", now=NOW)
        add_station(connection, "Desk", KEY, NOW)
        for name, key in (("desk", generate().public), ("b", KEY), ("b", OTHER), ("\x00", generate().public)):
            with pytest.raises(RegisterError):
                add_station(connection, name, key, NOW)
        with pytest.raises(RegisterError):
            bind_key(connection, device.no, KEY, hardware=False, origin="rotated", now=NOW)
