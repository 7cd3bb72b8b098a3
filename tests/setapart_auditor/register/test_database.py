"""The register in the store, on both databases."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from evidence_factory import NOW
from register_undone import undone
from setapart_auditor.appraisal.freshness import TOLERANCE
from setapart_auditor.errors import RegisterError
from setapart_auditor.register.database import (
    NewDevice,
    add_device,
    bind_key,
    change_device,
    devices,
    devices_by_number,
    find_device,
    registrations,
    units_of_serial,
    version_of,
)
from setapart_auditor.register.stored_keys import AllKeys, StoredKeys
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import device_change
from setapart_evidence.keys import generate

DESK = NewDevice(name="Desk 1", device_class="ordinary", holder="h1", unit="U1", since=dt.date(2026, 1, 1))
DAY = dt.timedelta(days=1)


def test_a_device_is_found_by_name_in_any_case_and_by_id(store: Store) -> None:
    with undone(store) as connection:
        added = add_device(connection, replace(DESK, id="local-7"), "o1", NOW)
        assert find_device(connection, " desk 1 ").no == added.no
        assert find_device(connection, "local-7").name == "Desk 1"
        assert added.registration.holder == "h1"
        with pytest.raises(RegisterError) as caught:
            find_device(connection, "desk 11")
        assert caught.value.cure == "did you mean `Desk 1`?"


@pytest.mark.parametrize(
    ("new", "got"),
    [
        (replace(DESK, name="DESK 1"), "`Desk 1` is a device already"),
        (replace(DESK, name="local-7"), "`Desk 1` is a device already"),
        (replace(DESK, name="other", id="local-7"), "the id of `Desk 1`"),
        (replace(DESK, name="other", id="desk 1"), "the id of `Desk 1`"),
        (replace(DESK, name=" "), "no name"),
        (replace(DESK, name="a\tb"), "name 'a\\tb'"),
        (replace(DESK, name="a" * 129), "name 'aaa"),
        (replace(DESK, name="x", holder="a\u202eb"), "holder"),
        (replace(DESK, name="x", unit="\x00"), "unit"),
        (replace(DESK, name="x", serial=" "), "no serial"),
        (replace(DESK, name="x", id="unenrolled-9"), "`unenrolled-9`"),
        (replace(DESK, name="x", since=dt.date(9999, 1, 1)), "9999-01-01"),
    ],
)
def test_a_device_that_could_be_taken_for_another_is_refused(new: NewDevice, got: str, store: Store) -> None:
    with undone(store) as connection:
        add_device(connection, replace(DESK, id="local-7"), "o1", NOW)
        with pytest.raises(RegisterError) as caught:
            add_device(connection, new, "o1", NOW)
        assert got in caught.value.got
        assert len(list(devices(connection))) == 1


def test_a_device_without_an_id_is_judged_under_one_that_no_evidence_has(store: Store) -> None:
    with undone(store) as connection:
        added = add_device(connection, DESK, "o1", NOW)
        assert registrations(connection) == {f"unenrolled-{added.no}": added.registration}
        assert not added.enrolled


def test_the_first_key_makes_the_id_and_a_later_one_keeps_it(store: Store) -> None:
    first, second = generate().public, generate("ecdsa-p256").public
    with undone(store) as connection:
        added = add_device(connection, DESK, "o1", NOW)
        assert bind_key(connection, added.no, first, hardware=False, origin="enrolled", now=NOW) == first.keyid
        assert bind_key(connection, added.no, second, hardware=True, origin="rotated", now=NOW + DAY) == first.keyid
        (own,) = StoredKeys(connection).keys_for(first.keyid, None)
        assert (own.key, own.grade) == (second, "hardware-key")
        every = AllKeys(connection, {added.no: first.keyid})
        assert {one.key for one in every.keys_for(first.keyid, None)} == {first, second}
        assert every.held_at(first.keyid, NOW)
        assert not every.held_at(first.keyid, NOW + DAY + TOLERANCE)
        assert every.held_at(second.keyid, NOW + DAY)
        assert not every.held_at("00" * 32, NOW)
        with pytest.raises(RegisterError, match="in the register already"):
            bind_key(connection, added.no, first, hardware=False, origin="rotated", now=NOW + 2 * DAY)


def test_a_new_holder_or_class_begins_that_day_and_every_change_is_kept(store: Store) -> None:
    with undone(store) as connection:
        added = add_device(connection, DESK, "o1", NOW)
        moved = change_device(connection, added, {"unit": "U2"}, "o1", NOW, why="moved")
        assert moved.registration.since == dt.date(2026, 1, 1)
        given = change_device(connection, moved, {"holder": "h2"}, "o1", NOW)
        assert given.registration.since == NOW.date()
        asked = change_device(connection, given, {"class": "personal", "since": dt.date(2026, 2, 2)}, "o1", NOW)
        assert asked.registration.since == dt.date(2026, 2, 2)
        version = version_of(connection)
        assert change_device(connection, asked, {"class": "personal"}, "o1", NOW) == asked
        assert version_of(connection) == version
        rows = connection.execute(select(device_change).order_by(device_change.c.no)).all()
        assert [(row.field, row.old, row.new) for row in rows] == [
            ("added", None, "ordinary"),
            ("unit", "U1", "U2"),
            ("holder", "h1", "h2"),
            ("since", "2026-01-01", "2026-11-23"),
            ("class", "ordinary", "personal"),
            ("since", "2026-11-23", "2026-02-02"),
        ]
        assert (rows[1].by, rows[1].why) == ("o1", "moved")
        with pytest.raises(RegisterError):
            change_device(connection, asked, {"holder": "a\nb"}, "o1", NOW)


def test_only_active_devices_are_judged_and_all_are_listed(store: Store) -> None:
    with undone(store) as connection:
        for at in range(3):
            add_device(connection, replace(DESK, name=f"d{at}", unit=f"U{at % 2}", serial="S"), "o1", NOW)
        gone = change_device(connection, find_device(connection, "d1"), {"state": "retired"}, "o1", NOW)
        assert (gone.state, gone.state_since) == ("retired", NOW)
        assert [one.name for one in devices(connection)] == ["d0", "d1", "d2"]
        assert [one.name for one in devices(connection, unit="u0")] == ["d0", "d2"]
        assert {one.name for one in registrations(connection).values()} == {"d0", "d2"}
        assert [one.name for one in devices_by_number(connection, [gone.no])] == ["d1"]
        assert units_of_serial(connection, "S ") == {"U0"}


def test_a_serial_is_found_in_any_case_also_in_letters_that_no_database_folds(store: Store) -> None:
    with undone(store) as connection:
        for name, serial in (("kelvin", " \u212a1 "), ("sharp", "Stra\u00dfe"), ("plain", "ab")):
            add_device(connection, replace(DESK, name=name, unit=name, serial=serial), "o1", NOW)
        assert units_of_serial(connection, "k1") == {"kelvin"}
        assert units_of_serial(connection, "STRASSE") == {"sharp"}
        assert units_of_serial(connection, "\tAB ") == {"plain"}


def test_a_serial_is_found_without_reading_every_device(store: Store) -> None:
    """Each request to enrol looks for one while all other writers wait."""
    query = "SELECT no, unit FROM device WHERE serial_folded = 'x' AND state = 'active' ORDER BY no"
    with undone(store) as connection:
        if store.is_postgresql:
            connection.execute(text("SET LOCAL enable_seqscan = off"))  # an empty table is quicker read as a whole
        explain = "EXPLAIN" if store.is_postgresql else "EXPLAIN QUERY PLAN"
        told = str(connection.execute(text(f"{explain} {query}")).all())
    assert "ix_device_serial_folded" in told
