"""What the service does beside answering: the log's checkpoints, and looking after the appraiser."""

import datetime as dt
import threading
import time

from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import Installation
from setapart_auditor.log.checkpoint import make_checkpoint

from . import events
from .appraiser import Appraiser, is_there

_EVERY_SECONDS = 1.0


class Chores:
    """A thread that does them until it is closed."""

    def __init__(self, installation: Installation, *, appraise: bool = True) -> None:
        self._installation = installation
        self._seconds = installation.settings.serve.checkpoint_minutes * 60
        self._appraiser = Appraiser(installation.folder) if appraise and is_there() else None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="chores")

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def close(self) -> None:
        """Ends the appraiser and the thread; a last checkpoint covers what was taken in."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._appraiser is not None:
            self._appraiser.close()
        self._checkpoint()

    def _work(self) -> None:
        due = time.monotonic() + self._seconds
        while not self._over.is_set():
            if self._appraiser is not None:
                try:
                    self._appraiser.look_after()
                except OSError as exc:
                    events.failed("the appraiser can't be started", exc)
            if time.monotonic() >= due:
                self._checkpoint()
                due = time.monotonic() + self._seconds
            self._over.wait(_EVERY_SECONDS)

    def _checkpoint(self) -> None:
        installation = self._installation
        try:
            with installation.store.write() as connection:
                make_checkpoint(
                    connection,
                    installation.authority.signer,
                    installation.settings.log.origin,
                    dt.datetime.now(dt.UTC),
                )
        except AuditorError as exc:
            events.failed("no checkpoint was made", exc)
