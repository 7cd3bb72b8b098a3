"""Agents in a swarm, each with its own key and chain. As agents do, they send the same report until it is receipted."""

import asyncio
import datetime as dt
import hashlib
import random
import secrets
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from evidence_factory import app, make_inventory
from setapart_evidence.enrolment import Enrolment, encoded_key, make_enrolment, read_answer
from setapart_evidence.envelope import parse
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.report import encode_inventory, make_report
from setapart_evidence.statement import DeviceRef, Disclosure, Observation, Origin, Predicate, digest

AT_ONCE = 100
ANSWER_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
INVENTORY = encode_inventory(make_inventory(apps=[app(f"org.example.app{number}") for number in range(40)]))


@dataclass(slots=True)
class Agent:
    """One device: its key, its place in its chain."""

    signer: Ed25519Signer
    device: str = ""
    sequence: int = 0
    previous: str | None = None

    def report(self) -> tuple[str, bytes]:
        """The next report, and its digest."""
        self.sequence += 1
        predicate = Predicate(
            device=DeviceRef(id=self.device),
            observation=Observation(
                collected_at=dt.datetime.now(dt.UTC), sequence=self.sequence, previous=self.previous
            ),
            disclosure=Disclosure(level="full"),
            origin=Origin(agent="0.1.0", grade="agent-key", source="local"),
        )
        raw = make_report(predicate, INVENTORY, self.signer)[0]
        self.previous = digest(parse(raw.partition(b"\n")[0]).payload_bytes())
        return self.previous, raw

    def enrolment(self, secret: str, auditor: str) -> bytes:
        """Its request to enrol with a token."""
        asked = Enrolment(
            token=secret, auditor=auditor, key=encoded_key(self.signer.public),
            name=f"agent-{self.signer.public.keyid[:16]}", platform="linux", agent="0.1.0",
            requested_at=dt.datetime.now(dt.UTC),
        )  # fmt: skip
        return make_enrolment(asked, self.signer)

    def enrolled(self, asked: bytes, answer: bytes, auditor: str) -> None:
        """Takes its name from the auditor's answer to what it asked."""
        request = digest(parse(asked.strip()).payload_bytes())
        self.device = read_answer(answer, auditor, request)[0].predicate.device or ""


def agents(count: int) -> list[Agent]:
    """So many agents with new keys."""
    return [Agent(Ed25519Signer(secrets.token_bytes(32))) for _ in range(count)]


@dataclass
class Swarm:
    """So many agents, what was receipted to them (the receipt's digest by the statement's), and all other answers."""

    port: int
    context: ssl.SSLContext
    count: int
    agents: list[Agent] = field(init=False)
    receipted: dict[str, bytes] = field(default_factory=dict)
    others: Counter[int] = field(default_factory=Counter)
    _gate: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def __post_init__(self) -> None:
        self.agents = agents(self.count)

    async def enrol(self, secret: str, auditor: str) -> None:
        """Every agent with one token."""

        async def one(agent: Agent) -> None:
            raw = agent.enrolment(secret, auditor)
            status, body = await self._send("/v1/enrol", raw)
            assert status == 200, body
            agent.enrolled(raw, body, auditor)
            assert agent.device

        await self._all(one)

    async def report(self, over: asyncio.Event) -> None:
        """Every agent one report after the other, until it is over; returns once all are receipted."""

        async def one(agent: Agent) -> None:
            while not over.is_set():
                await self._deliver(*agent.report())

        await self._all(one)

    async def _deliver(self, digest_: str, raw: bytes) -> None:
        pause = FIRST_PAUSE
        while True:
            status, body = await self._send("/v1/report", raw)
            if status == 200:
                self.receipted[digest_] = hashlib.sha256(body).digest()
                return
            self.others[status] += 1
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _send(self, path: str, raw: bytes) -> tuple[int, bytes]:
        """A request on a connection of its own; status 0: none, or it broke."""
        async with self._gate:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await self._exchange(path, raw)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                return 0, b""

    async def _exchange(self, path: str, raw: bytes) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.context)
        try:
            head = f"POST {path} HTTP/1.1\r\nHost: auditor\r\nContent-Length: {len(raw)}\r\n\r\n"
            writer.write(head.encode() + raw)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            return int(head[9:12]), await reader.readexactly(size)
        finally:
            writer.transport.abort()  # a TLS connection that is still saying goodbye outlives the loop

    async def _all(self, work: Callable[[Agent], Awaitable[None]]) -> None:
        await asyncio.gather(*map(work, self.agents))
