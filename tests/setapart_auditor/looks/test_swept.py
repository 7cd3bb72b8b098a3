"""The last sweep in numbers; for an officer of one unit, as if there were no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence_factory import TIKTOK, app, make_inventory
from setapart_auditor.looks.swept import SweepSummary, has_sweep, last_sweep
from setapart_auditor.sweep.fleet import run_sweep
from store_builder import DAY, START, StoredFleet, make_stored_fleet

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, ["one", "two"], unit="office")
    made.add("three", unit="Patrol")
    yield made
    made.installation.store.close()


def summary(fleet: StoredFleet, unit: str | None = None) -> SweepSummary:
    with fleet.installation.store.read() as connection:
        return last_sweep(connection, unit)


def test_nothing_is_told_before_the_first_sweep(fleet: StoredFleet) -> None:
    with fleet.installation.store.read() as connection:
        assert not has_sweep(connection, None)
    run_sweep(fleet.installation, fleet.policies, START, unit="office")
    with fleet.installation.store.read() as connection:
        assert [has_sweep(connection, unit) for unit in (None, "patrol", "OFFICE")] == [False, False, True]


def test_counts_and_changes_are_those_of_the_units_that_are_seen(fleet: StoredFleet) -> None:
    for name in ("one", "two", "three"):
        fleet.report(name, CLEAN)
    run_sweep(fleet.installation, fleet.policies, START)
    fleet.report("two", DIRTY, at=START + DAY)
    fleet.report("three", DIRTY, at=START + DAY)
    run_sweep(fleet.installation, fleet.policies, START + DAY)
    found = summary(fleet)
    assert (found.sweep, found.at, found.unit) == (2, START + DAY, None)
    assert found.statuses == {"compliant": 1, "violation": 2}
    assert [(one.name, one.before, one.status) for one in found.changes.worse] == [
        ("two", "compliant", "violation"), ("three", "compliant", "violation"),
    ]  # fmt: skip
    patrol = summary(fleet, "patrol")
    assert (patrol.sweep, patrol.unit, patrol.statuses) == (2, "patrol", {"violation": 1})
    assert [one.name for one in patrol.changes.worse] == ["three"]
