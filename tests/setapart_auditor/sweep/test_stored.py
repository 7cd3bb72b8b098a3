"""Verdicts on arrival: one for each report, in order, whatever dies and whoever else does the same."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from evidence_factory import TIKTOK, app, make_inventory
from setapart_auditor.log.entries import read_entries
from setapart_auditor.store.schema import device, evidence, status, verdict
from setapart_auditor.sweep.stored import appraise_pending
from store_builder import DAY, START, StoredFleet, by_hand, make_stored_fleet

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])
NOON = START + dt.timedelta(hours=4)


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, ["one", "two"])
    yield made
    made.installation.store.close()


def judge(fleet: StoredFleet, limit: int = 1000, now: dt.datetime = NOON) -> int:
    return appraise_pending(fleet.installation, fleet.policies, now, limit)


def verdicts(fleet: StoredFleet) -> list[tuple[int, str]]:
    """The number of the evidence and the status, in the order of the verdicts."""
    query = (
        select(evidence.c.no, verdict.c.status)
        .join(evidence, evidence.c.digest == verdict.c.evidence_digest)
        .order_by(verdict.c.no)
    )
    with fleet.installation.store.read() as connection:
        return [(row[0], row[1]) for row in connection.execute(query)]


def statuses(fleet: StoredFleet, name: str) -> list[tuple[str, dt.datetime]]:
    query = select(status.c.status, status.c.since).where(status.c.device_no == fleet.members[name].no)
    with fleet.installation.store.read() as connection:
        return [(row[0], row[1]) for row in connection.execute(query.order_by(status.c.no))]


def test_every_report_is_judged_once_as_it_was_when_it_came_in(fleet: StoredFleet) -> None:
    for inventory in (CLEAN, DIRTY, CLEAN):
        fleet.report("one", inventory)
    fleet.report("two", DIRTY)
    assert [judge(fleet), judge(fleet)] == [4, 0]
    assert verdicts(fleet) == [(1, "compliant"), (2, "violation"), (3, "compliant"), (4, "violation")]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_small_batches_come_to_the_same(fleet: StoredFleet, limit: int) -> None:
    for inventory in (CLEAN, DIRTY, CLEAN, CLEAN):
        fleet.report("one", inventory)
    while judge(fleet, limit):
        pass
    assert verdicts(fleet) == [(1, "compliant"), (2, "violation"), (3, "compliant"), (4, "compliant")]


def test_a_status_is_written_when_it_changes_and_not_before(fleet: StoredFleet) -> None:
    moments = [NOON + number * DAY for number in range(4)]
    for at, inventory in zip(moments, (CLEAN, CLEAN, DIRTY, DIRTY), strict=True):
        fleet.report("one", inventory, at=at)
        judge(fleet, now=at)
    assert statuses(fleet, "one") == [("compliant", moments[0]), ("violation", moments[2])]
    with fleet.installation.store.read() as connection:
        told = read_entries(connection, kind="status", about=None, first=0, limit=9)
    assert [(one.record["before"], one.record["status"]) for one in told] == [
        (None, "compliant"),
        ("compliant", "violation"),
    ]


def test_a_verdict_as_of_before_the_last_change_moves_nothing(fleet: StoredFleet) -> None:
    fleet.report("one", DIRTY)
    judge(fleet, now=NOON + DAY)
    fleet.report("one", CLEAN)
    judge(fleet, now=NOON)
    assert statuses(fleet, "one") == [("violation", NOON + DAY)]


def test_quarantined_reports_get_no_verdict_and_hold_up_no_other(fleet: StoredFleet) -> None:
    fleet.report("one", CLEAN)
    with fleet.installation.store.write() as connection:
        connection.execute(device.update().where(device.c.name == "one").values(state="revoked", state_since=NOON))
    for _ in range(3):
        fleet.report("one", CLEAN)
    fleet.report("two", CLEAN)
    assert [judge(fleet), judge(fleet)] == [2, 0]
    assert [number for number, _ in verdicts(fleet)] == [1, 5]
    assert statuses(fleet, "one") == []


def test_a_batch_that_never_reached_the_disk_is_judged_again(fleet: StoredFleet) -> None:
    for inventory in (CLEAN, DIRTY):
        fleet.report("one", inventory)
    judge(fleet)
    with by_hand(fleet.installation) as connection:
        connection.execute(delete(status))
        connection.execute(delete(verdict))
    judge(fleet)
    assert verdicts(fleet) == [(1, "compliant"), (2, "violation")]


def test_two_at_once_double_nothing_and_leave_nothing_out(fleet: StoredFleet) -> None:
    for number in range(12):
        fleet.report("one" if number % 2 else "two", DIRTY if number % 3 else CLEAN)

    def work() -> None:
        while judge(fleet, 3):
            pass

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [number for number, _ in verdicts(fleet)] == list(range(1, 13))
    with fleet.installation.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(verdict)).scalar_one() == 12
