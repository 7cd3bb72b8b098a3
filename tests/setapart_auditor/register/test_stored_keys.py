"""Whose keys speak, on both databases."""

import datetime as dt

import pytest
from sqlalchemy import Connection, select, update

from evidence_factory import NOW
from setapart_auditor.appraisal.freshness import TOLERANCE
from setapart_auditor.errors import StoreError
from setapart_auditor.installation import Installation
from setapart_auditor.register.database import NewDevice, add_device, bind_key
from setapart_auditor.register.stations import add_station, revoke_station
from setapart_auditor.register.stored_keys import AllKeys, StoredKeys, present_keys
from setapart_auditor.store.schema import device, device_key, station
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import Ed25519Signer, PublicKey
from store_builder import by_hand

OLD, NEW, OTHER, STATION = (Ed25519Signer(bytes([at]) * 32).public for at in range(1, 5))
DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)


@pytest.fixture
def keyed(installation: Installation) -> Installation:
    """A device whose key was replaced after a day, another one, one without a key, and a station."""
    with installation.store.write() as connection:
        for name, keys in (("desk", (OLD, NEW)), ("phone", (OTHER,)), ("bare", ())):
            added = add_device(connection, NewDevice(name=name, device_class="ordinary", id=f"local-{name}"), "o", NOW)
            for at, key in enumerate(keys):
                hardware = key is NEW
                bind_key(connection, added.no, key, hardware=hardware, origin="enrolled", now=NOW + at * DAY)
        add_station(connection, "kiosk", STATION, NOW)
    return installation


def ids(connection: Connection) -> dict[int, str]:
    return {row.no: row.id for row in connection.execute(select(device.c.no, device.c.id))}


def test_only_a_devices_present_key_speaks_and_a_station_for_registered_devices_alone(keyed: Installation) -> None:
    with keyed.store.read() as connection:
        keys = StoredKeys(connection)
        (own,) = keys.keys_for("local-desk", None)
        assert (own.key, own.grade) == (NEW, "hardware-key")
        assert [(one.key, one.grade) for one in keys.keys_for("local-phone", STATION.keyid)] == [
            (OTHER, "agent-key"), (STATION, "station"),
        ]  # fmt: skip
        assert [one.key for one in keys.keys_for("local-bare", STATION.keyid)] == [STATION]
        assert keys.keys_for("local-bare", None) == ()
        assert keys.keys_for("nobody", STATION.keyid) == ()
        assert keys.keys_for("local-desk", OTHER.keyid) == (own,)  # a device is no station
        present = present_keys(connection)
        assert {name: present[no].key for no, name in ids(connection).items() if no in present} == {
            "local-desk": NEW, "local-phone": OTHER,
        }  # fmt: skip


def test_a_station_that_was_revoked_speaks_no_more_and_its_old_evidence_stays(keyed: Installation) -> None:
    with keyed.store.write() as connection:
        revoke_station(connection, "kiosk", NOW + DAY)
    with keyed.store.read() as connection:
        assert [one.key for one in StoredKeys(connection).keys_for("local-phone", STATION.keyid)] == [OTHER]
        every = AllKeys(connection, ids(connection))
    assert {one.key for one in every.keys_for("local-phone", STATION.keyid)} == {OTHER, STATION}
    assert every.held_at(STATION.keyid, NOW)
    assert not every.held_at(STATION.keyid, NOW + DAY + TOLERANCE)


def test_a_replaced_key_held_in_its_time_alone_give_or_take_the_clocks(keyed: Installation) -> None:
    with keyed.store.read() as connection:
        every = AllKeys(connection, ids(connection))
    assert {one.key for one in every.keys_for("local-desk", None)} == {OLD, NEW}
    for key, when, held in (
        (OLD, NOW - TOLERANCE - SECOND, False),
        (OLD, NOW - TOLERANCE, True),
        (OLD, NOW + DAY + TOLERANCE - SECOND, True),
        (OLD, NOW + DAY + TOLERANCE, False),
        (NEW, NOW + DAY - TOLERANCE, True),
        (NEW, NOW + 1000 * DAY, True),
        (PublicKey.from_spki(Ed25519Signer(b"x" * 32).public.spki), NOW, False),
    ):
        assert every.held_at(key.keyid, when) is held, (key.keyid, when)


def test_only_the_devices_that_are_asked_for_are_read(keyed: Installation) -> None:
    with keyed.store.read() as connection:
        (phone,) = ((no, name) for no, name in ids(connection).items() if name == "local-phone")
        every = AllKeys(connection, dict([phone]))
    assert every.keys_for("local-desk", None) == ()
    assert not every.held_at(NEW.keyid, NOW + DAY)


@pytest.mark.parametrize("spki", [b"", b"\xff\x00", NEW.spki[:-1]], ids=["empty", "noise", "cut"])
def test_a_damaged_key_verifies_nothing_and_harms_no_other_device(keyed: Installation, spki: bytes) -> None:
    with by_hand(keyed) as connection:
        connection.execute(update(device_key).where(device_key.c.keyid == NEW.keyid).values(spki=spki))
        connection.execute(update(station).values(spki=spki))
    with keyed.store.read() as connection:
        every = AllKeys(connection, ids(connection))
        assert [one.key for one in every.keys_for("local-desk", STATION.keyid)] == [OLD]
        assert [one.key for one in every.keys_for("local-phone", STATION.keyid)] == [OTHER]
        keys = StoredKeys(connection)
        assert [one.key for one in keys.keys_for("local-phone", None)] == [OTHER]
        if spki:
            with pytest.raises(EvidenceError):
                keys.keys_for("local-desk", None)
        with pytest.raises(EvidenceError):
            keys.keys_for("local-phone", STATION.keyid)


def test_a_damaged_key_is_told_of_its_device(keyed: Installation) -> None:
    with by_hand(keyed) as connection:
        connection.execute(update(device_key).where(device_key.c.spki == OTHER.spki).values(spki=b"\xff{"))
    with keyed.store.read() as connection, pytest.raises(StoreError, match="key of `phone` is damaged") as refused:
        present_keys(connection)
    assert refused.value.cure
