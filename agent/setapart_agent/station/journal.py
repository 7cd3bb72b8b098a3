"""What a station did, on disk: `station.log`, a line of JSON for each step, with no personal data in it.

It holds kinds of phones, numbers and words of ours: no serial, no id, no name, no app, no text that came from a phone.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from setapart_agent.private_files import CLOSED, NO_LINK, write_all
from setapart_evidence.model import Platform

FILE = "station.log"
OLD_FILE = "station.log.1"
MOST_BYTES = 1024 * 1024
"""Size at which the file is put aside as `OLD_FILE`, in place of the one before."""

Event = Literal[
    "started",
    "recognised",
    "not-recognised",
    "not-read",
    "read",
    "not-sent",
    "delivered",
    "kept",
    "rejected",
    "trouble",
    "ended",
]


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line.

    Attributes:
        at: by this machine's clock.
        platform: of the phone.
        why: a word of ours: `no`, `no-answer`, `unplugged`, `another-phone`, `unknown-key`, …
        seen, unseen: rows of coverage.
        seconds: how long reading took.
    """

    at: datetime
    event: Event
    platform: Platform | None = None
    why: str | None = None
    seen: int | None = None
    unseen: int | None = None
    seconds: int | None = None


class Journal:
    """The log of a state folder. That it can't be written is told once and stops nothing."""

    def __init__(self, folder: Path, clock: Callable[[], datetime], on_failure: Callable[[str], None]) -> None:
        self._path = folder / FILE
        self._clock = clock
        self._on_failure = on_failure
        self._failed = False

    def note(
        self,
        event: Event,
        *,
        platform: Platform | None = None,
        why: str | None = None,
        seen: int | None = None,
        unseen: int | None = None,
        seconds: int | None = None,
    ) -> None:
        """Adds a line."""
        entry = Entry(
            at=self._clock().replace(microsecond=0),
            event=event,
            platform=platform,
            why=why,
            seen=seen,
            unseen=unseen,
            seconds=seconds,
        )
        try:
            self._write(msgspec.json.encode(entry) + b"\n")
        except OSError as exc:
            if not self._failed:
                self._failed = True
                self._on_failure(exc.strerror or type(exc).__name__)

    def _write(self, line: bytes) -> None:
        with suppress(FileNotFoundError):
            if self._path.lstat().st_size >= MOST_BYTES:
                self._path.replace(self._path.with_name(OLD_FILE))
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | CLOSED | NO_LINK, 0o600)
        try:
            write_all(handle, line)
        finally:
            os.close(handle)
