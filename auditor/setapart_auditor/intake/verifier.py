"""The verifiers: processes that verify reports while the intake's thread stores those before (docs/adr/0026).

What a report can do to the process that reads it, it does to one that has neither the store nor a key: it is started
again, and the report on which it ended is answered with an error.
"""

import mmap
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from setapart_auditor.children import end
from setapart_auditor.errors import AuditorError
from setapart_auditor.frames import Frames, send
from setapart_evidence.open import KeyBinding

from .peek import MOST
from .verifying import Entry, Key, Order, Rejected, Verified

BYTES_AT_ONCE = 8 * 1024 * 1024
"""Of the reports that share one transaction; one more may go beyond it."""
_HALF = BYTES_AT_ONCE + MOST
_MOST_PROCESSES = 4
"""What they verify keeps one thread that stores it busy."""
_ANSWER_SECONDS = 10.0
_STOP_SECONDS = 20.0
_FRUITLESS = 3
"""Processes in a row that end before they have answered anything; then none is started for a while."""
_PAUSE_SECONDS = 60.0


class VerifierEndedError(AuditorError):
    """The process that read a report has ended on it, or failed."""

    def __init__(self, got: str = "the process that verifies reports has ended on this one") -> None:
        super().__init__(got, cure="send it again; if it happens again, tell who makes setapart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A report to be verified: its bytes, the device and station that it names, and the keys that may speak for it."""

    raw: bytes = field(repr=False)
    device: str
    station: str | None
    keys: tuple[KeyBinding, ...]


class Pending:
    """A report that is being verified."""

    def __init__(self, process: "_Process", entry: Entry) -> None:
        self.entry = entry
        self._process = process
        self.found: tuple[Verified, bytes] | Rejected | VerifierEndedError | None = None
        self.is_over = False

    def result(self) -> tuple[Verified, bytes] | None:
        """What is kept of it and its compressed inventory, or None where it has to be verified here.

        Raises:
            EvidenceError: it is no acceptable report.
            VerifierEndedError: the process has ended on it.
        """
        while not self.is_over:
            self._process.read()
        if isinstance(self.found, Rejected):
            raise self.found.error() if self.found.reason is not None else VerifierEndedError(self.found.got)
        if isinstance(self.found, VerifierEndedError):
            raise self.found
        return self.found


def usual_count(asked: int | None = None) -> int:
    """How many processes there will be: as many as asked for, or as fit this machine, which is none for one core.

    None at all where memory can't be shared without a file.
    """
    try:
        os.close(os.memfd_create("setapart-intake"))
    except (AttributeError, OSError):  # another system than Linux, or a sandbox that does not let it
        return 0
    return min(_MOST_PROCESSES, len(os.sched_getaffinity(0)) - 1) if asked is None else asked


class Verifiers:
    """So many processes, from `start` to `close`. Use it from one thread.

    Two batches may be begun and not yet read to their end: the results of one are read, in any order, before the next
    but one is begun.
    """

    def __init__(self, count: int) -> None:
        self._wanted = count
        self._processes: list[_Process] = []

    def start(self) -> None:
        """Starts them."""
        self._processes = [_Process() for _ in range(self._wanted)]

    def begin(self, reports: Sequence[Claimed]) -> list[Pending]:
        """Hands a batch over, each process its share of it.

        Args:
            reports: of at most BYTES_AT_ONCE, and one more.
        """
        share = -(-len(reports) // max(1, len(self._processes)))
        found: list[Pending] = []
        for at, process in enumerate(self._processes):
            found += process.begin(reports[at * share : (at + 1) * share])
        return found

    @property
    def count(self) -> int:
        """How many were started."""
        return len(self._processes)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that run."""
        return tuple(pid for process in self._processes if (pid := process.pid) is not None)

    def close(self) -> None:
        """Ends them."""
        while self._processes:
            self._processes.pop().close()


class _Process:
    def __init__(self) -> None:
        handle = os.memfd_create("setapart-intake")
        os.ftruncate(handle, 2 * _HALF)
        self._handle = handle
        self._memory = mmap.mmap(handle, 2 * _HALF)
        self._half = 0
        self._waiting: deque[Pending] = deque()
        self._fruitless = 0
        self._not_before = 0.0
        self._child: subprocess.Popen[bytes] | None = None
        self._frames: Frames | None = None
        self._decode = msgspec.msgpack.Decoder(Verified | Rejected).decode
        self._start()

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def begin(self, reports: Sequence[Claimed]) -> list[Pending]:
        """Puts them into the memory's other half, and tells the process."""
        if not reports:
            return []
        self._half = at = _HALF - self._half
        while self._waiting and at <= self._waiting[0].entry.offset < at + _HALF:  # nobody read it: it lies here still
            self.read()
        found: list[Pending] = []
        for one in reports:
            after = at + len(one.raw)
            self._memory[at:after] = one.raw
            keys = tuple(Key(spki=each.key.spki, role=each.role, grade=each.grade) for each in one.keys)
            entry = Entry(offset=at, size=len(one.raw), device=one.device, station=one.station, keys=keys)
            found.append(Pending(self, entry))
            at = after
        if self._child is None and time.monotonic() >= self._not_before:
            self._start()
        if self._child is None:
            for pending in found:
                pending.is_over = True
        else:
            self._waiting += found
            self._tell(found)
        return found

    def read(self) -> None:
        """Waits for the next answer, and keeps it where it belongs."""
        assert self._frames is not None
        pending = self._waiting[0]
        if not self._frames.wait(_ANSWER_SECONDS):
            self._lost()
            return
        (answer,) = self._frames.take(1)
        found = self._decode(answer)
        self._fruitless = 0
        if isinstance(found, Verified):
            at = pending.entry.offset
            pending.found = found, self._memory[at : at + found.body]
        else:
            pending.found = found
        pending.is_over = True
        self._waiting.popleft()

    def close(self) -> None:
        self._end(_STOP_SECONDS)
        self._memory.close()
        os.close(self._handle)

    def _lost(self) -> None:
        """The process has ended, or is stuck: the report at which it was bears it, the others go to the next one."""
        self._end(0.0)
        culprit = self._waiting.popleft()
        culprit.found = VerifierEndedError()
        culprit.is_over = True
        self._fruitless += 1
        if self._fruitless < _FRUITLESS:
            self._start()
        else:
            self._fruitless = 0
            self._not_before = time.monotonic() + _PAUSE_SECONDS
        if self._child is not None:
            self._tell(self._waiting)
            return
        for pending in self._waiting:
            pending.is_over = True
        self._waiting.clear()

    def _start(self) -> None:
        try:
            self._child = subprocess.Popen(  # noqa: S603 - this program
                [sys.executable, "-P", "-m", "setapart_auditor.intake.verifying", str(self._handle)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(self._handle,),
            )
        except OSError:
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            return
        assert self._child.stdout is not None
        self._frames = Frames(self._child.stdout.fileno())

    def _tell(self, pendings: "Sequence[Pending] | deque[Pending]") -> None:
        """A process that has ended is noticed when its answer is waited for."""
        if not pendings:
            return
        assert self._child is not None
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):
            send(self._child.stdin.fileno(), Order(entries=tuple(one.entry for one in pendings)))

    def _end(self, seconds: float) -> None:
        child = self._child
        if child is None:
            return
        end(child, seconds)
        assert child.stdout is not None
        child.stdout.close()
        self._child = self._frames = None
