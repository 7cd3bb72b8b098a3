"""The one thread that writes: what waits is stored in one transaction, synced once, and only then acknowledged."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from setapart_auditor.errors import StoreError
from setapart_auditor.store.engine import Store
from setapart_evidence.errors import EvidenceError, SetapartError

from .batch import Arrived, Desk, Stored, store_batch

AT_ONCE = 128
"""Reports that share one transaction: more make it hardly cheaper, and the first wait longer."""
IDLE_SECONDS = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task(Generic[T]):
    """Something else to write, in a transaction of its own."""

    run: Callable[[Connection], T]
    done: "Future[T]" = field(default_factory=Future)


class Writer:
    """Takes items in their order, and answers each one's future when its transaction is on disk.

    Args:
        store: where to.
        desk: what receipts are made with.
        on_idle: called about once a second, between transactions.
    """

    def __init__(self, store: Store, desk: Desk, on_idle: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._desk = desk
        self._on_idle = on_idle
        self._waiting: queue.SimpleQueue[Arrived | Task[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="intake-writer")
        self.batches = 0

    def start(self) -> None:
        """Begins to write."""
        self._thread.start()

    def close(self) -> None:
        """Writes what is waiting, then ends; nothing may be put in any more."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def put(self, item: Arrived | Task[Any]) -> None:
        """Lines an item up."""
        self._waiting.put(item)

    def _work(self) -> None:
        held: Arrived | Task[Any] | None = None
        while True:
            try:
                item = held or self._waiting.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self._on_idle()
                continue
            held = None
            if item is None:
                return
            if isinstance(item, Task):
                self._run(item)
                continue
            items, held, ends = self._more(item)
            self._store_all(items)
            if ends:
                return

    def _more(self, first: Arrived) -> tuple[list[Arrived], Task[Any] | None, bool]:
        """The reports that wait behind the first one; the task that comes after them; whether it is the end."""
        items = [first]
        while len(items) < AT_ONCE:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                break
            if not isinstance(item, Arrived):
                return items, item, item is None
            items.append(item)
        return items, None, False

    def _run(self, task: Task[Any]) -> None:
        try:
            with self._store.write() as connection:
                result = task.run(connection)
        except Exception as exc:  # noqa: BLE001 - whoever waits for it gets it
            task.done.set_exception(exc)
        else:
            task.done.set_result(result)

    def _store_all(self, items: Sequence[Arrived]) -> None:
        try:
            self._store_together(items)
        except Exception as exc:  # noqa: BLE001 - whoever waits for it gets it
            if len(items) == 1 or not _is_of_one(exc):
                for item in items:
                    item.done.set_exception(exc)
                return
            for item in items:  # one of them is the reason: the others must not suffer for it
                self._store_all((item,))

    def _store_together(self, items: Sequence[Arrived]) -> None:
        once = {item.digest: item for item in items}
        with self._store.write() as connection:
            found = store_batch(connection, self._desk, tuple(once.values()))
        self.batches += 1
        for item in items:
            answer: Stored | EvidenceError = found[item.digest]
            if isinstance(answer, SetapartError):
                item.done.set_exception(answer)
            else:
                item.done.set_result(answer)


def _is_of_one(exc: Exception) -> bool:
    """Whether one row can be the reason; else the database is."""
    return not isinstance(exc, StoreError) or isinstance(exc.__cause__, IntegrityError | DataError)
