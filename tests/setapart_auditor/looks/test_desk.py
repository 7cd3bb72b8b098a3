"""The officers' desk: who is let in, what they do not see, and that every look is written down, and nothing else."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from evidence_factory import make_inventory
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.log.entries import ShownEntry, read_entries
from setapart_auditor.looks.asks import Ask, Call, DeviceAsk, DevicesAsk, HistoryAsk, SweepAsk
from setapart_auditor.looks.desk import AbsentError, Admitted, UnauthenticatedError, admit, answer
from setapart_auditor.looks.explained import Explained
from setapart_auditor.looks.page import DevicePage
from setapart_auditor.looks.swept import SweepSummary
from setapart_auditor.officers.actor import acting, add_officer
from setapart_auditor.officers.tokens import issue
from setapart_auditor.store.schema import log_state, officer
from setapart_auditor.sweep.fleet import run_sweep
from setapart_auditor.sweep.story import Story
from store_builder import DAY, START, StoredFleet, make_stored_fleet


@dataclass
class Desk:
    fleet: StoredFleet
    tokens: Mapping[str, str]

    def admit(self, *asked: tuple[str, Ask], at: dt.datetime = START) -> tuple[Admitted | AuditorError, ...]:
        calls = [Call(no=no, token=self.tokens.get(who, who), at=at, ask=ask) for no, (who, ask) in enumerate(asked)]
        return admit(self.fleet.installation.store, calls)

    def log(self) -> list[ShownEntry]:
        with self.fleet.installation.store.read() as connection:
            found = read_entries(connection, kind=None, about=None, first=0, limit=9999)
        return [one for one in found if one.kind.endswith("-read")]


@pytest.fixture
def desk(tmp_path: Path, database_url: str | None) -> Iterator[Desk]:
    fleet = make_stored_fleet(tmp_path, database_url, ["office-phone"], unit="Office")
    fleet.add("patrol-phone", unit="patrol")
    fleet.report("patrol-phone", make_inventory())
    installation = fleet.installation
    with installation.store.write() as connection:
        for name, role, unit in (("boss", "admin", None), ("vera", "viewer", None), ("olga", "viewer", "office")):
            add_officer(installation, connection, name, roles=(role,), unit=unit, added_by="tests", now=START)  # type: ignore[arg-type]
        boss = acting(installation, connection, "boss", START)
        tokens = {name: issue(connection, boss, name, START, days=30) for name in ("boss", "vera", "olga")}
    yield Desk(fleet, tokens)
    installation.store.close()


def test_every_look_is_written_down_with_who_what_and_why_before_it_is_answered(desk: Desk) -> None:
    run_sweep(desk.fleet.installation, desk.fleet.policies, START)
    desk.admit(
        ("vera", DevicesAsk(why="dashboard", status="violation", class_="ordinary")),
        ("vera", DevicesAsk(unit="PATROL")),
        ("olga", DevicesAsk()),
        ("boss", DeviceAsk(device="PATROL-PHONE", why="case 8")),
        ("boss", HistoryAsk(device=desk.fleet.members["patrol-phone"].signer.public.keyid)),
        ("olga", SweepAsk(why="weekly")),
    )
    assert [(one.kind, one.who, one.about, one.why, one.record["detail"]) for one in desk.log()] == [
        ("list-read", "vera", "", "dashboard", {"by": "http", "class": "ordinary", "status": "violation"}),
        ("list-read", "vera", "PATROL", "", {"by": "http"}),
        ("list-read", "olga", "office", "", {"by": "http"}),
        ("device-read", "boss", "patrol-phone", "case 8", {"by": "http"}),
        ("device-read", "boss", "patrol-phone", "", {"by": "http history"}),
        ("sweep-read", "olga", "office", "weekly", {"by": "http"}),
    ]


def test_many_looks_are_one_transaction(desk: Desk) -> None:
    """Else who looks often takes the store from who reports."""
    store = desk.fleet.installation.store
    commits: list[object] = []
    seals = store.before_commit

    def count(connection: object) -> None:
        commits.append(connection)
        seals(connection)  # type: ignore[arg-type]

    object.__setattr__(store, "before_commit", count)
    try:
        desk.admit(*[("vera", DevicesAsk())] * 50)
        assert len(commits) == 1
        desk.admit(("nobody", DevicesAsk()), ("olga", DeviceAsk(device="patrol-phone")))
        assert len(commits) == 1
    finally:
        object.__setattr__(store, "before_commit", seals)
    assert len(desk.log()) == 50


@pytest.mark.parametrize(
    "ask", [DevicesAsk(), DeviceAsk(device="office-phone"), HistoryAsk(device="office-phone"), SweepAsk()]
)
def test_wrong_expired_disabled_and_replaced_tokens_are_one(desk: Desk, ask: Ask) -> None:
    installation = desk.fleet.installation
    with installation.store.write() as connection:
        boss = acting(installation, connection, "boss", START)
        issue(connection, boss, "vera", START, days=30)
        connection.execute(update(officer).where(officer.c.name == "olga").values(disabled_at=START))
    refused = [
        *desk.admit(("vera", ask), ("olga", ask), ("spo1.x", ask)),
        *desk.admit(("boss", ask), at=START + 30 * DAY),
    ]
    assert {type(one) for one in refused} == {UnauthenticatedError}
    assert len({str(one) for one in refused}) == 1
    assert desk.log() == []


def test_an_officer_without_a_role_that_reads_is_refused(desk: Desk) -> None:
    with desk.fleet.installation.store.write() as connection:
        connection.execute(update(officer).where(officer.c.name == "vera").values(roles=""))
    (found,) = desk.admit(("vera", DevicesAsk()))
    assert isinstance(found, NotAllowedError)
    assert not isinstance(found, UnauthenticatedError)
    assert desk.log() == []


@pytest.mark.parametrize("kind", [DeviceAsk, HistoryAsk])
def test_a_device_of_another_unit_is_as_one_that_is_not_there(desk: Desk, kind: type[DeviceAsk]) -> None:
    theirs = desk.fleet.members["patrol-phone"].signer.public.keyid
    names = ["patrol-phone", "Patrol-Phone ", theirs, "nothing", "", "x" * 5000, "a\x00b", "\u202e"]
    found = desk.admit(*[("olga", kind(device=name)) for name in names])
    assert [type(one) for one in found] == [AbsentError] * len(names)
    assert len({str(one) for one in found}) == 1
    assert desk.log() == []


def test_another_unit_is_as_one_that_is_not_there(desk: Desk) -> None:
    found = desk.admit(*[("olga", DevicesAsk(unit=unit)) for unit in ("patrol", "PATROL", "nothing", "")])
    assert [type(one) for one in found] == [AbsentError] * 4
    (slip,) = desk.admit(("vera", DevicesAsk(unit="ofice")))
    assert isinstance(slip, AbsentError), "no device of a unit that was named is no fleet in order"
    (own,) = desk.admit(("olga", DevicesAsk(unit="OFFICE")))
    assert isinstance(own, Admitted)


def test_a_unit_without_devices_is_an_empty_page_to_its_own_officer(desk: Desk) -> None:
    with desk.fleet.installation.store.write() as connection:
        connection.execute(update(officer).where(officer.c.name == "olga").values(unit="new unit"))
    (found,) = desk.admit(("olga", DevicesAsk()))
    assert isinstance(found, Admitted)
    assert answer(desk.fleet.installation, desk.fleet.policies, found) == DevicePage(devices=(), next=None)


def test_each_is_answered_with_what_was_asked_for(desk: Desk) -> None:
    run_sweep(desk.fleet.installation, desk.fleet.policies, START)
    asks = [DevicesAsk(), DeviceAsk(device="office-phone"), HistoryAsk(device="office-phone"), SweepAsk()]
    found = [
        answer(desk.fleet.installation, desk.fleet.policies, one)
        for one in desk.admit(*[("olga", ask) for ask in asks])
        if isinstance(one, Admitted)
    ]
    listed, device, history, swept = found
    assert isinstance(listed, DevicePage)
    assert [one.name for one in listed.devices] == ["office-phone"]
    assert isinstance(device, Explained)
    assert device.status == listed.devices[0].status
    assert isinstance(history, Story)
    assert isinstance(swept, SweepSummary)
    assert sum(swept.statuses.values()) == 1
    assert all(b"patrol" not in msgspec.json.encode(one) for one in found)


def test_no_look_that_was_refused_waits_for_the_writer(desk: Desk) -> None:
    store = desk.fleet.installation.store
    with store.write() as connection:
        connection.execute(select(log_state.c.size))
        assert isinstance(desk.admit(("nobody", DevicesAsk()))[0], UnauthenticatedError)
