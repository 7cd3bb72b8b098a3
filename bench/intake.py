"""The intake: durable reports per second, beside what its stages cost.

`python bench/intake.py [--only sqlite|postgresql] [--flat N]`.

Stages are measured alone in the same run, each over the same reports of 400 apps by 256 devices: verify and decode,
compress, sign the receipt, and two bare group-commit loops with the driver alone: the report's own two rows, and every
row that a report adds or changes (also its log entries, their nodes, its place). The sum is the ceiling of one core.
Then the store stage alone (`store_batch`: places, log, seals, receipts), the whole path, and the whole path at half and
at 0.7 of what it takes. With `--flat N`, instead: the store stage with N reports stored before, beside one with 1000.
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
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import zstandard
from msgspec import structs
from sqlalchemy import text

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
from setapart_auditor.intake.verifier import usual_count  # noqa: E402
from setapart_auditor.intake.verifying import verify  # noqa: E402
from setapart_auditor.store.bodies import deflate  # noqa: E402
from setapart_evidence import envelope as dsse  # noqa: E402
from setapart_evidence.keys import generate  # noqa: E402
from setapart_evidence.open import KeyBinding, open_report  # noqa: E402
from setapart_evidence.receipt import Receipt, make_receipt  # noqa: E402
from stores import make_installation  # noqa: E402

APPS = 400
DEVICES = 256
AT_ONCE = 128
WINDOW = 256
FILL_AT_ONCE = 512
PACED_SECONDS = 3.0
DIGEST = "sha256:" + "0" * 64
TWO_ROWS, ALL_ROWS = "bare loop, two rows", "bare loop, all rows"
T = TypeVar("T")
BARE_TABLES = (
    (
        "bare",
        """no BIGINT PRIMARY KEY, device_no BIGINT, chain_no BIGINT, sequence BIGINT, digest {0} UNIQUE,
        inventory_digest {0}, received_at BIGINT, envelope {0}, receipt {0}, UNIQUE (chain_no, sequence)""",
    ),
    ("bare_body", "no BIGINT PRIMARY KEY, body {0}"),
    ("bare_leaf", "no BIGINT PRIMARY KEY, hash {0}, commitment {0}, salt {0}, record {0}"),
    ("bare_node", "level BIGINT, no BIGINT, hash {0}, PRIMARY KEY (level, no)"),
    ("bare_head", "no BIGINT PRIMARY KEY, digest {0}, sequence BIGINT"),
    ("bare_latest", "no BIGINT PRIMARY KEY, digest {0}, sequence BIGINT"),
)
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


def per_second(work: Callable[[T], object], items: Sequence[T], seconds: float = 0.4) -> float:
    """How often a second this can be done, one item after the other: none is still in the processor's cache."""
    start = time.perf_counter()
    for count, item in enumerate(cycle(items), 1):
        work(item)
        if (spent := time.perf_counter() - start) >= seconds:
            return count / spent
    raise AssertionError


class Lookup:
    """The keys of a herd."""

    def __init__(self, herd: Herd) -> None:
        self._keys = {one.signer.public.keyid: Keys(one.signer) for one in herd.reporters}

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """As a register answers."""
        return self._keys[device].keys_for(device, station)


def arrived(raws: Sequence[bytes], herd: Herd) -> list[Arrived]:
    keys = Lookup(herd)
    found = []
    for raw in raws:
        report, body = verify(raw, keys)
        found.append(Arrived(report=report, received_at=NOW, envelope=raw[: report.envelope], body=body))
    return found


def fill(installation: Installation, herd: Herd, count: int) -> None:
    """Puts reports into the store that nobody signed: each device's in a chain of its own key before this one.

    Their inventories are small: the intake never reads one again, and indexes grow by the number of reports.
    """
    (model,) = arrived(Source(herd).take(1), herd)
    report, body = structs.replace(model.report, size=2), deflate(b"{}")
    previous: bytes | None = None
    for at in range(0, count, FILL_AT_ONCE):
        items = []
        for sequence in range(at + 1, min(at + FILL_AT_ONCE, count) + 1):
            digest = hashlib.sha256(sequence.to_bytes(8, "big")).digest()
            report = structs.replace(report, sequence=sequence, digest=digest, previous=previous)
            items.append(Arrived(report=report, received_at=NOW, envelope=model.envelope, body=body))
            previous = digest
        store_stage(installation, items)


def bare_loop(installation: Installation, items: Sequence[Arrived], *, all_rows: bool) -> float:
    """The same rows in tables of the same columns and keys, by the driver alone, synced for every 128.

    Args:
        installation: whose database it is.
        items: the reports.
        all_rows: not evidence and inventory alone: also two log entries (the report's, its seal's share), their nodes,
            the head of its chain, and which report is the latest.
    """
    tables = BARE_TABLES if all_rows else BARE_TABLES[:2]
    is_server = installation.store.is_postgresql
    blob, mark = ("BYTEA", "%s") if is_server else ("BLOB", "?")
    raw = installation.store.engine.raw_connection()
    cursor = raw.cursor()
    if not is_server:
        cursor.execute("BEGIN")
    for name, columns in tables:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(f"CREATE TABLE {name} ({columns.format(blob)})")
    raw.commit()
    put = " ON CONFLICT (no) DO UPDATE SET digest = excluded.digest, sequence = excluded.sequence"
    start = time.perf_counter()
    for at in range(0, len(items), AT_ONCE):
        part = list(enumerate(items[at : at + AT_ONCE], at))
        if not is_server:
            cursor.execute("BEGIN IMMEDIATE")
        for name, _ in tables:
            rows = [bare_row(name, no, one) for no, one in part]
            sql = f"INSERT INTO {name} VALUES ({', '.join([mark] * len(rows[0]))})"
            cursor.executemany(sql + (put if name in {"bare_head", "bare_latest"} else ""), rows)
        raw.commit()
    spent = time.perf_counter() - start
    raw.close()
    return len(items) / spent


def bare_row(table: str, no: int, one: Arrived) -> tuple[object, ...]:
    """What a report puts into this table, about."""
    device, digest = no % DEVICES, one.report.digest
    if table == "bare":
        return no, device, device, no // DEVICES, digest, digest, no, one.envelope, one.envelope
    if table == "bare_body":
        return no, one.body
    if table == "bare_leaf":
        return no, digest, digest, digest[:16], one.envelope[:400]
    return (0, no, digest) if table == "bare_node" else (device, digest, no)


def store_stage(installation: Installation, items: Sequence[Arrived]) -> float:
    desk = Desk(
        signer=installation.authority.signer, nonces=NonceKey.load(installation.folder), bundle_of=lambda *_: None
    )
    start = time.perf_counter()
    for at in range(0, len(items), AT_ONCE):
        with installation.store.write() as connection:
            store_batch(connection, desk, items[at : at + AT_ONCE])
    return len(items) / (time.perf_counter() - start)


def whole_path(
    installation: Installation, raws: Sequence[bytes], rate: float | None = None
) -> tuple[float, list[float]]:
    """Reports per second, and the seconds that each took.

    Args:
        installation: whose intake it is.
        raws: the reports; the first of each device is taken in before it is measured, as by a service that has run.
        rate: so many a second arrive evenly; else WINDOW of them are on their way at a time.
    """
    intake = Intake(installation, load_policies(installation), limited=False, verifiers=usual_count())
    intake.start()
    for one in [intake.submit(raw, address="bench", now=dt.datetime.now(dt.UTC)) for raw in raws[:DEVICES]]:
        assert one.result().outcome == "accepted"
    took: list[float] = []
    waiting: deque[Future[Answer]] = deque()

    def done(since: float, _: object) -> None:
        took.append(time.perf_counter() - since)

    start = time.perf_counter()
    for number, raw in enumerate(raws[DEVICES:]):
        due = time.perf_counter() if rate is None else start + number / rate
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        future = intake.submit(raw, address="bench", now=dt.datetime.now(dt.UTC))
        future.add_done_callback(partial(done, due))
        waiting.append(future)
        if rate is None and len(waiting) >= WINDOW:
            assert waiting.popleft().result().outcome == "accepted"
    assert all(one.result().outcome == "accepted" for one in waiting)
    spent = time.perf_counter() - start
    intake.close()
    return len(took) / spent, took


def filled(installation: Installation, stored: int) -> tuple[Herd, Source]:
    """The devices of an auditor in which so many reports lie already, and reports of theirs."""
    herd = Herd.register(installation, DEVICES + 1)
    fill(installation, Herd(installation, herd.reporters[DEVICES:]), stored)
    herd = Herd(installation, herd.reporters[:DEVICES])
    source = Source(herd)
    store_stage(installation, arrived(source.take(DEVICES), herd))
    return herd, source


def settle(installation: Installation) -> None:
    """Lets PostgreSQL finish what filling began: else its vacuum reads all that was filled while it is measured."""
    engine = installation.store.engine
    if installation.store.is_postgresql:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))


def flat(name: str, installations: Sequence[Installation], stored: int, rounds: int) -> None:
    """Prints how much more a report costs with so many stored, the two stores by turns."""
    begun = time.perf_counter()
    ready = [(made, *filled(made, count)) for made, count in zip(installations, (1000, stored), strict=True)]
    for made in installations:
        settle(made)
    print(f"\n{name}: filled in {time.perf_counter() - begun:.0f} s")
    ratios = []
    for _ in range(rounds):
        rates = [store_stage(made, arrived(source.take(2048), herd)) for made, herd, source in ready]
        ratios.append(rates[0] / rates[1])
        print(f"  store stage: {rates[0]:.0f}/s with 1000 stored, {rates[1]:.0f}/s with {stored}")
    print(f"  cost with {stored} / cost with 1000: {statistics.median(ratios):.2f}")


def measure(name: str, installation: Installation, rounds: int) -> None:
    herd, source = filled(installation, 1000)
    keys, signer, compressor = Lookup(herd), generate(), zstandard.ZstdCompressor(level=1)
    receipt = Receipt(
        device=signer.public.keyid, sequence=1, received_at=NOW, outcome="accepted", nonce="n" * 54, log_index=1
    )
    rates: dict[str, list[float]] = {}
    latencies: dict[str, list[float]] = {}

    def note(stage: str, rate: float) -> None:
        rates.setdefault(stage, []).append(rate)

    for _ in range(rounds):
        raws = source.take(2048)
        inventories = [raw.partition(b"\n")[2] for raw in raws]
        note("verify, decode", per_second(lambda raw: open_report(raw, keys), raws))
        note("compress", per_second(compressor.compress, inventories))
        note("sign the receipt", per_second(lambda digest: make_receipt(receipt, digest, digest, signer), [DIGEST]))
        del inventories
        items = arrived(raws, herd)
        note(TWO_ROWS, bare_loop(installation, items, all_rows=False))
        note(ALL_ROWS, bare_loop(installation, items, all_rows=True))
        note("store stage", store_stage(installation, items))
        del items
        raws = source.take(DEVICES + 2048)
        gc.collect()
        rate, took = whole_path(installation, raws)
        note("whole path", rate)
        latencies.setdefault(f"{WINDOW} on their way", []).extend(took)
        for share in (0.5, 0.7):
            raws = source.take(DEVICES + int(rate * share * PACED_SECONDS))
            gc.collect()
            latencies.setdefault(f"{share:.0%} of that load", []).extend(
                whole_path(installation, raws, rate * share)[1]
            )
    print(f"\n{name}: {len(raws[0])} bytes a report, {os.cpu_count()} cores")
    tell({stage: statistics.median(values) for stage, values in rates.items()})
    for load, values in latencies.items():
        cuts = statistics.quantiles(values, n=100)
        print(f"  with {load}: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms")


def tell(found: Mapping[str, float]) -> None:
    """The figures, and their ratios."""
    ceiling = 1 / sum(1 / found[one] for one in ("verify, decode", "compress", "sign the receipt", TWO_ROWS))
    for stage, rate in found.items():
        print(f"  {stage:<28}{rate:>9.0f}/s{1e6 / rate:>8.0f} µs")
    print(f"  {'ceiling of one core':<28}{ceiling:>9.0f}/s{1e6 / ceiling:>8.0f} µs")
    print(f"  whole path / ceiling {found['whole path'] / ceiling:.2f} (goal 0.6)")
    net = 1 / (1 / found["store stage"] - 1 / found["sign the receipt"])
    for rows in (TWO_ROWS, ALL_ROWS):
        print(f"  store stage without signing / {rows} {net / found[rows]:.2f}")


def run(name: str, folder: Path, urls: Sequence[str | None], options: argparse.Namespace) -> None:
    installations = [make_installation(folder / f"{name}{at}", url) for at, url in enumerate(urls)]
    if options.flat:
        flat(name, installations, options.flat, options.rounds)
    else:
        measure(name, installations[0], options.rounds)
    for made in installations:
        made.store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flat", type=int, metavar="N", help="reports that are stored before it is measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench", dir=os.environ.get("BENCH_DIR")))
    try:
        if options.only != "postgresql":
            run("SQLite", folder, (None, None), options)
        if options.only != "sqlite" and is_installed():
            server = PostgresServer.create()
            try:
                run("PostgreSQL", folder, (server.new_database(), server.new_database()), options)
            finally:
                server.close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
