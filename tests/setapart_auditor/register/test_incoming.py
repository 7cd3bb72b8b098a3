"""Many devices at once: all or nothing, and every conflict is pointed at."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select

from evidence_factory import NOW
from register_undone import undone
from setapart_auditor.appraisal.model import Attestation
from setapart_auditor.register.database import (
    NewDevice,
    add_device,
    bind_key,
    devices,
    find_device,
    units_of_serial,
)
from setapart_auditor.register.incoming import Incoming, Plan, carry_out, plan
from setapart_auditor.register.model import device_binding
from setapart_auditor.register.stations import add_station
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import device_change
from setapart_evidence.keys import generate

KEY, OTHER, STATION = (generate().public for _ in range(3))
NEW = NewDevice(name="new", device_class="ordinary", holder="h1", unit="U", since=dt.date(2026, 1, 1))
ONE = Incoming(place=2, new=NEW)
ATTESTED = Attestation(client="k-9", by="o1", date=dt.date(2026, 11, 1), until=dt.date(2027, 1, 1))


def planned(connection: Connection, incoming: Sequence[Incoming], *, may_change: bool = False) -> Plan:
    return plan(connection, incoming, NOW, where=lambda place: f"line {place}", may_change=may_change)


def seed(connection: Connection) -> None:
    """Two devices, one with a key, and a station."""
    seeded = add_device(connection, replace(NEW, name="Old", id="local-1"), "o1", NOW)
    add_device(connection, replace(NEW, name="Waiting"), "o1", NOW)
    bind_key(connection, seeded.no, KEY, hardware=True, origin="registered", now=NOW)
    add_station(connection, "desk", STATION, NOW)


def test_devices_come_in_as_if_one_by_one(store: Store) -> None:
    incoming = (
        ONE,
        Incoming(place=3, new=replace(NEW, name="keyed"), key=device_binding(OTHER, hardware=True)),
        Incoming(place=4, new=replace(NEW, name="gone", id="local-2"), state="retired", state_since=NOW),
        Incoming(place=5, new=replace(NEW, name="attested"), attestations=(ATTESTED,)),
    )
    told: list[int] = []
    with undone(store) as connection:
        wanted = planned(connection, incoming)
        assert wanted.errors == ()
        assert wanted.units == {"U"}
        carry_out(connection, wanted, "o1", NOW, progress=told.append)
        assert sum(told) == 4
        keyed, gone = find_device(connection, "keyed"), find_device(connection, "gone")
        assert keyed.registration.id == OTHER.keyid
        assert (gone.state, gone.state_since) == ("retired", NOW)
        assert find_device(connection, "attested").registration.attestations == (ATTESTED,)
        again = planned(connection, incoming)
        assert (again.added, again.changed, len(again.unchanged), again.errors) == ((), (), 4, ())
        rows = connection.execute(select(device_change.c.field, device_change.c.by)).all()
        assert rows == [("added", "o1")] * 4


@pytest.mark.parametrize(
    ("second", "got"),
    [
        (replace(ONE, place=3), "the same name as line 2"),
        (Incoming(place=3, new=replace(NEW, name="NEW")), "the same name as line 2"),
        (Incoming(place=3, new=replace(NEW, name="b", id="local-1")), "the id of `Old`"),
        (Incoming(place=3, new=replace(NEW, name="b", id="old")), "the name of `Old` as an id"),
        (Incoming(place=3, new=replace(NEW, name="local-1")), "the id of `Old` as a name"),
        (Incoming(place=3, new=replace(NEW, name="b"), key=device_binding(KEY, hardware=False)), "the key of `Old`"),
        (
            Incoming(place=3, new=replace(NEW, name="b"), key=device_binding(STATION, hardware=False)),
            "the key of `station desk`",
        ),
        (
            Incoming(place=3, new=replace(NEW, name="OLD"), key=device_binding(OTHER, hardware=False)),
            "another key than `Old` has",
        ),
        (
            Incoming(place=3, new=replace(NEW, name="waiting"), key=device_binding(OTHER, hardware=False)),
            "a key for `Waiting`",
        ),
        (Incoming(place=3, new=replace(NEW, name="Old", id="local-9")), "another id than `Old` has"),
        (Incoming(place=3, new=replace(NEW, name="Old"), state="revoked"), "`Old` is active, here revoked"),
        (Incoming(place=3, new=replace(NEW, name="Old", holder="h2")), "with another holder, since"),
        (Incoming(place=3, new=replace(NEW, name="Old"), attestations=(ATTESTED,)), "with another attestation"),
        (Incoming(place=3, new=replace(NEW, name="a\x00")), "name 'a\\x00'"),
    ],
)
def test_what_contradicts_the_register_is_pointed_at(second: Incoming, got: str, store: Store) -> None:
    with undone(store) as connection:
        seed(connection)
        (error,) = planned(connection, (ONE, second)).errors
        assert got in error.got
        assert error.where == "line 3"


def test_changes_are_made_as_of_the_day_if_they_are_asked_for(store: Store) -> None:
    incoming = (
        Incoming(place=2, new=replace(NEW, name="Old", holder="h2", since=None), attestations=(ATTESTED,)),
        Incoming(place=3, new=replace(NEW, name="Waiting", unit="V", serial="S", platform="ios")),
        ONE,
    )
    with undone(store) as connection:
        seed(connection)
        wanted = planned(connection, incoming, may_change=True)
        assert (wanted.errors, wanted.units) == ((), {"U", "V"})
        carry_out(connection, wanted, "o2", NOW, why="inventory")
        old, waiting = find_device(connection, "Old"), find_device(connection, "Waiting")
        assert (old.registration.holder, old.registration.since) == ("h2", NOW.date())
        assert (old.registration.id, old.registration.attestations) == ("local-1", (ATTESTED,))
        assert (waiting.registration.unit, waiting.serial, waiting.platform) == ("V", "S", "ios")
        assert waiting.registration.since == dt.date(2026, 1, 1)
        query = select(device_change.c.field).where(device_change.c.why == "inventory")
        fields = sorted(connection.execute(query).scalars())
        assert fields == ["holder", "platform", "serial", "since", "unit"]
        assert len(list(devices(connection))) == 3


def test_one_more_device_after_many_gets_a_number_of_its_own(store: Store) -> None:
    with undone(store) as connection:
        carry_out(connection, planned(connection, (ONE,)), "o1", NOW)
        add_device(connection, replace(NEW, name="next"), "o1", NOW)
        assert [one.name for one in devices(connection)] == ["new", "next"]


def test_a_serial_that_comes_with_an_update_leads_to_the_device(store: Store) -> None:
    with undone(store) as connection:
        seed(connection)
        named = Incoming(place=2, new=replace(NEW, name="waiting", serial=" SN1", platform="linux"))
        carry_out(connection, planned(connection, [named], may_change=True), "o1", NOW)
        assert units_of_serial(connection, "sn1") == {"U"}


def test_who_sees_one_unit_learns_no_name_of_another_by_an_id_or_a_key(store: Store) -> None:
    with undone(store) as connection:
        seed(connection)
        mine = replace(NEW, name="mine", unit="mine")
        incoming = (
            Incoming(place=2, new=replace(mine, id="local-1")),
            Incoming(place=3, new=replace(mine, name="b"), key=device_binding(KEY, hardware=False)),
            Incoming(place=4, new=replace(mine, name="local-1")),
            Incoming(place=5, new=replace(mine, name="c", id="waiting")),
        )
        found = plan(connection, incoming, NOW, where=str, may_change=False, sees=lambda unit: unit == "mine")
    assert [one.got for one in found.errors] == [
        "the id of another device", "the key of another device", "the id of another device as a name",
        "the name of another device as an id",
    ]  # fmt: skip
