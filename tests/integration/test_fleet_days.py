"""A fleet over ten virtual days: the sweeps find what was planted, exactly, also when they are killed in between.

The planner knows nothing of the engine: what each sweep has to say follows from what was planted and on which day. How
many devices: `SETAPART_FLEET` (`make fleet`: 5 000).
"""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from evidence_factory import TIKTOK, app, make_inventory, rows
from fleet_simulator import OVERLAY
from repository import REPOSITORY
from setapart_auditor.exceptions.decide import Wanted, approve, request
from setapart_auditor.officers.actor import acting
from setapart_auditor.register.database import bump
from setapart_auditor.store.schema import settlement, status, verdict
from setapart_auditor.sweep.changes import changes_of
from setapart_auditor.sweep.fleet import Swept, run_sweep
from setapart_auditor.sweep.stored import appraise_pending
from setapart_auditor.sweep.verdicts import read_verdicts
from setapart_evidence.model import Inventory
from store_builder import DAY, START, StoredFleet, make_stored_fleet

SIZE = int(os.environ.get("SETAPART_FLEET", "140"))
DAYS = 10
WINDOW, GRACE = 3, 4
RULE = f"{OVERLAY}\n[freshness]\nmax_age = {WINDOW}\ngrace_for_new = {GRACE}\n"
KILLED_ON = (4, 7)
CLEAN = make_inventory(apps=[app()])
RESTRICTED = make_inventory(apps=[app(), app(TIKTOK)])
BLIND = make_inventory(coverage=[*rows("accounts", "links"), *rows("apps", status="denied", reason="no access")])
KINDS = (
    "clean", "clean", "clean", "clean", "violator", "mended", "silent", "silent violator", "never", "clone", "settled",
    "late", "excepted", "blind",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is planted in one device: from day `begin` to the day before `end`."""

    name: str
    kind: str
    begin: int
    end: int

    @property
    def device_class(self) -> str:
        return "social-dedicated" if self.kind == "excepted" else "ordinary"

    def report(self, day: int) -> Inventory | None:
        """What the device reports on a day, if it does."""
        if self.kind == "never" or (self.kind.startswith("silent") and day >= self.begin):
            return None
        if self.kind in {"excepted", "silent violator"} or (self.kind in {"violator", "mended"} and self._on(day)):
            return RESTRICTED
        return BLIND if self.kind == "blind" and self._on(day) else CLEAN

    def expected(self, day: int) -> tuple[str, frozenset[str]]:
        """The status on the evening of a day, and the controls that decide it."""
        is_old = self.kind.startswith("silent") and day - (self.begin - 1) >= WINDOW
        if self.kind == "never":
            return "stale" if day > GRACE else "pending", frozenset({"never-reported"})
        if self.kind == "silent violator":
            stale = {"evidence-stale"} if is_old else set()
            return "violation", frozenset({"restricted-app-on-ordinary-device"} | stale)
        if is_old:
            return "stale", frozenset({"evidence-stale"})
        if self.kind in {"violator", "mended"} and self._on(day):
            return "violation", frozenset({"restricted-app-on-ordinary-device"})
        if self.kind in {"clone", "settled"} and self._on(day):
            return "invalid", frozenset({"chain-forked"})
        if self.kind == "blind" and self._on(day):
            return "inconclusive", frozenset({"coverage-incomplete"})
        if self.kind == "excepted":
            if day < self.end:
                return "excepted", frozenset()
            return "violation", frozenset({"restricted-app-without-need"})
        return "compliant", frozenset()

    def _on(self, day: int) -> bool:
        return self.begin <= day < (self.end if self.kind in {"mended", "settled", "blind"} else DAYS)


def plan() -> tuple[Plan, ...]:
    dice = random.Random(4)
    return tuple(
        Plan(f"d{number:05}", KINDS[number % len(KINDS)], begin, dice.randrange(begin + 1, DAYS))
        for number in range(SIZE)
        for begin in (dice.randrange(1, 6),)
    )


@pytest.fixture
def fleet(tmp_path: Path, database_url: str | None) -> Iterator[StoredFleet]:
    made = make_stored_fleet(tmp_path, database_url, overlay=RULE)
    yield made
    made.installation.store.close()


def morning(day: int) -> dt.datetime:
    return START + day * DAY


def test_ten_days_of_a_fleet_are_found_as_they_were_planted_though_sweeps_are_killed(fleet: StoredFleet) -> None:
    plans = plan()
    for device_class in ("ordinary", "social-dedicated"):
        fleet.add(*(one.name for one in plans if one.device_class == device_class), device_class=device_class)
    grant_exceptions(fleet, plans)
    held: dict[str, bytes] = {}
    for day in range(DAYS):
        take_in(fleet, plans, day, held)
        settle(fleet, plans, day)
        swept = sweep_of(fleet, day)
        compare(fleet, plans, day, swept)
    with fleet.installation.store.read() as connection:
        for one in plans:
            query = select(status.c.status).where(status.c.device_no == fleet.members[one.name].no)
            found = list(connection.execute(query.order_by(status.c.no)).scalars())
            assert found == [word for word, _ in groupby(one.expected(day)[0] for day in range(DAYS))], one


def take_in(fleet: StoredFleet, plans: tuple[Plan, ...], day: int, held: dict[str, bytes]) -> None:
    """Everybody's reports; clones report the day's sequence once more, late ones come a day after the next."""
    reports: list[bytes] = []
    at = morning(day)
    for one in plans:
        inventory = one.report(day)
        if inventory is None:
            continue
        if one.kind in {"clone", "settled"} and day == one.begin:
            cloned = make_inventory(apps=[app("org.example.other")])
            reports.append(fleet.sign(one.name, inventory, at=at, advance=False))
            member = fleet.members[one.name]
            kept = member.sequence, member.previous
            reports.append(fleet.sign(one.name, cloned, at=at))
            member.sequence, member.previous = kept
            fleet.sign(one.name, inventory, at=at)  # the original goes on
        elif one.kind == "late" and day == one.begin:
            held[one.name] = fleet.sign(one.name, inventory, at=at)
        else:
            reports.append(fleet.sign(one.name, inventory, at=at))
            if one.name in held and day == one.begin + 1:
                reports.append(held.pop(one.name))
    fleet.receive(*reports, at=at)
    judged = 0
    while count := appraise_pending(fleet.installation, fleet.policies, at + dt.timedelta(minutes=1), 700):
        judged += count
    assert judged == len(reports)


def grant_exceptions(fleet: StoredFleet, plans: tuple[Plan, ...]) -> None:
    with fleet.installation.store.write() as connection:
        asks, grants = (acting(fleet.installation, connection, name, START) for name in ("o1", "o2"))
        for one in plans:
            if one.kind == "excepted":
                wanted = Wanted(
                    device=one.name,
                    app="tiktok",
                    need="outreach",
                    valid_from=START.date(),
                    until=(morning(one.end) - DAY).date(),
                )
                id_ = request(connection, fleet.policies, asks, wanted, START)
                approve(connection, fleet.policies, grants, id_, START)


def settle(fleet: StoredFleet, plans: tuple[Plan, ...], day: int) -> None:
    """Two officers accept both reports of a fork."""
    from setapart_auditor.register.database import find_device
    from setapart_auditor.sweep.reading import read_outline

    with fleet.installation.store.write() as connection:
        for one in plans:
            if one.kind == "settled" and day == one.end:
                (fork,) = read_outline(connection, find_device(connection, one.name)).forks
                for digest in fork.digests:
                    connection.execute(
                        insert(settlement).values(
                            device_no=fleet.members[one.name].no,
                            digest=bytes.fromhex(digest.removeprefix("sha256:")),
                            why="restored from a backup",
                            first_by="o1",
                            first_folded="o1",
                            first_at=morning(day),
                            second_by="o2",
                            second_folded="o2",
                            second_at=morning(day),
                        )
                    )
        bump(connection)


def sweep_of(fleet: StoredFleet, day: int) -> Swept:
    """The evening's sweep; on some days killed three times, and gone on with."""
    at = morning(day) + DAY / 2
    if day in KILLED_ON:
        fleet.installation.store.close()
        for after in (1, 3, 0):
            kill_one(fleet, at, after)
    swept = run_sweep(fleet.installation, fleet.policies, at + dt.timedelta(minutes=day), workers=2)
    assert swept.at == (at if day in KILLED_ON else at + dt.timedelta(minutes=day))
    with fleet.installation.store.read() as connection:
        query = select(func.count(), func.count(verdict.c.device_no.distinct())).where(verdict.c.sweep_no == swept.no)
        assert tuple(connection.execute(query).one()) == (SIZE, SIZE)
    return swept


SCRIPT = """\
import datetime as dt, sys, time
from pathlib import Path
from setapart_auditor.installation import load_policies, open_installation
from setapart_auditor.sweep import fleet
fleet.CHUNK = 8
found = open_installation(Path(sys.argv[1]))
left = int(sys.argv[3])
def step(done):
    global left
    print(done, flush=True)
    left -= 1
    if left == 0:
        time.sleep(600)
fleet.run_sweep(found, load_policies(found), dt.datetime.fromisoformat(sys.argv[2]), progress=step)
"""


def kill_one(fleet: StoredFleet, at: dt.datetime, after: int) -> None:
    """Sweeps in a process of its own and kills it after so many chunks; with 0, wherever it is a moment later."""
    command = [sys.executable, "-c", SCRIPT, str(fleet.installation.folder), at.isoformat(), str(after + 1)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY) as child:
        assert child.stdout is not None
        for _ in range(after + 1):
            assert child.stdout.readline()
        if after == 0:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL


def compare(fleet: StoredFleet, plans: tuple[Plan, ...], day: int, swept: Swept) -> None:
    """Statuses, deciding controls and changes, against the plan."""
    with fleet.installation.store.read() as connection:
        found = {
            one.verdict.name: (
                one.verdict.status,
                frozenset(item.control for item in one.verdict.findings if item.severity not in {"info", "warning"}),
            )
            for one in read_verdicts(connection, swept.no)
        }
        changes = changes_of(connection, swept)
    assert found == {one.name: one.expected(day) for one in plans}
    if day == 0:
        assert changes.since is None
        return
    was = {one.name: one.expected(day - 1) for one in plans}
    now = {one.name: one.expected(day) for one in plans}
    green = {"compliant", "excepted"}
    changed = {name for name in now if now[name][0] != was[name][0]}
    cured = {name for name in changed if now[name][0] in green and was[name][0] not in green}
    told = {
        kind: {one.name for one in getattr(changes, kind)} for kind in ("new", "cured", "better", "worse", "silent")
    }
    assert told == {
        "new": set(),
        "cured": cured,
        "better": set(),
        "worse": changed - cured,
        "silent": {name for name in now if "evidence-stale" in now[name][1] - was[name][1]},
    }
