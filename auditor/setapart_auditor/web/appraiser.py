"""The appraiser: a process beside the service that judges what has arrived, so that taking in is not held up."""

import datetime as dt
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from setapart_auditor.errors import AuditorError

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

_EVERY = 1.0
_AGAIN = 5.0
_AT_ONCE = 500


class Appraiser:
    """Keeps one child process at work; it is started again if it dies, and ends with its parent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._context = multiprocessing.get_context("spawn")
        self._ends = self._context.Event()
        self._thread = threading.Thread(target=self._keep, name="appraiser", daemon=True)

    def start(self) -> None:
        """Starts the child."""
        self._thread.start()

    def close(self) -> None:
        """Lets the child finish what it is at, and ends it."""
        self._ends.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._ends.is_set():
            child = self._context.Process(
                target=work, args=(self._folder, self._ends, os.getpid()), name="setapart-appraiser", daemon=True
            )
            child.start()
            while child.is_alive() and not self._ends.is_set():
                child.join(_EVERY)
            child.join(_AGAIN if self._ends.is_set() else None)
            if child.is_alive():
                child.kill()
                child.join()
            if not self._ends.is_set():
                self._ends.wait(_AGAIN)


def work(folder: Path, ends: "Event", parent: int) -> None:
    """Judges what has no verdict yet, again and again, until it is told to end or its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    from setapart_auditor.installation import load_policies, open_installation
    from setapart_auditor.sweep.stored import appraise_pending

    installation = open_installation(folder)
    policies = load_policies(installation)
    while not ends.is_set() and os.getppid() == parent:
        try:
            done = appraise_pending(installation, policies, dt.datetime.now(dt.UTC), _AT_ONCE)
        except AuditorError:
            time.sleep(_AGAIN)
            continue
        if not done:
            ends.wait(_EVERY)
    installation.store.close()
