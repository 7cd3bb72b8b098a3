"""The appraiser: a process of its own beside the intake, so that judging never delays a receipt.

It ends when its standard input does, and that is when its parent ends, however that comes about.
"""

import datetime as dt
import os
import select
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from setapart_auditor.children import end, leave_signals_to_the_parent

from . import events

_AT_ONCE = 200
_EVERY_SECONDS = 1.0
_LONGEST_PAUSE = 60.0
_STOP_SECONDS = 20.0


class Appraiser:
    """Keeps the process running: starts it, and starts it again, later each time, when it has died."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._pause = _EVERY_SECONDS
        self._next = 0.0
        self._begun = 0.0

    def look_after(self) -> None:
        """Starts it if it does not run and its time has come; call this every second."""
        now = time.monotonic()
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                if now - self._begun > _LONGEST_PAUSE:
                    self._pause = _EVERY_SECONDS
                return
            events.warn("the appraiser has ended, and is started again", code=code, seconds=self._pause)
            self._close()
            self._next = now + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        if now >= self._next:
            self._begun = now
            self._child = subprocess.Popen(  # noqa: S603 - this program
                [sys.executable, "-P", "-m", "setapart_auditor.web.appraiser", str(self._folder.absolute())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )

    @property
    def pid(self) -> int | None:
        """The process, if it was started."""
        return None if self._child is None else self._child.pid

    def close(self) -> None:
        """Lets it finish what it is at, and ends it."""
        if self._child is not None:
            end(self._child, _STOP_SECONDS)
            self._child = None

    def _close(self) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child = None


def main(folder: Path) -> int:
    """Judges what has no verdict yet, and looks again every second. Returns the exit code."""
    leave_signals_to_the_parent()
    os.set_blocking(sys.stdin.fileno(), False)
    events.begin(sys.stderr)
    from setapart_auditor.installation import load_policies, open_installation
    from setapart_auditor.sweep.stored import appraise_pending

    try:
        installation = open_installation(folder)
        policies = load_policies(installation)
        while not _is_over(0):
            if not appraise_pending(installation, policies, dt.datetime.now(dt.UTC), _AT_ONCE) and _is_over(
                _EVERY_SECONDS
            ):
                break
        installation.store.close()
    except Exception as exc:  # noqa: BLE001 - the parent starts it again
        events.failed("the appraiser failed", exc)
        return 1
    return 0


def is_there() -> bool:
    """Whether there is anything to judge with."""
    return find_spec("setapart_auditor.sweep.stored") is not None


def _is_over(seconds: float) -> bool:
    """Waits; whether the parent has closed the pipe."""
    ready, _, _ = select.select([sys.stdin.fileno()], [], [], seconds)
    return bool(ready) and not os.read(sys.stdin.fileno(), 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
