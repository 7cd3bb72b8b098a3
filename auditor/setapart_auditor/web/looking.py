"""The process that looks for officers, beside the intake: whatever they read, no receipt waits for it.

It has no lower priority: a process that waits for its turn while it holds the store's lock holds up the intake.

It gets calls on its standard input and answers on its standard output, each a frame. Calls that have come in meanwhile
are let in and written down together. It ends when its input does.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from setapart_auditor.children import leave_signals_to_the_parent
from setapart_auditor.errors import NotAllowedError, StoreError
from setapart_auditor.frames import Frames, send
from setapart_auditor.json_text import json_text

from . import events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setapart_auditor.installation import Installation, Policies
    from setapart_auditor.looks.asks import Call
    from setapart_auditor.looks.desk import Admitted

FOUND, UNKNOWN, NOT_ALLOWED, ABSENT, UNAVAILABLE, FAILED = 200, 401, 403, 404, 503, 500
_AT_ONCE = 64
_BETWEEN_SECONDS = 0.05
"""Between two transactions of records: however many look, the store is the intake's nearly all the time."""


class Told(Struct, frozen=True, kw_only=True):
    """The answer to a call: its number, an HTTP status, and JSON where that is 200."""

    no: int
    status: int
    body: bytes = b""


class Looking:
    """Lets calls in, and answers them one after the other in a thread: more would wait for each other's Python."""

    def __init__(self, installation: "Installation", policies: "Policies", output: int) -> None:
        self._installation = installation
        self._policies = policies
        self._output = output
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, "look")

    def work(self, frames: Frames) -> None:
        """Answers until there are no more."""
        from setapart_auditor.looks.asks import Call

        decode = msgspec.msgpack.Decoder(Call).decode
        while frames.wait():
            self._let_in([decode(one) for one in frames.take(_AT_ONCE)])
            time.sleep(_BETWEEN_SECONDS)
        self._pool.shutdown()

    def _let_in(self, calls: "Sequence[Call]") -> None:
        from setapart_auditor.looks.desk import Admitted, admit

        try:
            found = admit(self._installation.store, calls)
        except Exception as exc:  # noqa: BLE001 - told in the log, and every caller gets an answer
            events.failed("not let in", exc)
            for call in calls:
                self._tell(Told(no=call.no, status=_status_of(exc)))
            return
        for call, one in zip(calls, found, strict=True):
            if isinstance(one, Admitted):
                self._pool.submit(self._answer, call.no, one)
            else:
                self._tell(Told(no=call.no, status=_status_of(one)))

    def _answer(self, no: int, admitted: "Admitted") -> None:
        from setapart_auditor.looks.desk import answer

        try:
            found = answer(self._installation, self._policies, admitted)
            told = Told(no=no, status=FOUND, body=json_text(found).encode())
        except Exception as exc:  # noqa: BLE001 - as above
            events.failed("not answered", exc)
            told = Told(no=no, status=_status_of(exc))
        self._tell(told)

    def _tell(self, told: Told) -> None:
        with self._lock:
            send(self._output, told)


def _status_of(exc: Exception) -> int:
    from setapart_auditor.looks.desk import AbsentError, UnauthenticatedError

    for kind, status in (
        (UnauthenticatedError, UNKNOWN),
        (NotAllowedError, NOT_ALLOWED),
        (AbsentError, ABSENT),
        (StoreError, UNAVAILABLE),
    ):
        if isinstance(exc, kind):
            return status
    return FAILED


def main(folder: Path) -> int:
    """Answers calls until the pipe closes. Returns the exit code."""
    leave_signals_to_the_parent()
    events.begin(sys.stderr)
    from setapart_auditor.installation import load_policies, open_installation

    try:
        installation = open_installation(folder)
        try:
            looking = Looking(installation, load_policies(installation), sys.stdout.fileno())
            looking.work(Frames(sys.stdin.fileno()))
        finally:
            installation.store.close()
    except BrokenPipeError:  # the parent has gone
        return 0
    except Exception as exc:  # noqa: BLE001 - the parent starts it again
        events.failed("the process that looks for officers failed", exc)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
