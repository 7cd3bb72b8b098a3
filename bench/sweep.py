"""A full sweep of stored reports, beside raw Ed25519 verification of the same bodies. `python bench/sweep.py [COUNT]`.

Every device has one report of 400 apps in a store on SQLite. Each round measures, one after the other: verifying each
signature over the body alone, with one process and with two; the sweep, with one process and with two. The sweep reads,
inflates, verifies, decodes, judges and writes. At the end every body is damaged: a sweep that takes one for evidence
prints FAIL.
"""

import datetime as dt
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

from sqlalchemy import text  # noqa: E402

from evidence_factory import app, make_inventory  # noqa: E402
from setapart_auditor.sweep.fleet import run_sweep  # noqa: E402
from setapart_auditor.sweep.verdicts import count_statuses  # noqa: E402
from setapart_evidence.keys import Ed25519Signer  # noqa: E402
from setapart_evidence.report import encode_inventory  # noqa: E402
from store_builder import DAY, START, StoredFleet, by_hand, make_stored_fleet  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

DEVICES = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
ROUNDS = 5
BODY = make_inventory(apps=[app(f"org.example.app{number}", name=f"App {number}") for number in range(400)])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fleet = make_stored_fleet(Path(folder), None, [f"d{number}" for number in range(DEVICES)])
        fleet.receive(*(fleet.sign(name, BODY) for name in fleet.members))
        raw = encode_inventory(BODY)
        signer = Ed25519Signer(bytes(range(32)))
        signed = signer.sign(raw)
        print(f"{DEVICES} devices, one report each of {len(raw) / 1000:.0f} kB; reports/s, min/median/max")
        moments = iter(START + number * DAY / 48 for number in range(1, 47))
        ways: dict[str, Callable[[], None]] = {
            "raw verify, 1 process": lambda: verify(signer, raw, signed, DEVICES),
            "raw verify, 2 processes": lambda: verify_by_two(signer, raw, signed),
            "sweep, 1 process": lambda: sweep(fleet, next(moments), 1),
            "sweep, 2 processes": lambda: sweep(fleet, next(moments), 2),
        }
        found: dict[str, list[float]] = {name: [] for name in ways}
        for at in range(ROUNDS + 1):
            for name, way in ways.items():
                began = time.perf_counter()
                way()
                if at:
                    found[name].append(DEVICES / (time.perf_counter() - began))
        for name, rates in found.items():
            print(f"{name:<26} {min(rates):>6.0f}/{statistics.median(rates):.0f}/{max(rates):.0f}")
        for over, under in (
            ("raw verify, 2 processes", "raw verify, 1 process"),
            ("sweep, 2 processes", "sweep, 1 process"),
            ("sweep, 1 process", "raw verify, 1 process"),
            ("sweep, 2 processes", "raw verify, 2 processes"),
        ):
            pairs = zip(found[over], found[under], strict=True)
            print(f"{over} / {under}: {statistics.median(one / other for one, other in pairs):.2f}")
        print(
            "every damaged report is found" if finds_damage(fleet, next(moments)) else "FAIL: a damaged report counts"
        )
        fleet.installation.store.close()


def verify(signer: Ed25519Signer, raw: bytes, signed: bytes, times: int) -> None:
    for _ in range(times):
        signer.public.verify(signed, raw)


def verify_by_two(signer: Ed25519Signer, raw: bytes, signed: bytes) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("fork"), initializer=_keep, initargs=(signer,)) as pool:
        for done in [pool.submit(_verify, raw, signed, DEVICES // 8) for _ in range(8)]:
            done.result()


_signer: Ed25519Signer | None = None


def _keep(signer: Ed25519Signer) -> None:
    global _signer  # noqa: PLW0603 - a worker's one job
    _signer = signer


def _verify(raw: bytes, signed: bytes, times: int) -> None:
    assert _signer is not None
    verify(_signer, raw, signed, times)


def sweep(fleet: StoredFleet, at: dt.datetime, workers: int) -> None:
    run_sweep(fleet.installation, fleet.policies, at, workers=workers)


def finds_damage(fleet: StoredFleet, at: dt.datetime) -> bool:
    """Whether every device is invalid once one byte of each stored body is another."""
    flipped = "body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)"
    with by_hand(fleet.installation) as connection:
        connection.execute(text(f"UPDATE inventory SET {flipped}"))
    found = run_sweep(fleet.installation, fleet.policies, at)
    with fleet.installation.store.read() as connection:
        return count_statuses(connection, found.no) == {"invalid": DEVICES}


if __name__ == "__main__":
    main()
