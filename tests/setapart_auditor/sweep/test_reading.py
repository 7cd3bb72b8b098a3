"""Histories out of the store: the same as of the reports themselves, and nothing damaged counts."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from evidence_factory import TIKTOK, app, make_inventory, make_policy, make_registration
from evidence_factory import make_context as context_of
from setapart_auditor.appraisal.engine import appraise, appraise_history
from setapart_auditor.appraisal.model import Received
from setapart_auditor.register.database import find_device
from setapart_auditor.store.schema import chain, current, device_key, evidence, inventory
from setapart_auditor.store.schema import device as device_table
from setapart_auditor.sweep.reading import StoredHistory, read_histories
from setapart_evidence.open import KeyBinding, open_report
from store_builder import DAY, START, StoredFleet, by_hand, make_stored_fleet

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])
LATER = START + 5 * DAY


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, ["phone"])
    yield made
    made.installation.store.close()


def read(fleet: StoredFleet, at: dt.datetime = LATER, name: str = "phone") -> StoredHistory:
    with fleet.installation.store.read() as connection:
        (found,) = read_histories(connection, (find_device(connection, name),), at)
    return found


def write(fleet: StoredFleet, *statements: object) -> None:
    """Somebody at the database."""
    with by_hand(fleet.installation) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def apps(found: StoredHistory) -> list[int]:
    return [len(one.report.inventory.apps) for one in found.history.current]


def test_the_latest_report_of_a_regular_chain_is_read_and_no_other(fleet: StoredFleet) -> None:
    fleet.report("phone", CLEAN)
    fleet.report("phone", DIRTY)
    found = read(fleet)
    assert (apps(found), found.history.forks, found.history.gaps) == ([1], (), ())


def test_reports_of_another_source_between_two_are_no_gap(fleet: StoredFleet) -> None:
    for source in ("local", "adb:1", "adb:1"):
        fleet.report("phone", CLEAN, source=source)
    found = read(fleet)
    assert (apps(found), found.history.forks, found.history.gaps) == ([0, 0], (), ())


def test_what_had_not_arrived_by_then_is_left_out_and_the_one_before_it_stands(fleet: StoredFleet) -> None:
    fleet.report("phone", CLEAN)
    fleet.report("phone", DIRTY, at=START + 2 * DAY)
    assert apps(read(fleet, START + DAY)) == [0]
    assert apps(read(fleet, START - DAY)) == []


def test_a_report_that_was_changed_is_damaged_and_nothing_older_takes_its_place(fleet: StoredFleet) -> None:
    fleet.report("phone", CLEAN)
    fleet.report("phone", DIRTY)
    body = zstandard.compress(b"{}")
    write(fleet, update(inventory).where(inventory.c.evidence_no == 2).values(body=body))
    found = read(fleet)
    assert (found.history.current, len(found.history.damaged)) == ((), 1)


@pytest.mark.parametrize("body", [b"no zstd", zstandard.compress(b"x" * 70_000_000)], ids=["broken", "bomb"])
def test_a_body_that_is_no_inventory_is_damaged(fleet: StoredFleet, body: bytes) -> None:
    fleet.report("phone", CLEAN)
    write(fleet, update(inventory).values(body=body))
    assert len(read(fleet).history.damaged) == 1


def test_an_inventory_that_was_taken_away_without_an_erasure_is_damaged(fleet: StoredFleet) -> None:
    fleet.report("phone", CLEAN)
    write(fleet, delete(inventory))
    assert len(read(fleet).history.damaged) == 1


def test_an_erased_inventory_is_no_evidence_and_gives_its_place_to_none(fleet: StoredFleet) -> None:
    fleet.report("phone", CLEAN)
    fleet.report("phone", DIRTY)
    gone = update(inventory).where(inventory.c.evidence_no == 2).values(body=None, erased_at=START, erased_by="o1")
    write(fleet, gone)
    assert read(fleet).history.current == read(fleet).history.damaged == ()


def test_a_note_that_points_back_to_an_older_report_is_not_believed(fleet: StoredFleet) -> None:
    fleet.report("phone", CLEAN)
    fleet.report("phone", DIRTY)
    write(fleet, update(current).values(evidence_no=1))
    assert apps(read(fleet)) == [1]


def test_reports_whose_notes_are_gone_are_found(fleet: StoredFleet) -> None:
    fleet.report("phone", DIRTY)
    write(fleet, delete(current))
    assert apps(read(fleet)) == [1]


def test_evidence_that_was_moved_to_another_device_is_damaged(fleet: StoredFleet) -> None:
    fleet.add("other")
    fleet.report("phone", CLEAN)
    number = fleet.members["other"].no
    write(fleet, *(update(table).values(device_no=number) for table in (evidence, chain, current)))
    assert (read(fleet).history.current, len(read(fleet, name="other").history.damaged)) == ((), 1)


def test_a_report_that_came_when_its_key_was_over_is_damaged_and_one_of_before_is_not(fleet: StoredFleet) -> None:
    fleet.report("phone", CLEAN, at=START + 2 * DAY)
    write(fleet, update(device_key).values(valid_until=START + 3 * DAY))
    assert apps(read(fleet)) == [0]
    write(fleet, update(device_key).values(valid_until=START + DAY))
    assert len(read(fleet).history.damaged) == 1


def test_quarantined_evidence_is_never_read(fleet: StoredFleet) -> None:
    fleet.report("phone", DIRTY)
    write(fleet, update(device_table).values(state="revoked", state_since=START))
    fleet.report("phone", CLEAN)
    assert apps(read(fleet)) == [1]


class _Own:
    def __init__(self, fleet: StoredFleet) -> None:
        self._fleet = fleet

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        del station
        return tuple(
            KeyBinding(key=one.signer.public, role="device", grade="agent-key")
            for one in self._fleet.members.values()
            if one.signer.public.keyid == device
        )


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["next", "twin", "skip", "held", "orphan"]),
        st.sampled_from(["local", "adb:1", "adb:2"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=7,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path_factory.mktemp("shared"))
    yield made
    made.installation.store.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, late=st.booleans())
def test_any_history_is_judged_from_the_store_as_from_its_reports(
    shared: StoredFleet, steps: list[tuple[str, str, bool]], late: bool
) -> None:
    name = f"p{len(shared.members)}"
    shared.add(name)
    raws: list[tuple[bytes, dt.datetime]] = []
    held: list[bytes] = []
    for number, (kind, source, dirty) in enumerate(steps):
        at = START + number * DAY / 4
        made = make_inventory(apps=[app(TIKTOK)] if dirty else [app(f"org.example.a{number}")])
        more = {"previous": "sha256:" + "0f" * 32} if kind == "orphan" else {}
        raw = shared.sign(name, made, at=at, source=source, advance=kind != "twin", **more)
        if kind == "held":
            held.append(raw)
        elif kind != "skip":
            raws.append((raw, at))
    raws += [(raw, START + 2 * DAY) for raw in held if late]
    for raw, at in raws:
        shared.receive(raw, at=at)
    registration, policy, context = (
        make_registration(name=name, id=shared.members[name].signer.public.keyid),
        make_policy(),
        context_of(),
    )
    received = tuple(Received(report=open_report(raw, _Own(shared)), received_at=at) for raw, at in raws)
    for now in (LATER, START + DAY / 2):
        stored = read(shared, now, name).history
        told = appraise_history(stored, registration, (), policy, context, now)
        assert told == appraise(received, registration, (), policy, context, now)
