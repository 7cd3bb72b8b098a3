"""A look at the store every second, by a thread: health and figures never ask the database within a request."""

import datetime as dt
import threading
import time
from collections.abc import Callable

from sqlalchemy import func, select

from setapart_auditor.errors import StoreError
from setapart_auditor.store.engine import Store
from setapart_auditor.store.schema import evidence, log_checkpoint, log_state

_EVERY = 1.0
_FRESH = 10.0


class StoreWatch:
    """Knows whether the store answered lately, and a few of its figures.

    Args:
        store: to look at.
        then: called after each look that succeeded.
    """

    def __init__(self, store: Store, then: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._then = then
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-watch", daemon=True)
        self._figures: dict[str, float] = {}
        self._last = 0.0

    def start(self) -> None:
        """Looks once, then goes on by itself."""
        self._look()
        self._thread.start()

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join()

    @property
    def is_well(self) -> bool:
        """Whether the store has answered within the last seconds."""
        return time.monotonic() - self._last < _FRESH

    def figures(self) -> dict[str, float]:
        """Figures by name, as of the last look."""
        return {"store_up": float(self.is_well), **self._figures}

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        try:
            with self._store.read() as connection:
                size = connection.execute(select(log_state.c.size)).scalar_one()
                signed = connection.execute(select(func.max(log_checkpoint.c.at))).scalar_one()
                newest = connection.execute(select(func.max(evidence.c.no))).scalar_one()
        except StoreError:
            return
        self._last = time.monotonic()
        self._figures = {"log_entries": float(size), "reports": float(newest or 0)}
        if signed is not None:
            age = dt.datetime.now(dt.UTC) - signed
            self._figures["checkpoint_age_seconds"] = age.total_seconds()
        self._then()
