"""What was acknowledged is on disk: the intake is killed, starved of disk, and its server stopped, again and again.

60 kills for each database; `make storm` asks for 1000.
"""

import os
import random
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from intake_client import Herd, Workers, run_once
from postgres_server import PostgresServer
from setapart_auditor.installation import Installation
from stores import make_installation

KILLS = int(os.environ.get("SETAPART_KILLS", "60"))
DEVICES = 48


def test_nothing_acknowledged_is_lost_or_doubled_when_the_intake_is_killed(
    installation: Installation,
    tmp_path: Path,
) -> None:
    herd = Herd.register(installation, DEVICES)
    workers = Workers(installation, tmp_path / "socket")
    chance = random.Random(4)
    for _ in range(KILLS):
        worker = workers.fork()
        before = len(herd.acknowledged)
        killer = threading.Thread(target=_kill_after, args=(worker, herd, before, chance.uniform(0.0, 0.12)))
        killer.start()
        herd.talk(workers.path, until=lambda: False)
        killer.join()
    workers.fork()
    goal = len(herd.acknowledged) + DEVICES
    herd.talk(workers.path, until=lambda: len(herd.acknowledged) >= goal)
    workers.close()
    herd.check()
    assert herd.stored == len(herd.acknowledged) > KILLS * 2
    print(f"{KILLS} kills: {len(herd.acknowledged)} acknowledged, each stored once")


def _kill_after(worker: int, herd: Herd, before: int, seconds: float) -> None:
    """Kills some time after the first receipt, so that it strikes while batches are written."""
    end = time.monotonic() + 20
    while len(herd.acknowledged) == before and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(seconds)
    os.kill(worker, signal.SIGKILL)


@pytest.mark.needs("strace")
def test_every_batch_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    assert _syncs(tmp_path, 20) >= 20


@pytest.mark.needs("strace", "eatmydata")
def test_the_count_of_syncs_can_fail(tmp_path: Path) -> None:
    """The control: with a library that swallows every sync the same count finds none."""
    assert _syncs(tmp_path, 20, "eatmydata") < 20


def _syncs(folder: Path, reports: int, *under: str) -> int:
    """The syncs of a worker that is given one report after the other: no two can share one."""
    made = make_installation(folder / "auditor")
    herd = Herd.register(made, 1)
    trace = folder / "trace"
    run_once(
        herd, folder / "socket", reports,
        under=["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,sendto", "-o", str(trace), *under],
    )  # fmt: skip
    made.store.close()
    synced = acknowledged = 0
    pending = False
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        if re.search(r"f(data)?sync\(.*= 0$|f(data)?sync resumed.*= 0$", line):
            pending = True
        elif "sendto(" in line:
            acknowledged += 1
            synced += pending
            pending = False
    assert acknowledged >= reports
    return synced


@pytest.mark.needs("strace")
@pytest.mark.parametrize("fault", ["pwrite64:error=ENOSPC:when=60..120", "fdatasync:error=EIO:when=6..9"])
def test_a_full_or_failing_disk_loses_nothing_and_the_intake_goes_on(tmp_path: Path, fault: str) -> None:
    made = make_installation(tmp_path / "auditor")
    herd = Herd.register(made, 8)
    call = fault.partition(":")[0]
    said = run_once(
        herd, tmp_path / "socket", 400,
        under=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={fault}"],
    )  # fmt: skip
    assert herd.refused > 0
    assert "StoreError" in said
    herd.check()
    made.store.close()


@pytest.mark.needs("postgresql")
def test_a_server_that_is_stopped_at_once_loses_nothing(own_postgres: PostgresServer, tmp_path: Path) -> None:
    made = make_installation(tmp_path / "auditor", own_postgres.new_database())
    herd = Herd.register(made, 8)

    def stop_and_start() -> None:
        for at in range(3):
            while len(herd.acknowledged) < 100 * (at + 1):
                time.sleep(0.01)
            own_postgres.stop("immediate")
            own_postgres.start()

    said = run_once(herd, tmp_path / "socket", 600, on_the_way=stop_and_start)
    made.store.engine.dispose()
    herd.check()
    assert herd.refused > 0
    assert "StoreError" in said
    made.store.close()
