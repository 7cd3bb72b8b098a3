"""The one thread of the intake: what waits is opened, stored in one transaction, synced once, and then acknowledged.

One thread, and none that verifies beside it: both hold Python's lock nearly all the time, and a writer that has to win
it back after every call of the database's driver takes twice as long. Processes verify what came in meanwhile: a batch
is handed to them before the one ahead of it is stored (docs/adr/0026).
"""

import datetime as dt
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from setapart_auditor.errors import StoreError
from setapart_auditor.store.engine import Store
from setapart_evidence.errors import EvidenceError, SetapartError

from .batch import Arrived, Desk, Stored, store_batch
from .peek import Claim
from .verifier import BYTES_AT_ONCE, Pending

AT_ONCE = 128
"""Messages that share one transaction: more make it hardly cheaper, and the first wait longer."""
IDLE_SECONDS = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task(Generic[T]):
    """Something else to write, in a transaction of its own."""

    run: Callable[[Connection], T]
    done: "Future[T]" = field(default_factory=Future)


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """What was submitted: its bytes, the moment of its arrival, the answer to come.

    Attributes:
        claim: what it says that it is, once that was read.
        begun: it is being verified already.
    """

    raw: bytes = field(repr=False)
    now: dt.datetime
    answer: "Future[Any]" = field(default_factory=Future)
    claim: Claim | None = None
    begun: Pending | None = None


class Writer:
    """Takes messages in their order.

    Args:
        store: where to.
        desk: what receipts are made with.
        begin: is told which messages will be opened next.
        open_: opens a message; answers it itself, or returns what is to be written.
        on_idle: called about once a second.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        begin: Callable[[Sequence[Message]], None],
        open_: Callable[[Message], Arrived | Task[Any] | None],
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._desk = desk
        self._begin = begin
        self._open = open_
        self._on_idle = on_idle
        self._idle_at = time.monotonic()
        self._waiting: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="intake")
        self.batches = 0

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def close(self) -> None:
        """Finishes what is waiting, then ends; nothing may be put in any more."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def put(self, message: Message) -> None:
        """Lines a message up."""
        self._waiting.put(message)

    def _work(self) -> None:
        is_open = True
        begun: Sequence[Message] = ()
        while is_open or begun:
            waiting, is_open = self._take(wait=not begun) if is_open else ((), False)
            with suppress(Exception):  # nothing may end the one thread that writes; what was not begun is opened here
                self._begin(waiting)
            self._together(begun)
            begun = waiting
            if time.monotonic() - self._idle_at >= IDLE_SECONDS:
                with suppress(Exception):
                    self._on_idle()
                self._idle_at = time.monotonic()

    def _take(self, *, wait: bool) -> tuple[Sequence[Message], bool]:
        """What is waiting, as much as one transaction takes; whether more may come."""
        found: list[Message] = []
        size = 0
        while len(found) < AT_ONCE and size < BYTES_AT_ONCE:
            try:
                message = self._waiting.get(block=wait and not found, timeout=IDLE_SECONDS)
            except queue.Empty:
                break
            if message is None:
                return found, False
            found.append(message)
            size += len(message.raw)
        return found, True

    def _together(self, messages: Sequence[Message]) -> None:
        items: list[Arrived] = []
        for message in messages:
            try:
                found = self._open(message)
            except Exception as exc:  # noqa: BLE001 - the sender hears of it, and the writer goes on
                with suppress(InvalidStateError):
                    message.answer.set_exception(exc)
                continue
            if isinstance(found, Task):
                self._store_all(items)  # in the order of arrival
                items = []
                self._run(found)
            elif found is not None:
                items.append(found)
        self._store_all(items)

    def _run(self, task: Task[Any]) -> None:
        try:
            with self._store.write() as connection:
                result = task.run(connection)
        except Exception as exc:  # noqa: BLE001 - whoever waits for it gets it
            task.done.set_exception(exc)
        else:
            task.done.set_result(result)

    def _store_all(self, items: Sequence[Arrived]) -> None:
        if not items:
            return
        try:
            found = self._store_together(items)
        except Exception as exc:  # noqa: BLE001 - whoever waits for it gets it
            if len(items) == 1 or not _is_of_one(exc):
                for item in items:
                    item.done.set_exception(exc)
                return
            for item in items:  # one of them is the reason: the others must not suffer for it
                self._store_all((item,))
            return
        self.batches += 1
        for item in items:
            answer = found[item.report.digest]
            if isinstance(answer, SetapartError):
                item.done.set_exception(answer)
            else:
                item.done.set_result(answer)

    def _store_together(self, items: Sequence[Arrived]) -> dict[bytes, Stored | EvidenceError]:
        once = {item.report.digest: item for item in items}
        with self._store.write() as connection:
            return store_batch(connection, self._desk, tuple(once.values()))


def _is_of_one(exc: Exception) -> bool:
    """Whether one row can be the reason; else the database is."""
    return not isinstance(exc, StoreError) or isinstance(exc.__context__, IntegrityError | DataError)
