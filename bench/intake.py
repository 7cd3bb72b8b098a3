"""The intake: durable reports per second, beside what its stages cost.

`python bench/intake.py [--stored N] [--url URL]`.

Stages are measured alone in the same run, each over the same reports of 400 apps: verify and decode, compress, sign the
receipt, and a bare group-commit loop that writes the same two rows a report with the bare driver. Their sum is the
ceiling of one core. Then the store stage alone (`store_batch`: places, log, seals, receipts), and the whole path.
Without --url both databases are measured, PostgreSQL as a private server.
"""

import argparse
import datetime as dt
import gc
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from concurrent.futures import Future

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

from evidence_factory import NOW, Keys, app, make_evidence, make_inventory  # noqa: E402
from intake_client import Herd  # noqa: E402
from postgres_server import PostgresServer, is_installed  # noqa: E402
from setapart_auditor.installation import Installation, load_policies  # noqa: E402
from setapart_auditor.intake.batch import Arrived, Desk, store_batch  # noqa: E402
from setapart_auditor.intake.nonce import NonceKey  # noqa: E402
from setapart_auditor.intake.service import Answer, Intake  # noqa: E402
from setapart_evidence import envelope as dsse  # noqa: E402
from setapart_evidence.keys import generate  # noqa: E402
from setapart_evidence.open import open_report  # noqa: E402
from setapart_evidence.receipt import Receipt, make_receipt  # noqa: E402
from stores import make_installation  # noqa: E402

APPS = 400
DEVICES = 256
AT_ONCE = 128
WINDOW = 256
APP_ROWS = [app(f"org.vendor{n % 97}.product{n}", name=f"Product {n}", version=f"{n % 9}.{n}") for n in range(APPS)]


class Source:
    """Reports of the herd's devices, one after the other, each device's in its chain."""

    def __init__(self, herd: Herd) -> None:
        self._herd = herd
        self._at = 0
        self._chains: dict[int, tuple[int, str | None]] = {}
        self._inventory = make_inventory(apps=APP_ROWS)

    def take(self, count: int) -> list[bytes]:
        """So many of them."""
        return [self._next() for _ in range(count)]

    def _next(self) -> bytes:
        one = self._herd.reporters[self._at % len(self._herd.reporters)]
        self._at += 1
        sequence, previous = self._chains.get(one.number, (0, None))
        raw = make_evidence(
            self._inventory, signer=one.signer, device=one.signer.public.keyid, sequence=sequence + 1, previous=previous
        )
        payload = dsse.parse(raw.partition(b"\n")[0]).payload_bytes()
        self._chains[one.number] = (sequence + 1, f"sha256:{hashlib.sha256(payload).hexdigest()}")
        return raw


def per_second(work: Callable[[], object], seconds: float = 0.4) -> float:
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        work()
        count += 1
    return count / spent


def arrived(raws: Sequence[bytes], herd: Herd) -> list[Arrived]:
    keys = {one.signer.public.keyid: Keys(one.signer) for one in herd.reporters}

    class Lookup:
        def keys_for(self, device: str, station: str | None) -> tuple[object, ...]:
            return keys[device].keys_for(device, station)

    compressor = zstandard.ZstdCompressor(level=1)
    found = []
    for raw in raws:
        envelope, inventory = dsse.split(raw)
        report = open_report(raw, Lookup())  # type: ignore[arg-type]
        body = compressor.compress(inventory)
        found.append(Arrived(report=report, envelope=envelope, body=body, size=len(inventory), received_at=NOW))
    return found


def bare_loop(installation: Installation, items: Sequence[Arrived]) -> float:
    """The same rows in tables of the same columns and keys, by the driver alone, synced for every 128."""
    columns = "no, device_no, chain_no, sequence, digest, inventory_digest, received_at, envelope, receipt"
    types = (
        "no BIGINT PRIMARY KEY, device_no BIGINT, chain_no BIGINT, sequence BIGINT, digest {0} UNIQUE, "
        "inventory_digest {0}, received_at BIGINT, envelope {0}, receipt {0}, UNIQUE (chain_no, sequence)"
    )
    is_server = installation.store.is_postgresql
    blob, mark = ("BYTEA", "%s") if is_server else ("BLOB", "?")
    raw = installation.store.engine.raw_connection()
    cursor = raw.cursor()
    if not is_server:
        cursor.execute("BEGIN")
    for statement in ("DROP TABLE IF EXISTS bare", "DROP TABLE IF EXISTS bare_body"):
        cursor.execute(statement)
    cursor.execute(f"CREATE TABLE bare ({types.format(blob)})")
    cursor.execute(f"CREATE TABLE bare_body (no BIGINT PRIMARY KEY, body {blob})")
    raw.commit()
    start = time.perf_counter()
    for at in range(0, len(items), AT_ONCE):
        part = list(enumerate(items[at : at + AT_ONCE], at))
        if not is_server:
            cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(
            f"INSERT INTO bare ({columns}) VALUES ({', '.join([mark] * 9)})",
            [
                (no, no % DEVICES, no % DEVICES, no // DEVICES, one.digest, one.digest, no, one.envelope, one.envelope)
                for no, one in part
            ],
        )
        cursor.executemany(f"INSERT INTO bare_body VALUES ({mark}, {mark})", [(no, one.body) for no, one in part])
        raw.commit()
    spent = time.perf_counter() - start
    raw.close()
    return len(items) / spent


def store_stage(installation: Installation, items: Sequence[Arrived]) -> float:
    desk = Desk(
        signer=installation.authority.signer, nonces=NonceKey.load(installation.folder), bundle_of=lambda *_: None
    )
    start = time.perf_counter()
    for at in range(0, len(items), AT_ONCE):
        with installation.store.write() as connection:
            store_batch(connection, desk, items[at : at + AT_ONCE])
    return len(items) / (time.perf_counter() - start)


def whole_path(installation: Installation, raws: Iterator[bytes]) -> tuple[float, list[float]]:
    """Reports per second and the seconds that each took, WINDOW of them on their way at a time."""
    intake = Intake(installation, load_policies(installation), limited=False)
    intake.start()
    took: list[float] = []
    waiting: list[Future[Answer]] = []
    start = time.perf_counter()
    for raw in raws:
        sent = time.perf_counter()
        future = intake.submit(raw, address="bench", now=dt.datetime.now(dt.UTC))
        future.add_done_callback(lambda _, sent=sent: took.append(time.perf_counter() - sent))
        waiting.append(future)
        if len(waiting) >= WINDOW:
            waiting.pop(0).result()
    for one in waiting:
        assert one.result().outcome == "accepted"
    spent = time.perf_counter() - start
    intake.close()
    return len(took) / spent, took


def measure(name: str, installation: Installation, stored: int, rounds: int) -> None:
    herd = Herd.register(installation, DEVICES)
    source = Source(herd)
    while stored > 0:  # in parts, so that memory stays small
        store_stage(installation, arrived(source.take(min(stored, 2048)), herd))
        stored -= 2048
    raw = source.take(1)[0]
    (item,) = arrived([raw], herd)
    keys = Keys(next(one.signer for one in herd.reporters if one.signer.public.keyid == item.report.device))
    inventory = raw.partition(b"\n")[2]
    compressor = zstandard.ZstdCompressor(level=1)
    signer = generate()
    receipt = Receipt(
        device=item.report.device, sequence=1, received_at=NOW, outcome="accepted", nonce="n" * 54, log_index=1
    )
    stages = {
        "verify, decode": lambda: open_report(raw, keys),
        "compress": lambda: compressor.compress(inventory),
        "sign the receipt": lambda: make_receipt(receipt, "sha256:" + "0" * 64, "sha256:" + "0" * 64, signer),
    }
    rates: dict[str, list[float]] = {}
    latencies: list[float] = []
    store_stage(installation, arrived([raw], herd))
    for _ in range(rounds):
        for stage, work in stages.items():
            rates.setdefault(stage, []).append(per_second(work))
        items = arrived(source.take(2048), herd)
        rates.setdefault("bare group commit", []).append(bare_loop(installation, items))
        rates.setdefault("store stage", []).append(store_stage(installation, items))
        raws = source.take(2048)
        gc.collect()
        rate, took = whole_path(installation, iter(raws))
        rates.setdefault("whole path", []).append(rate)
        latencies += took
    found = {stage: statistics.median(values) for stage, values in rates.items()}
    ceiling = 1 / sum(1 / found[stage] for stage in (*stages, "bare group commit"))
    print(f"\n{name}: {len(raw)} bytes a report, {os.cpu_count()} cores")
    for stage, rate in found.items():
        print(f"  {stage:<20}{rate:>9.0f}/s{1e6 / rate:>8.0f} µs")
    print(f"  {'ceiling of one core':<20}{ceiling:>9.0f}/s")
    print(f"  whole path / ceiling {found['whole path'] / ceiling:.2f} (goal 0.6)")
    net = 1 / (1 / found["store stage"] - 1 / found["sign the receipt"])
    print(f"  store stage without signing / bare loop {net / found['bare group commit']:.2f} (goal 0.85)")
    p50, p99 = statistics.quantiles(latencies, n=100)[49], statistics.quantiles(latencies, n=100)[98]
    print(f"  with {WINDOW} on their way: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=1000, help="reports that are stored before it is measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench", dir=os.environ.get("BENCH_DIR")))
    try:
        if options.only != "postgresql":
            made = make_installation(folder / "sqlite")
            measure("SQLite", made, options.stored, options.rounds)
            made.store.close()
        if options.only != "sqlite" and is_installed():
            server = PostgresServer.create()
            try:
                made = make_installation(folder / "postgresql", server.new_database())
                measure("PostgreSQL", made, options.stored, options.rounds)
                made.store.close()
            finally:
                server.close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
