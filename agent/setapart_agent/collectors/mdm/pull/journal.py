"""What a pull remembers, so that one that was interrupted goes on where it stopped.

A file beside the settings, `<settings>.state`, of JSON lines: a head, and then each page that was turned to and each
device that was given. A line is on disk before the next device is given, so that no device is lost; the one that was
being written when the power went comes once more. The last line may be torn. A run that comes to its end removes the
file. Names in it are digests with a salt of the file's own: it tells nobody which devices there are.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from setapart_agent.errors import SourceError
from setapart_agent.private_files import CLOSED, NO_LINK, sync_folder, write_all
from setapart_evidence.moments import moment_text

_PRIVATE = 0o600
_VERSION = 1
_DIGEST_BYTES = 16
_SALT_BYTES = 16
_HOUR = 3600.0


class _Head(Struct, frozen=True, kw_only=True):
    """The first line: whose state this is, and since when."""

    version: int
    settings: str
    started_at: float
    salt: str


class _Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Any other line: a page, or a device with its serial and the moment that its record is of."""

    page: str | None = None
    given: str | None = None
    serial: str | None = None
    taken_at: float | None = None


class Memory:
    """What was given in this run, in memory alone: for looking, where nothing is to be taken up later."""

    def __init__(self, salt: bytes | None = None) -> None:
        self._salt = os.urandom(_SALT_BYTES) if salt is None else salt
        self._given: set[bytes] = set()
        self._newest: dict[bytes, float] = {}
        self.cursor: str | None = None

    def __contains__(self, device: object) -> bool:
        return self._digest(str(device)) in self._given

    def __len__(self) -> int:
        return len(self._given)

    def turn(self, cursor: str) -> None:
        """The page that comes next."""
        self.cursor = cursor

    def restart(self) -> None:
        """Forgets the page, not the devices."""
        self.cursor = None

    def give(self, device: str, serial: str | None, taken_at: datetime | None) -> None:
        """A device is done: whoever asked for it asks for the next."""
        self._note(self._line(device, serial, taken_at))

    def is_outdated(self, serial: str | None, taken_at: datetime | None) -> bool:
        """Whether a newer record of the same serial was given: managers keep those of earlier enrolments."""
        if serial is None or taken_at is None:
            return False
        newest = self._newest.get(self._digest(serial))
        return newest is not None and taken_at.timestamp() < newest

    def finish(self) -> None:
        """The run is at its end: there is nothing to take up."""

    def close(self) -> None:
        """Stops for now."""

    def _line(self, device: str, serial: str | None, taken_at: datetime | None) -> _Line:
        known = serial is not None and taken_at is not None
        return _Line(
            given=self._digest(device).hex(),
            serial=self._digest(serial).hex() if known and serial is not None else None,
            taken_at=taken_at.timestamp() if known and taken_at is not None else None,
        )

    def _note(self, line: _Line) -> None:
        """Takes one line in.

        Raises:
            ValueError: it holds no digest.
        """
        if line.page is not None:
            self.cursor = line.page or None
        if line.given is not None:
            self._given.add(bytes.fromhex(line.given))
        if line.serial is not None and line.taken_at is not None:
            serial = bytes.fromhex(line.serial)
            self._newest[serial] = max(line.taken_at, self._newest.get(serial, line.taken_at))

    def _digest(self, name: str) -> bytes:
        return hashlib.blake2b(
            name.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES, key=self._salt
        ).digest()


class Journal(Memory):
    """The same in a file that is locked while it is open."""

    def __init__(self, path: Path, handle: int, head: _Head) -> None:
        super().__init__(bytes.fromhex(head.salt))
        self._path = path
        self._handle = handle

    @classmethod
    def open(cls, path: Path, settings: str, *, now: float, hours: float, say: Callable[[str], None]) -> Self:
        """Takes up what an interrupted run left, or begins anew.

        Args:
            path: the state file.
            settings: the digest of what the run asks for; the state of another one is discarded.
            now: seconds since 1970.
            hours: after which a state is too old.
            say: tells the person who runs it.

        Raises:
            SourceError: another pull holds it, or it can't be written.
        """
        handle = _opened(path)
        try:
            found = _read(handle)
            head, lines, whole = _parsed(found)
            why = _unfit(head, settings, now, hours) if found else ""
            if head is None or why:
                if why:
                    say(f"{path.name} is discarded: {why}; the pull begins anew")
                head = _Head(version=_VERSION, settings=settings, started_at=now, salt=os.urandom(_SALT_BYTES).hex())
                lines, whole = (), 0
            os.ftruncate(handle, whole)
            os.lseek(handle, 0, os.SEEK_END)
            journal = cls(path, handle, head)
            if not whole:
                write_all(handle, msgspec.json.encode(head) + b"\n")
                os.fsync(handle)
                sync_folder(path.parent)
            for line in lines:
                journal._note(line)
        except OSError as exc:
            os.close(handle)
            raise _unusable(path, exc) from None
        except BaseException:
            os.close(handle)
            raise
        if len(journal):
            since = moment_text(datetime.fromtimestamp(head.started_at, UTC))
            say(f"the pull of {since} goes on after {len(journal)} devices; remove {path.name} to begin anew")
        return journal

    def turn(self, cursor: str) -> None:
        """The page that comes next, on disk."""
        self._write(_Line(page=cursor))
        super().turn(cursor)

    def restart(self) -> None:
        """Forgets the page, not the devices, on disk."""
        self._write(_Line(page=""))
        super().restart()

    def finish(self) -> None:
        """Removes the file."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Lets go of the file and its lock."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def give(self, device: str, serial: str | None, taken_at: datetime | None) -> None:
        """A device is done, on disk when this returns."""
        self._write(self._line(device, serial, taken_at))
        super().give(device, serial, taken_at)

    def _write(self, line: _Line) -> None:
        try:
            write_all(self._handle, msgspec.json.encode(line) + b"\n")
            os.fsync(self._handle)
        except OSError as exc:
            raise _unusable(self._path, exc) from None


def state_path(settings: Path) -> Path:
    """The state file of a settings file."""
    return settings.with_name(settings.name.removesuffix(".toml") + ".state")


def _parsed(content: bytes) -> tuple[_Head | None, tuple[_Line, ...], int]:
    """The head, the lines after it, and the number of bytes that are whole lines; no head where any line is foreign."""
    *rows, torn = content.split(b"\n")
    try:
        head = msgspec.json.decode(rows[0], type=_Head) if rows else None
        lines = tuple(msgspec.json.decode(row, type=_Line) for row in rows[1:])
        for line in lines:
            bytes.fromhex(line.given or "")
            bytes.fromhex(line.serial or "")
        bytes.fromhex(head.salt if head is not None else "")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None, (), 0
    return head, lines, len(content) - len(torn)


def _unfit(head: _Head | None, settings: str, now: float, hours: float) -> str:
    """Why a state can't be taken up; empty where it can."""
    if head is None or head.version != _VERSION:
        return "it is no state of a pull"
    if head.settings != settings:
        return "it is of other settings"
    if not 0 <= now - head.started_at <= hours * _HOUR:
        return f"it is older than {hours:g} hours"
    return ""


def _read(handle: int) -> bytes:
    with os.fdopen(os.dup(handle), "rb") as file:
        file.seek(0)
        return file.read()


def _opened(path: Path) -> int:
    """The file, locked and in its place.

    Raises:
        SourceError: another pull holds it, or it can't be written.
    """
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | CLOSED | NO_LINK, _PRIVATE)
        except OSError as exc:
            raise _unusable(path, exc) from None
        try:
            _lock(handle, path)
        except BaseException:
            os.close(handle)
            raise
        if os.fstat(handle).st_nlink:
            return handle
        os.close(handle)  # whoever held the lock came to the end, and removed the file


def _lock(handle: int, path: Path) -> None:
    """Takes the lock without waiting: a pull may take hours."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SourceError(f"another pull holds {path}", expected="one at a time", cure="wait for its end") from None


def _unusable(path: Path, exc: OSError) -> SourceError:
    return SourceError(
        f"{path} can't be written: {exc.strerror}", cure="keep the settings in a folder that the agent may write to"
    )
