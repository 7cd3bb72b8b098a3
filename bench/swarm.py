"""A swarm of agents with real keys and a real service: they enrol, report, come back all at once, and are too many.

Between, they report while officers' programs read page after page of devices.

`PYTHONPATH=tests python bench/swarm.py [--agents 10000] [--database URL] [--judge]`. Everything runs on one machine, so
the swarm takes its share of the same cores; rates say what both together did. Exits with 1 if a report that was
acknowledged is not in the store, if health took longer than 200 ms in one of a hundred cases, or if memory grew beyond
its bound.
"""

import argparse
import asyncio
import datetime as dt
import hashlib
import http.client
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TypeVar

import uvloop
from sqlalchemy import select

from agent_swarm import Agent, agents
from service import Service, start
from setapart_auditor.enrolment.tokens import issue_token
from setapart_auditor.installation import open_installation
from setapart_auditor.store.schema import evidence
from stores import make_installation
from web_world import make_reader

T = TypeVar("T")
AT_ONCE = 200
FLOOD_QUEUE = 64
OVERLOAD = 50
HEALTH_MS = 200.0
GROWTH_MIB = 256.0
BASE_SECONDS, CAP_SECONDS = 1.0, 30.0
READERS = 8


@dataclass(slots=True)
class Phase:
    """What one phase saw."""

    name: str
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def line(self) -> str:
        """One row of the table."""
        done = self.statuses[200]
        ordered = sorted(self.milliseconds) or [0.0]
        others = ", ".join(
            f"{count} x {status or 'no connection'}" for status, count in sorted(self.statuses.items()) if status != 200
        )
        return (
            f"{self.name:12}{done:>8}{done / max(self.seconds, 1e-9):>9.0f}/s{statistics.median(ordered):>9.1f}"
            f"{ordered[int(len(ordered) * 0.99)]:>9.1f}   {others or '-'}"
        )


class Swarm:
    """Agents, and what was acknowledged to them."""

    def __init__(self, port: int, count: int) -> None:
        self.port = port
        self.agents = agents(count)
        self.acknowledged: dict[str, bytes] = {}

    async def enrol(self, phase: Phase, secret: str, auditor: str) -> None:
        """Every agent with one token."""

        async def one(agent: Agent) -> None:
            raw = agent.enrolment(secret, auditor)
            status, body = await self.send(phase, "/v1/enrol", raw)
            if status == 200:
                agent.enrolled(raw, body, auditor)

        await in_parallel(one, self.agents)

    async def steady(self, phase: Phase, rate: float) -> None:
        """One report of each agent, evenly over time."""
        begun = time.monotonic()

        async def one(at: int, agent: Agent) -> None:
            await asyncio.sleep(max(0.0, begun + at / rate - time.monotonic()))
            await self.report(phase, *agent.report())

        await asyncio.gather(*(one(at, agent) for at, agent in enumerate(self.agents)))

    async def outage(self, phase: Phase, folder: Path, how: Sequence[str], seconds: float) -> Service:
        """Everybody has a report and no service is there; it comes back. Full jitter, until all are delivered."""
        waiting = [agent.report() for agent in self.agents]

        async def one(digest_: str, raw: bytes) -> None:
            tries = 0
            while not await self.report(phase, digest_, raw):
                await asyncio.sleep(random.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2**tries)))
                tries += 1

        herd = asyncio.gather(*(one(*report) for report in waiting))
        await asyncio.sleep(seconds)
        service = await asyncio.to_thread(start, folder, *how, port=self.port)
        await herd
        return service

    async def report(self, phase: Phase, digest_: str, raw: bytes) -> bool:
        """Delivers one; whether it was acknowledged."""
        status, body = await self.send(phase, "/v1/report", raw)
        if status == 200:
            self.acknowledged[digest_] = hashlib.sha256(body).digest()
        return status == 200

    async def send(self, phase: Phase, path: str, raw: bytes) -> tuple[int, bytes]:
        """A request on a connection of its own, as agents make them; status 0: no connection."""
        begun = time.monotonic()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            phase.statuses[0] += 1
            return 0, b""
        try:
            status, body = await exchange(reader, writer, post(path, raw))
        except (OSError, asyncio.IncompleteReadError):
            status, body = 0, b""
        finally:
            writer.close()
        phase.statuses[status] += 1
        if status == 200:
            phase.milliseconds.append((time.monotonic() - begun) * 1000)
        return status, body


def post(path: str, raw: bytes) -> bytes:
    """A POST of a message."""
    return f"POST {path} HTTP/1.1\r\nHost: auditor\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """One request and its answer."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(size)


async def in_parallel(work: Callable[[Agent], Awaitable[None]], agents: Sequence[Agent]) -> None:
    """For every agent, so many at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(agent: Agent) -> None:
        async with gate:
            await work(agent)

    await asyncio.gather(*map(one, agents))


def flood(port: int, agents: list[Agent], seconds: float, counts: "multiprocessing.Queue[Counter[int]]") -> None:
    """Each agent always has a report on the way, on a connection that it keeps; refused, it comes again at once."""
    statuses: Counter[int] = Counter()

    async def one(agent: Agent, until: float) -> None:
        _, raw = agent.report()
        while time.monotonic() < until:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                while time.monotonic() < until:
                    status, _ = await exchange(reader, writer, post("/v1/report", raw))
                    statuses[status] += 1
                    if status == 200:
                        _, raw = agent.report()
                writer.close()
            except (OSError, asyncio.IncompleteReadError):
                statuses[0] += 1

    async def every() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(one(agent, until) for agent in agents))

    uvloop.run(every())
    counts.put(statuses)


def read(port: int, token: str, over: Event, counts: "multiprocessing.Queue[Counter[int]]") -> None:
    """Programs of officers that read page after page of devices, without a pause but for the one they are told."""
    statuses: Counter[int] = Counter()
    head = f"GET /v1/devices?limit=100 HTTP/1.1\r\nHost: auditor\r\nAuthorization: Bearer {token}\r\n\r\n".encode()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not over.is_set():
            status, _ = await exchange(reader, writer, head)
            statuses[status] += 1
            if status != 200:
                await asyncio.sleep(1.0)
        writer.close()

    async def every() -> None:
        await asyncio.gather(*(one() for _ in range(READERS)))

    uvloop.run(every())
    counts.put(statuses)


def probe(port: int, over: Event, found: "multiprocessing.Queue[list[float]]") -> None:
    """Asks for health twenty times a second, from a process of its own. Milliseconds; 1e9 for no answer."""
    times: list[float] = []
    while not over.is_set():
        begun = time.monotonic()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/v1/health")
            good = connection.getresponse().status == 200
            connection.close()
        except OSError:
            good = False
        times.append((time.monotonic() - begun) * 1000 if good else 1e9)
        time.sleep(0.05)
    found.put(times)


def overload(service: Service, agents: list[Agent], seconds: float) -> tuple[Phase, list[float]]:
    """50 times as many reports on their way as may wait, without a pause; health meanwhile."""
    phase = Phase(f"overload x{OVERLOAD}")
    counts: multiprocessing.Queue[Counter[int]] = multiprocessing.Queue()
    times: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    over = multiprocessing.Event()
    begun = time.monotonic()
    workers = [
        multiprocessing.Process(target=flood, args=(service.port, agents, seconds, counts)),
        multiprocessing.Process(target=probe, args=(service.port, over, times)),
    ]
    for one in workers:
        one.start()
    phase.statuses = counts.get()
    phase.seconds = time.monotonic() - begun
    over.set()
    healthy = times.get()
    for one in workers:
        one.join()
    return phase, healthy


def timed(phase: Phase, work: Coroutine[None, None, T]) -> T:
    """Runs a phase, and prints its row."""
    begun = time.monotonic()
    found = uvloop.run(work)
    phase.seconds = time.monotonic() - begun
    print(phase.line(), flush=True)
    return found


def peak_mib(service: Service) -> float:
    """The most memory that the service had."""
    status = Path(f"/proc/{service.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def lost(folder: Path, acknowledged: dict[str, bytes]) -> int:
    """How many acknowledged reports are not in the store with the receipt that was given."""
    installation = open_installation(folder)
    with installation.store.read() as connection:
        stored = {
            f"sha256:{row.digest.hex()}": hashlib.sha256(row.receipt).digest()
            for row in connection.execute(select(evidence.c.digest, evidence.c.receipt))
        }
    installation.store.close()
    return sum(stored.get(one) != receipt for one, receipt in acknowledged.items())


def prepare(folder: Path, options: argparse.Namespace) -> tuple[str, str, str]:
    """An auditor whose one token enrols the whole swarm. Returns its secret, the auditor's id, an officer's token."""
    installation = make_installation(folder, options.database)
    with installation.store.write() as connection:
        token = issue_token(
            connection, installation, url="", device_class="ordinary", unit="swarm", quota=options.agents,
            actor_name="bench", now=dt.datetime.now(dt.UTC),
        )  # fmt: skip
    reader = make_reader(installation)
    installation.store.close()
    settings(folder, 1024)
    return token.secret.hex(), installation.keyid, reader


def settings(folder: Path, queue: int) -> None:
    """The whole swarm has one address."""
    path = folder / "auditor.toml"
    kept = path.read_text(encoding="utf-8").partition("\n[serve]")[0]
    path.write_text(f"{kept}\n[serve]\nqueue = {queue}\nper_address = 10000000\nper_device = 1000000\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=10_000)
    parser.add_argument("--database", help="a PostgreSQL URL of an empty database; SQLite by default")
    parser.add_argument("--rate", type=float, default=300, help="reports a second in the steady phase")
    parser.add_argument(
        "--outage", type=float, default=3.0, help="seconds without a service before the herd comes back"
    )
    parser.add_argument("--flood", type=float, default=15.0, help="seconds of overload")
    parser.add_argument("--judge", action="store_true", help="with the appraiser beside the intake")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="swarm")) / "auditor"
    secret, auditor, reader = prepare(folder, options)
    how = () if options.judge else ("--no-appraiser",)
    service = start(folder, *how)
    swarm = Swarm(service.port, options.agents)
    print(
        f"{options.agents} agents\n{'phase':12}{'acked':>8}{'rate':>11}{'p50 ms':>9}{'p99 ms':>9}   others", flush=True
    )

    enrolling = Phase("enrol")
    timed(enrolling, swarm.enrol(enrolling, secret, auditor))
    swarm.agents = [agent for agent in swarm.agents if agent.device]
    steady = Phase("steady")
    timed(steady, swarm.steady(steady, options.rate))
    beside = Phase("and read")
    counts: multiprocessing.Queue[Counter[int]] = multiprocessing.Queue()
    over = multiprocessing.Event()
    readers = multiprocessing.Process(target=read, args=(service.port, reader, over, counts))
    readers.start()
    timed(beside, swarm.steady(beside, options.rate))
    over.set()
    pages = counts.get()[200]
    readers.join()
    print(f"  {pages / beside.seconds:.0f} pages/s were read meanwhile", flush=True)
    peak = peak_mib(service)

    service.stop()
    herd = Phase("herd")
    peaks = [peak]
    service = timed(herd, swarm.outage(herd, folder, how, options.outage))
    peaks.append(peak_mib(service))

    service.stop()
    settings(folder, FLOOD_QUEUE)
    service = start(folder, *how, port=swarm.port)
    small = peak_mib(service)
    phase, healthy = overload(service, swarm.agents[: OVERLOAD * FLOOD_QUEUE], options.flood)
    print(phase.line(), flush=True)
    peaks.append(peak_mib(service))
    service.kill()
    ordered = sorted(healthy)
    p99 = ordered[int(len(ordered) * 0.99)]
    missing = lost(folder, swarm.acknowledged)
    print(
        f"overload: {sum(phase.statuses.values()) / phase.seconds:.0f} asked/s; health p50 "
        f"{statistics.median(ordered):.1f} ms, p99 {p99:.1f} ms of {len(ordered)}; memory {small:.0f} MiB before, "
        f"{peaks[-1]:.0f} at most\nservice's peak memory by phase: {', '.join(f'{one:.0f}' for one in peaks)} MiB\n"
        f"{len(swarm.acknowledged)} acknowledged, {missing} lost"
    )
    return int(missing > 0 or p99 >= HEALTH_MS or peaks[-1] - small > GROWTH_MIB)


if __name__ == "__main__":
    sys.exit(main())
