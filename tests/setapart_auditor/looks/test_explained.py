"""A device in full: what the verdict rests on, and what was not seen."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from evidence_factory import make_inventory, rows
from setapart_auditor.looks.explained import Explained, explained
from setapart_auditor.register.database import find_device
from setapart_auditor.sweep.look import examine
from store_builder import START, StoredFleet, make_stored_fleet

BLIND = make_inventory(coverage=[*rows("accounts", "links"), *rows("apps", status="denied", reason="no access")])
NOON = START + dt.timedelta(hours=4)


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, ["blind", "silent"], unit="office")
    made.report("blind", BLIND, source="adb:emulator", grade="agent-key")
    yield made
    made.installation.store.close()


def told(fleet: StoredFleet, name: str) -> Explained:
    with fleet.installation.store.read() as connection:
        device = find_device(connection, name)
    return explained(examine(fleet.installation, fleet.policies, device, NOON), NOON)


def test_reports_are_told_as_they_were_sent_and_taken_in(fleet: StoredFleet) -> None:
    (report,) = told(fleet, "blind").reports
    assert report.digest == fleet.members["blind"].previous
    assert (report.sequence, report.source, report.received_at) == (1, "adb:emulator", START)


def test_what_was_not_seen_is_told_with_its_reason_and_report(fleet: StoredFleet) -> None:
    found = told(fleet, "blind")
    assert [(one.section, one.status, one.reason, one.report) for one in found.unseen] == [
        ("apps", "denied", "no access", fleet.members["blind"].previous)
    ]


def test_a_device_that_never_reported_is_told_without_evidence(fleet: StoredFleet) -> None:
    found = told(fleet, "silent")
    assert (found.reports, found.unseen, found.evidence, found.judged.at) == ((), (), None, NOON)


def test_names_in_json_are_those_that_programs_read(fleet: StoredFleet) -> None:
    assert list(msgspec.to_builtins(told(fleet, "blind"))) == [
        "name", "id", "class", "unit", "status", "since", "findings", "evidence", "exceptions", "policy", "state",
        "reports", "held_exceptions", "broken_exceptions", "unseen", "judged",
    ]  # fmt: skip
