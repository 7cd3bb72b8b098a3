"""Sweeps: everybody is judged, once, whoever was cut off or sweeps beside; and looks, which keep nothing."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from evidence_factory import TIKTOK, account, app, make_inventory, rows
from judging import controls
from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import load_policies
from setapart_auditor.register.database import change_device, find_device
from setapart_auditor.store.schema import device_key, status, sweep, verdict
from setapart_auditor.sweep import fleet as fleet_module
from setapart_auditor.sweep.changes import Change, changes_of
from setapart_auditor.sweep.fleet import Swept, find_sweep, run_sweep
from setapart_auditor.sweep.look import Open, examine, look, open_causes
from setapart_auditor.sweep.verdicts import read_verdicts
from store_builder import DAY, START, StoredFleet, by_hand, make_stored_fleet

CLEAN, DIRTY = make_inventory(), make_inventory(apps=[app(TIKTOK)])
EVENING = START + DAY / 2
NAMES = [f"d{number}" for number in range(6)]


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, NAMES)
    yield made
    made.installation.store.close()


def swept(fleet: StoredFleet, now: dt.datetime = EVENING, **more: object) -> Swept:
    return run_sweep(fleet.installation, fleet.policies, now, **more)  # type: ignore[arg-type]


def told(fleet: StoredFleet, found: Swept) -> dict[str, str]:
    with fleet.installation.store.read() as connection:
        return {one.verdict.name: one.verdict.status for one in read_verdicts(connection, found.no)}


def count(fleet: StoredFleet, table: object) -> int:
    with fleet.installation.store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_devices_that_never_reported_are_judged_and_retired_ones_are_not(fleet: StoredFleet) -> None:
    fleet.report("d0", DIRTY)
    with fleet.installation.store.write() as connection:
        change_device(connection, find_device(connection, "d1"), {"state": "retired"}, "o1", START)
    assert told(fleet, swept(fleet)) == {"d0": "violation", **dict.fromkeys(NAMES[2:], "pending")}


def test_a_sweep_that_failed_is_gone_on_with_as_of_its_own_moment(
    fleet: StoredFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_module, "CHUNK", 2)
    steps = iter([0, 0])

    def fail(_done: int) -> None:
        next(steps)

    with pytest.raises(StopIteration):
        swept(fleet, progress=fail)
    with pytest.raises(AuditorError, match="no sweep yet"), fleet.installation.store.read() as connection:
        find_sweep(connection)
    found = swept(fleet, EVENING + dt.timedelta(hours=1))
    assert (found.no, found.at, len(told(fleet, found)), count(fleet, verdict)) == (1, EVENING, 6, 6)
    assert swept(fleet, EVENING + dt.timedelta(hours=2)).no == 2


@pytest.mark.parametrize("change", ["day", "register", "unit", "pack"])
def test_a_sweep_of_anything_else_is_a_new_one(
    fleet: StoredFleet, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(fleet_module, "CHUNK", 2)
    with pytest.raises(StopIteration):
        swept(fleet, progress=lambda _done: next(iter(())))
    now, more = EVENING, {}
    if change == "day":
        now += DAY
    elif change == "register":
        fleet.add("d9")
    elif change == "unit":
        more = {"unit": ""}
    else:
        more = {"pack": "no-2023"}
    assert swept(fleet, now, **more).no == 2


@pytest.mark.parametrize(
    "changes", [{"state": "retired"}, {"state": "revoked"}, {"unit": "elsewhere"}, {"class": "personal"}], ids=str
)
def test_a_device_that_changes_while_it_is_judged_gets_no_status_by_what_it_was(
    fleet: StoredFleet, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    monkeypatch.setattr(fleet_module, "CHUNK", 1)
    judge_devices = fleet_module.judge_devices

    def changing(*words: Any, **more: Any) -> Iterator[Any]:
        for chunk in judge_devices(*words, **more):
            if chunk[0].verdict.name == "d1":
                with fleet.installation.store.write() as connection:
                    change_device(connection, find_device(connection, "d1"), changes, "o1", EVENING)
            yield chunk

    monkeypatch.setattr(fleet_module, "judge_devices", changing)
    swept(fleet)
    with fleet.installation.store.read() as connection:
        moved = set(connection.execute(select(status.c.device_no)).scalars())
    assert moved == {fleet.members[name].no for name in NAMES} - {fleet.members["d1"].no}


def test_two_sweeps_at_once_share_the_work(fleet: StoredFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "CHUNK", 1)
    barrier = threading.Barrier(2)
    first = iter([True])

    def meet(_done: int) -> None:
        if next(first, False):
            barrier.wait(30)

    beside = threading.Thread(target=lambda: (barrier.wait(30), swept(fleet)))
    beside.start()
    found = swept(fleet, progress=meet)
    beside.join()
    assert (len(told(fleet, found)), count(fleet, status)) == (6, 6)
    assert count(fleet, verdict) in {6, 12}  # the other one came in time, or began its own
    assert count(fleet, verdict) == 6 * count(fleet, sweep)


def test_two_processes_find_what_one_finds(fleet: StoredFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "_SERIAL_UP_TO", 1)
    for number, name in enumerate(NAMES[:4]):
        fleet.report(name, DIRTY if number % 2 else CLEAN)
    assert told(fleet, swept(fleet, workers=2)) == told(fleet, swept(fleet, workers=1))


def test_a_pack_that_is_tried_out_moves_no_status_and_is_compared_with_no_later_sweep(fleet: StoredFleet) -> None:
    fleet.report("d0", CLEAN)
    swept(fleet)
    before = count(fleet, status)
    tried = run_sweep(
        fleet.installation, load_policies(fleet.installation, "eu-commission-2023"), EVENING + 50 * DAY, pack="eu"
    )
    assert count(fleet, status) == before
    with fleet.installation.store.read() as connection:
        assert changes_of(connection, tried).since == 1
        assert all(one.since is None or one.verdict.status == "pending" for one in read_verdicts(connection, tried.no))
        assert find_sweep(connection).no == 1


def test_what_changed_is_told_once(fleet: StoredFleet) -> None:
    fleet.report("d0", DIRTY)
    fleet.report("d1", CLEAN)
    fleet.report("d2", CLEAN)
    swept(fleet)
    fleet.report("d0", CLEAN, at=EVENING)
    fleet.report("d1", DIRTY, at=EVENING)
    fleet.add("d9", at=START + DAY)
    second = swept(fleet, EVENING + DAY)
    third = swept(fleet, EVENING + 40 * DAY)
    fourth = swept(fleet, EVENING + 41 * DAY)
    with fleet.installation.store.read() as connection:
        found = changes_of(connection, second)
        assert (found.since, [one.name for one in found.new]) == (1, ["d9"])
        assert found.cured == (Change(name="d0", before="violation", status="compliant"),)
        assert found.worse == (Change(name="d1", before="compliant", status="violation"),)
        assert [one.name for one in changes_of(connection, third).silent] == ["d0", "d1", "d2"]
        last = changes_of(connection, fourth)
        assert (last.silent, last.worse, last.new, last.cured, last.better) == ((), (), (), (), ())


def test_a_sweep_of_a_unit_is_compared_with_one_that_covers_it(fleet: StoredFleet) -> None:
    fleet.add("u0", unit="Patrol")
    of_other = swept(fleet, unit="other")
    assert told(fleet, of_other) == {}
    whole = swept(fleet)
    part = swept(fleet, EVENING + DAY, unit="PATROL")
    assert told(fleet, part) == {"u0": "pending"}
    with fleet.installation.store.read() as connection:
        assert changes_of(connection, part).since == whole.no
        assert changes_of(connection, whole).since is None


def test_an_account_of_a_device_set_apart_that_another_device_has_is_found_from_both_sides(fleet: StoredFleet) -> None:
    same = make_inventory(accounts=[account(address_digest="hmac-sha256:" + "ab" * 32)])
    fleet.add("apart", device_class="social-dedicated")
    fleet.report("apart", same)
    fleet.report("d0", same)
    found = swept(fleet)
    with fleet.installation.store.read() as connection:
        verdicts = {one.verdict.name: one.verdict for one in read_verdicts(connection, found.no)}
        device = find_device(connection, "apart")
    assert "shared-account-across-devices" in controls(verdicts["apart"])
    seen = examine(fleet.installation, fleet.policies, device, EVENING).seen
    assert seen.judged.verdict == verdicts["apart"]


def test_who_shares_an_account_is_named_within_a_unit_and_by_its_unit_elsewhere(fleet: StoredFleet) -> None:
    """An officer of one unit sees no device of another one, whatever they share."""
    same = make_inventory(accounts=[account(address_digest="hmac-sha256:" + "ab" * 32)])
    fleet.add("apart", device_class="social-dedicated", unit="Press")
    fleet.add("near", unit="press")
    fleet.add("secret-phone", "secret-desk", unit="Cabinet")
    for name in ("apart", "near", "secret-phone", "secret-desk"):
        fleet.report(name, same)
    found = swept(fleet)
    with fleet.installation.store.read() as connection:
        (verdict,) = (one.verdict for one in read_verdicts(connection, found.no) if one.verdict.name == "apart")
    (finding,) = (one for one in verdict.findings if one.control == "shared-account-across-devices")
    assert "secret" not in finding.message
    assert finding.message.endswith("is also on a device of unit Cabinet, near")


def test_a_look_judges_as_of_now_and_keeps_nothing(fleet: StoredFleet) -> None:
    fleet.report("d0", CLEAN)
    swept(fleet)
    kept = count(fleet, verdict), count(fleet, status)
    seen = {one.judged.verdict.name: one for one in look(fleet.installation, fleet.policies, EVENING + 60 * DAY)}
    assert (seen["d0"].judged.verdict.status, seen["d0"].since) == ("stale", EVENING + 60 * DAY)
    again = {one.judged.verdict.name: one for one in look(fleet.installation, fleet.policies, EVENING + DAY)}
    assert (again["d0"].judged.verdict.status, again["d0"].since) == ("compliant", EVENING)
    assert (count(fleet, verdict), count(fleet, status)) == kept


def test_why_devices_are_inconclusive_is_counted_a_device_once(fleet: StoredFleet) -> None:
    blind = make_inventory(
        profiles=["0", "10"],
        coverage=rows("accounts", "links") + rows("apps", profiles=["0", "10"], status="denied", reason="no access"),
    )
    for name in NAMES[:3]:
        fleet.report(name, blind)
    seen = tuple(look(fleet.installation, fleet.policies, EVENING))
    assert open_causes(seen)[0] == Open(cause="coverage-incomplete: apps on android, no access", devices=3)


def test_a_damaged_key_makes_its_own_device_invalid_and_stops_no_sweep(fleet: StoredFleet) -> None:
    for name in ("d0", "d1"):
        fleet.report(name, CLEAN)
    with fleet.installation.store.read() as connection:
        number = find_device(connection, "d0").no
    with by_hand(fleet.installation) as connection:
        connection.execute(update(device_key).where(device_key.c.device_no == number).values(spki=b"damaged"))
    found = told(fleet, swept(fleet))
    assert (found["d0"], found["d1"]) == ("invalid", "compliant")


def test_a_sweep_of_another_unit_is_none_for_whoever_acts_for_one(fleet: StoredFleet) -> None:
    with fleet.installation.store.write() as connection:
        for name, unit in (("d0", "u1"), ("d1", "u2")):
            change_device(connection, find_device(connection, name), {"unit": unit}, "os:root", START)
    other = swept(fleet, unit="u2")
    with fleet.installation.store.read() as connection:
        assert find_sweep(connection, other.no, unit="U2").no == other.no
        with pytest.raises(AuditorError, match=f"no sweep {other.no}"):
            find_sweep(connection, other.no, unit="u1")
