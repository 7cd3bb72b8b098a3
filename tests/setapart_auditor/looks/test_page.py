"""Pages of devices: as they were last judged, no older than a day, each device once, and nothing of other units."""

import base64
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from evidence_factory import TIKTOK, app, make_inventory
from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import load_policies
from setapart_auditor.looks.asks import DevicesAsk, cursor_of, place_of
from setapart_auditor.looks.page import DevicePage, read_page, units_of
from setapart_auditor.store.schema import device, verdict
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.sweep.stored import appraise_pending
from store_builder import DAY, START, StoredFleet, by_hand, make_stored_fleet

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    """Three devices of one unit, two of another in two spellings; all but `silent` have reported and are judged."""
    made = make_stored_fleet(tmp_path, database_url, ["Clean", "dirty", "silent"], unit="office")
    made.add("patrol-1", unit="Patrol", device_class="personal")
    made.add("patrol-2", unit="patrol")
    for name in ("Clean", "patrol-1", "patrol-2"):
        made.report(name, CLEAN)
    made.report("dirty", DIRTY)
    appraise_pending(made.installation, made.policies, START + HOUR)
    yield made
    made.installation.store.close()


def page(fleet: StoredFleet, at: dt.datetime = START + 2 * HOUR, unit: str | None = None, **ask: Any) -> DevicePage:
    with fleet.installation.store.read() as connection:
        units = None if unit is None else units_of(connection, unit)
    return read_page(fleet.installation, fleet.policies, DevicesAsk(**ask), units, at)


def names(found: DevicePage) -> list[str]:
    return [one.name for one in found.devices]


def test_devices_stand_as_they_were_last_judged_and_since_when(fleet: StoredFleet) -> None:
    found = page(fleet)
    assert names(found) == ["Clean", "dirty", "patrol-1", "patrol-2", "silent"]
    assert found.next is None
    dirty = found.devices[1]
    assert (dirty.status, dirty.since, dirty.judged_at) == ("violation", START + HOUR, START + HOUR)
    assert dirty.findings
    assert dirty.evidence is not None
    silent = found.devices[-1]
    assert (silent.status, silent.since, silent.judged_at) == ("pending", START + 2 * HOUR, START + 2 * HOUR)


def test_every_device_is_on_one_page_also_while_others_are_added(fleet: StoredFleet) -> None:
    first = page(fleet, limit=2)
    assert names(first) == ["Clean", "dirty"]
    fleet.add("AAA", "dirty-2", "zzz", at=START)
    second = page(fleet, limit=2, cursor=first.next)
    third = page(fleet, limit=100, cursor=second.next)
    assert names(second) == ["dirty-2", "patrol-1"]
    assert names(third) == ["patrol-2", "silent", "zzz"]
    assert third.next is None


def test_a_page_that_ends_with_the_last_device_is_the_last(fleet: StoredFleet) -> None:
    assert page(fleet, limit=5).next is None
    assert page(fleet, limit=4).next is not None


@pytest.mark.parametrize("limit", [1, 2, 500])
def test_filters_together_are_one(fleet: StoredFleet, limit: int) -> None:
    def every(**ask: Any) -> list[str]:
        found = page(fleet, limit=limit, **ask)
        shown = names(found)
        while found.next is not None:
            found = page(fleet, limit=limit, cursor=found.next, **ask)
            shown += names(found)
        return shown

    assert every(unit="PATROL") == ["patrol-1", "patrol-2"]
    assert every(class_="personal") == ["patrol-1"]
    assert every(class_="personal", unit="office") == []
    assert every(status="violation") == ["dirty"]
    assert every(status="compliant", unit="patrol") == ["patrol-1", "patrol-2"]
    assert every(status="pending") == ["silent"]


def test_a_device_that_fell_silent_is_stale_though_nobody_sweeps(fleet: StoredFleet) -> None:
    """Stored is only that it was green: that must not stand for longer than a day."""
    later = START + 60 * DAY
    assert {one.status for one in page(fleet, at=later).devices} == {"stale", "violation"}
    assert names(page(fleet, at=later, status="compliant")) == []
    assert "Clean" in names(page(fleet, at=later, status="stale"))
    assert page(fleet, at=later).devices[0].judged_at == later


def test_a_verdict_stands_from_one_daily_sweep_to_the_next(fleet: StoredFleet) -> None:
    judged = START + HOUR
    assert page(fleet, at=judged + 24 * HOUR).devices[0].judged_at == judged
    assert page(fleet, at=judged + 25 * HOUR).devices[0].judged_at == judged + 25 * HOUR


def test_the_verdicts_of_a_sweep_count_and_those_of_a_pack_that_was_tried_out_do_not(fleet: StoredFleet) -> None:
    run_sweep(fleet.installation, fleet.policies, START + 3 * HOUR)
    what_if = load_policies(fleet.installation, "us-m-23-13")
    run_sweep(fleet.installation, what_if, START + 4 * HOUR, pack="us-m-23-13")
    found = page(fleet, at=START + 5 * HOUR)
    assert {one.judged_at for one in found.devices} == {START + 3 * HOUR}
    assert {one.policy for one in found.devices} == {fleet.policies.default.digest}


def test_what_is_no_longer_active_is_not_listed(fleet: StoredFleet) -> None:
    with fleet.installation.store.write() as connection:
        connection.execute(update(device).where(device.c.name == "dirty").values(state="retired"))
    assert "dirty" not in names(page(fleet))


def test_a_damaged_verdict_is_not_believed(fleet: StoredFleet) -> None:
    with by_hand(fleet.installation) as connection:
        connection.execute(update(verdict).where(verdict.c.status == "violation").values(body=b"broken"))
    dirty = page(fleet).devices[1]
    assert (dirty.name, dirty.status, dirty.judged_at) == ("dirty", "violation", START + 2 * HOUR)


def test_a_verdict_that_was_whitewashed_in_its_row_is_not_believed(fleet: StoredFleet) -> None:
    with by_hand(fleet.installation) as connection:
        connection.execute(update(verdict).where(verdict.c.status == "violation").values(status="compliant"))
    assert page(fleet).devices[1].status == "violation"
    assert "dirty" not in names(page(fleet, status="compliant"))


def test_a_search_for_what_is_rare_ends_early_and_is_gone_on_with(
    fleet: StoredFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setapart_auditor.looks.page._LOOKED_AT", 2)
    monkeypatch.setattr("setapart_auditor.looks.page._AT_ONCE", 2)
    first = page(fleet, status="pending")
    assert (names(first), place_of(first.next or "")) == ([], "dirty")
    second = page(fleet, status="pending", cursor=first.next)
    assert names(page(fleet, status="pending", cursor=second.next)) == ["silent"]


def test_a_cursor_tells_no_more_than_a_name_that_was_shown(fleet: StoredFleet) -> None:
    """A number in it would count the devices of others."""
    found = page(fleet, unit="patrol", limit=1)
    assert place_of(found.next or "") == "patrol-1"
    for number in range(30):
        fleet.add(f"office-{number}", unit="office")
    assert page(fleet, unit="patrol", limit=1).next == found.next


@pytest.mark.parametrize("name", ["phone", "ærlig ÅØ", "x" * 128, ""])
def test_a_cursor_leads_back_to_its_place(name: str) -> None:
    assert place_of(cursor_of(name)) == name


@pytest.mark.parametrize(
    "cursor", ["!", "A", "AA", "/w", "YQ==x", base64.urlsafe_b64encode(b"a\x00b").decode(), "\u00e6"]
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    """Also one with a zero byte, which PostgreSQL takes for an error of the database."""
    with pytest.raises(AuditorError, match="no cursor"):
        place_of(cursor)
