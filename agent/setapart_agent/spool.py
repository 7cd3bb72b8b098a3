"""Reports that are signed and not yet proven to be with the auditor: one file each, on disk before it counts.

A report is *staged* under a hidden name before the chain goes on, and *released* by a rename after it: whenever the
agent dies, either the sequence was not used, or `recover` finds the report by its digest. The folder is bounded; the
oldest reports make room, which leaves a gap in the chain and is counted, never hidden. The newest always stays.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from setapart_agent.delivery_record import Trouble
from setapart_agent.errors import ChainError, SpoolError
from setapart_agent.private_files import (
    CLOSED,
    NO_LINK,
    make_private_folder,
    read_private,
    sync_folder,
    write_all,
    write_private,
)
from setapart_evidence.limits import DEFAULT_LIMITS, MAX_SAFE_INTEGER

FOLDER = "spool"
MOST_REPORTS = 10_000
MOST_BYTES = 256 * 1024 * 1024
MOST_REJECTED = 100
MOST_REJECTED_BYTES = 32 * 1024 * 1024
_REJECTED = "rejected"
_DROPPED = "dropped.json"
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(\d{8}T\d{6}Z)-(\d{16})-([0-9a-f]{64})\.evidence", re.ASCII)
_PRIVATE = 0o600
_MOST_REPORT = DEFAULT_LIMITS.envelope + DEFAULT_LIMITS.inventory + 1
"""Bytes: both parts of a report, and the line feed between them."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Spooled:
    """A report in the spool: `name` is time, sequence and digest, and orders them from the oldest."""

    name: str
    path: Path
    sequence: int
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A report on disk that nobody may send yet."""

    path: Path
    name: str


class Dropped(Struct, frozen=True, kw_only=True):
    """How many reports had to make room, and when the last one did."""

    reports: Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)] = 0
    last_at: datetime | None = None


class Rejection(Trouble, frozen=True, kw_only=True):
    """Why the auditor will not take a report, in its own words."""

    reason: str


class Spool:
    """The spool of a state folder. Staging, releasing and recovering are done under the lock of the chain."""

    def __init__(self, state: Path, *, most: int = MOST_REPORTS, most_bytes: int = MOST_BYTES) -> None:
        self._folder = state / FOLDER
        self._most = most
        self._most_bytes = most_bytes
        # Counted once, then kept up: others only take away, so these are never too low.
        self._newest: str | None = None
        self._count = 0
        self._size = 0

    def reports(self) -> tuple[Spooled, ...]:
        """Every report, the oldest first. What bears another name is nobody's.

        Raises:
            SpoolError: the folder can't be read.
        """
        return _reports(self._folder)

    def rejected(self) -> tuple[Spooled, ...]:
        """The reports that the auditor will not take, the oldest first.

        Raises:
            SpoolError: their folder can't be read.
        """
        return _reports(self._folder / _REJECTED)

    def rejection(self, report: Spooled) -> Rejection | None:
        """Why a rejected report was; None if that was lost."""
        try:
            return msgspec.json.decode(read_private(report.path.with_suffix(".json")), type=Rejection)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def dropped(self) -> Dropped:
        """What had to make room so far."""
        try:
            return msgspec.json.decode(read_private(self._folder / _DROPPED), type=Dropped)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Dropped()

    def stage(self, raw: bytes, digest: str, sequence: int, now: datetime) -> Staged:
        """Puts a report on disk under a hidden name.

        Args:
            raw: the evidence file.
            digest: of its statement, `sha256:…`.
            sequence: of its statement.
            now: the time in its name; that of the newest one if it is later, so a clock turned back changes no order.

        Raises:
            SpoolError: there is no room for it, or the folder can't be written; the chain must not go on.
        """
        with _told("the report can't be kept", self._folder):
            make_private_folder(self._folder)
            newest = self._count_up()
            moment = max(now.astimezone(UTC).strftime(_TIME), newest.partition("-")[0])
            name = f"{moment}-{sequence:016d}-{digest.removeprefix('sha256:')}.evidence"
            path = self._folder / f".{name}"
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED | NO_LINK, _PRIVATE)
            try:
                write_all(handle, raw)
                os.fsync(handle)
            except OSError:
                with suppress(OSError):
                    path.unlink()
                raise
            finally:
                os.close(handle)
        return Staged(path=path, name=name)

    def release(self, staged: Staged, now: datetime) -> int:
        """Makes a staged report one to deliver. Returns how many older ones had to make room.

        Raises:
            SpoolError: the folder can't be written; `recover` will find the report.
        """
        with _told("the spool can't be written", self._folder):
            self._count_up()
            self._size += staged.path.stat().st_size
            self._count += 1
            self._newest = staged.name
            staged.path.rename(self._folder / staged.name)
            sync_folder(self._folder)
            if self._count <= self._most and self._size <= self._most_bytes:
                return 0
            return self._make_room(staged.name, now)

    def recover(self, heads: Collection[str]) -> int:
        """Ends what an agent that died had begun. Returns how many reports were found.

        Args:
            heads: the digests of the last statements of the chain (`sha256:…`): a staged report that the chain names
                is released, any other never was one. Files alone: a folder is somebody else's.

        Raises:
            SpoolError: the folder can't be written; what was begun is still there.
        """
        found = 0
        with _told("what an agent that died had kept can't be released", self._folder), suppress(FileNotFoundError):
            for path in sorted(path for path in self._folder.glob(".*") if path.is_symlink() or not path.is_dir()):
                name = _NAME.fullmatch(path.name[1:])
                if name is not None and f"sha256:{name[3]}" in heads:
                    path.rename(self._folder / path.name[1:])
                    found += 1
                else:
                    path.unlink(missing_ok=True)
            sync_folder(self._folder)
        return found

    def read(self, report: Spooled) -> bytes | None:
        """The bytes of a report; None if another agent has let go of it meanwhile.

        Raises:
            SpoolError: it can't be read.
        """
        with _told(f"{report.name} can't be read", self._folder):
            try:
                return read_private(report.path, _MOST_REPORT)
            except FileNotFoundError:
                return None

    def remove(self, report: Spooled) -> None:
        """Lets go of a report: the auditor's receipt for it was verified.

        Raises:
            SpoolError: the folder can't be written; the report is sent again, for the same receipt.
        """
        with _told(f"{report.name} is with the auditor and can't be removed", self._folder):
            report.path.unlink(missing_ok=True)

    def reject(self, report: Spooled, why: Rejection) -> None:
        """Puts a report aside that the auditor will not take; the newest of them are kept.

        Raises:
            SpoolError: the folder can't be written; the report stays where it is.
        """
        aside = self._folder / _REJECTED
        target = aside / report.name
        with _told(f"{report.name} can't be put aside", aside):
            make_private_folder(aside)
            with suppress(ChainError):  # without its reason rather than sent for ever
                write_private(target.with_suffix(".json"), msgspec.json.encode(why))
            try:
                report.path.rename(target)
            except FileNotFoundError:  # it had to make room meanwhile
                target.with_suffix(".json").unlink(missing_ok=True)
            sync_folder(aside)
            for old in _surplus(self.rejected(), MOST_REJECTED, MOST_REJECTED_BYTES):
                old.path.unlink(missing_ok=True)
                old.path.with_suffix(".json").unlink(missing_ok=True)

    def _count_up(self) -> str:
        """The name of the newest report, empty if there is none."""
        if self._newest is None:
            there = self.reports()
            self._newest = there[-1].name if there else ""
            self._count, self._size = len(there), sum(report.size for report in there)
        return self._newest

    def _make_room(self, newest: str, now: datetime) -> int:
        there = self.reports()
        surplus = [old for old in _surplus(there, self._most, self._most_bytes) if old.name != newest]
        self._count = len(there) - len(surplus)
        self._size = sum(report.size for report in there) - sum(report.size for report in surplus)
        if surplus:
            before = self.dropped
            after = Dropped(reports=before.reports + len(surplus), last_at=now)
            write_private(self._folder / _DROPPED, msgspec.json.encode(after))
            for old in surplus:
                old.path.unlink(missing_ok=True)
        return len(surplus)


@contextmanager
def _told(got: str, folder: Path) -> Iterator[None]:
    """Tells of what the file system refuses as an error of ours."""
    try:
        yield
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
        raise SpoolError(
            f"{got}: {why}",
            expected="a folder of this agent's own, on a disk with room",
            cure=f"free some space, or make {folder} a folder that this user may read and write",
        ) from None


def _reports(folder: Path) -> tuple[Spooled, ...]:
    found = []
    with _told("the spool can't be read", folder), suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            name = _NAME.fullmatch(entry.name)
            if name is None or not entry.is_file(follow_symlinks=False):
                continue
            with suppress(FileNotFoundError):  # another agent has just delivered it
                found.append(
                    Spooled(
                        name=entry.name,
                        path=folder / entry.name,
                        sequence=int(name[2]),
                        digest=f"sha256:{name[3]}",
                        size=entry.stat(follow_symlinks=False).st_size,
                    )
                )
    return tuple(sorted(found))


def _surplus(reports: tuple[Spooled, ...], most: int, most_bytes: int) -> Iterator[Spooled]:
    """The oldest reports that are too many or too large together."""
    count, size = len(reports), sum(report.size for report in reports)
    for report in reports:
        if count <= most and size <= most_bytes:
            return
        yield report
        count, size = count - 1, size - report.size
