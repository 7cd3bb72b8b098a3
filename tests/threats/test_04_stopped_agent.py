"""Threat 4: an agent is stopped or removed. Its device turns stale once, and is told of once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from setapart_auditor.log.entries import read_entries
from setapart_auditor.store.schema import status
from setapart_auditor.sweep.changes import changes_of
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.sweep.stored import appraise_pending
from store_builder import DAY, START, StoredFleet, make_stored_fleet

DAYS = 45
STOPPED = 5
WINDOW = 30
"""Of the pack no-2023."""


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, ["stopped", "steady"])
    yield made
    made.installation.store.close()


def test_a_device_that_falls_silent_is_one_finding_and_one_transition_however_often_it_is_swept(
    fleet: StoredFleet,
) -> None:
    silent: list[tuple[int, str]] = []
    for day in range(DAYS):
        morning = START + day * DAY
        for name in ("stopped", "steady"):
            if name == "steady" or day < STOPPED:
                fleet.report(name, at=morning)
        while appraise_pending(fleet.installation, fleet.policies, morning):
            pass
        swept = run_sweep(fleet.installation, fleet.policies, morning + DAY / 2)
        with fleet.installation.store.read() as connection:
            silent += [(day, one.name) for one in changes_of(connection, swept).silent]
    assert silent == [(STOPPED - 1 + WINDOW, "stopped")]
    with fleet.installation.store.read() as connection:
        query = select(status.c.status, status.c.since).where(status.c.device_no == fleet.members["stopped"].no)
        found = [(row[0], row[1]) for row in connection.execute(query.order_by(status.c.no))]
        told = read_entries(connection, kind="status", about=None, first=0, limit=99)
    stale_since = START + (STOPPED - 1 + WINDOW) * DAY + DAY / 2
    assert found == [("compliant", START), ("stale", stale_since)]
    assert len(told) == 3
