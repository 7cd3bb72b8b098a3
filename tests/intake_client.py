"""A client that writes down every receipt: many devices, each with its next report on the way until it is answered."""

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from evidence_factory import NOW, app, make_evidence, make_inventory
from intake_worker import FRAME, read_frame
from setapart_auditor.installation import Installation
from setapart_auditor.log.merkle import Frontier
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.verify import verify_log
from setapart_auditor.register.database import NewDevice, add_device, bind_key
from setapart_auditor.store.schema import chain, evidence, inventory, log_leaf, log_state
from setapart_evidence import statement
from setapart_evidence.envelope import parse
from setapart_evidence.keys import Ed25519Signer

WORKER = Path(__file__).with_name("intake_worker.py")


@dataclass
class Reporter:
    """A device: its key, and the report that it tries to deliver."""

    number: int
    signer: Ed25519Signer
    sequence: int = 0
    previous: str | None = None
    raw: bytes = b""
    digest: str = ""

    def advance(self) -> None:
        """Makes the next report."""
        self.previous = self.digest or None
        self.sequence += 1
        apps = make_inventory(apps=[app(f"org.example.app{self.sequence}")])
        self.raw = make_evidence(
            apps, signer=self.signer, device=self.signer.public.keyid, sequence=self.sequence, previous=self.previous
        )
        payload = parse(self.raw.partition(b"\n")[0]).payload_bytes()
        self.digest = statement.digest(payload)


@dataclass
class Herd:
    """Devices of one auditor, and what was acknowledged to them: the receipt by the statement's digest."""

    installation: Installation
    reporters: list[Reporter]
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    refused: int = 0

    @classmethod
    def register(cls, installation: Installation, size: int) -> "Herd":
        """Registers so many devices."""
        reporters = [Reporter(at, Ed25519Signer(random.Random(at).randbytes(32))) for at in range(size)]
        with installation.store.write() as connection:
            for one in reporters:
                added = add_device(connection, NewDevice(name=f"d{one.number}", device_class="ordinary"), "o1", NOW)
                bind_key(connection, added.no, one.signer.public, hardware=False, origin="enrolled", now=NOW)
        for one in reporters:
            one.advance()
        return cls(installation, reporters)

    def talk(self, path: Path, *, until: Callable[[], bool]) -> None:
        """Delivers over a worker's socket until it is enough and all are answered, or the worker is gone.

        What was refused is sent again.
        """
        waiting = len(self.reporters)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            try:
                for one in self.reporters:
                    _send(connection, one)
                while (frame := read_frame(connection)) is not None:
                    one = self.reporters[frame[0]]
                    if frame[1]:
                        known = self.acknowledged.setdefault(one.digest, frame[1])
                        assert known == frame[1], "another receipt for the same report"
                        one.advance()
                    else:
                        self.refused += 1
                        time.sleep(0.01)
                    if not until():
                        _send(connection, one)
                    elif (waiting := waiting - 1) == 0:
                        return
            except ConnectionError:
                return

    def check(self) -> None:
        """Every acknowledged report is stored once, with the receipt that was given, in chains without a break."""
        with self.installation.store.read() as connection:
            rows = connection.execute(
                select(evidence.c.no, evidence.c.digest, evidence.c.receipt, evidence.c.outcome, evidence.c.branch)
            ).all()
            stored = {f"sha256:{row.digest.hex()}": row.receipt for row in rows}
            lost = [digest for digest, receipt in self.acknowledged.items() if stored.get(digest) != receipt]
            assert lost == []
            assert len(stored) == len(rows)
            assert {(row.outcome, row.branch) for row in rows} <= {("accepted", 0)}
            assert not any(connection.execute(select(chain.c.irregular)).scalars())
            inventories = set(connection.execute(select(inventory.c.evidence_no)).scalars())
            assert inventories == {row.no for row in rows}
            frontier = Frontier()
            for hashed in connection.execute(select(log_leaf.c.hash).order_by(log_leaf.c.no)).scalars():
                frontier.append(hashed)
            kept = connection.execute(select(log_state.c.size, log_state.c.frontier)).one()
            assert (frontier.size, frontier.packed) == (kept.size, kept.frontier)
            assert verify_log(connection, self._key).defects == ()

    @property
    def _key(self) -> NoteKey:
        return NoteKey(name=self.installation.settings.log.origin, key=self.installation.authority.signer.public)

    @property
    def stored(self) -> int:
        """Reports in the store."""
        with self.installation.store.read() as connection:
            return len(connection.execute(select(evidence.c.no)).all())


class Workers:
    """The process that forks workers."""

    def __init__(self, installation: Installation, path: Path) -> None:
        self.path = path
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), str(installation.folder), str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self._line() == "ready"

    def fork(self) -> int:
        """Starts a worker. Returns its process id."""
        assert self._process.stdin is not None
        self._process.stdin.write("one\n")
        self._process.stdin.flush()
        return int(self._line())

    def close(self) -> None:
        """Ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def run_once(
    herd: Herd, path: Path, reports: int, *, under: Sequence[str] = (), on_the_way: Callable[[], None] | None = None
) -> str:
    """Delivers so many reports to one worker under another program. Returns what it wrote on standard error."""
    with subprocess.Popen(
        [*under, sys.executable, str(WORKER), str(herd.installation.folder), str(path), "serve"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        assert worker.stderr is not None
        errors: list[str] = []
        reader = threading.Thread(target=lambda: errors.append(worker.stderr.read()))  # type: ignore[union-attr]
        reader.start()
        assert worker.stdout.readline().strip() == "ready"
        wanted = len(herd.acknowledged) + reports
        other = threading.Thread(target=on_the_way) if on_the_way is not None else None
        if other is not None:
            other.start()
        herd.talk(path, until=lambda: len(herd.acknowledged) >= wanted)
        if other is not None:
            other.join()
        assert worker.wait(60) == 0
        reader.join()
    path.unlink()
    return errors[0]


def _send(connection: socket.socket, one: Reporter) -> None:
    connection.sendall(FRAME.pack(one.number, len(one.raw)) + one.raw)
