"""The chain of one key's reports: per device the last sequence and the digest of the last statement.

The state is one small file beside the key, `<key>.chain`: a line with the state, and a line for each advance since. It
is locked while a report is made, and on disk before the report is released: a crash in between leaves a gap, never two
reports with one sequence. An advance costs one line, however many devices a station has.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from setapart_agent.errors import ChainError
from setapart_agent.private_files import CLOSED, NO_LINK, lock, sync_folder, write_all, write_private
from setapart_evidence.statement import Sha256

_CURE = "if the file is lost, run `setapart-agent reset-identity` and register the new key"
_MOST_LINES = 256
"""Advances after which the next agent writes the state anew."""


class Link(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of one device's chain."""

    sequence: Annotated[int, Meta(ge=1)]
    previous: Sha256


class Advance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the file: the new end of one device's chain."""

    device: str
    link: Link


class ChainState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line. `salt` makes the `local-` ids of devices that no authority has a key for."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    salt: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    devices: dict[str, Link] = {}


class Chain:
    """The chain state while it is locked."""

    def __init__(self, path: Path, state: ChainState) -> None:
        self._path = path
        self.state = state

    @property
    def heads(self) -> frozenset[str]:
        """The digests of the last statements of all devices."""
        return _heads(self.state)

    def end(self, device: str) -> tuple[int, str | None]:
        """The sequence that the device's next report gets, and the digest of its previous statement."""
        link = self.state.devices.get(device)
        return (1, None) if link is None else (link.sequence + 1, link.previous)

    def advance(self, device: str, sequence: int, statement_digest: str) -> None:
        """Writes the new end of a device's chain to disk.

        Raises:
            ChainError: it could not be written; the report must not be released.
        """
        link = Link(sequence=sequence, previous=statement_digest)
        _append(self._path, msgspec.json.encode(Advance(device=device, link=link)) + b"\n")
        self.state.devices[device] = link


@contextmanager
def locked_chain(key: Path) -> Iterator[Chain]:
    """Opens the chain of a key file, holding its lock.

    Raises:
        ChainError: another agent holds it for too long, or it can't be read or written.
    """
    path = chain_path(key)
    beside = path.with_name(path.name + ".lock")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | CLOSED | NO_LINK, 0o600)
    except OSError as exc:
        raise ChainError(f"{beside.name} can't be opened: {exc.strerror}", cure="make its folder writable") from None
    try:
        _wait_for(handle, beside)
        state, whole = _read(path)
        if not whole:
            write_private(path, msgspec.json.encode(state) + b"\n")
        elif not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            raise ChainError(f"{path.name} is not writable", cure="make the file and its folder writable")
        yield Chain(path, state)
    finally:
        os.close(handle)


def _wait_for(handle: int, beside: Path) -> None:
    try:
        lock(handle)
    except OSError as exc:
        raise ChainError(
            f"{beside.name} can't be locked: {exc.strerror}",
            expected="a file system with locks, on which no other agent is at work",
            cure="keep the key on a local disk; if another agent is busy, try again when it is done",
        ) from None


def chain_path(key: Path) -> Path:
    """The chain file of a key file."""
    return key.with_name(key.name + ".chain")


def chain_heads(key: Path) -> frozenset[str]:
    """The heads of a key's chain as they are on disk, none without one; neither locked nor made.

    Raises:
        ChainError: it can't be read.
    """
    return _heads(_read(chain_path(key))[0])


def _heads(state: ChainState) -> frozenset[str]:
    return frozenset(link.previous for link in state.devices.values())


def _append(path: Path, line: bytes) -> None:
    """Adds a line, on disk when this returns; what could be written of it in part is taken back."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | CLOSED | NO_LINK)
        try:
            before = os.fstat(handle).st_size
            try:
                write_all(handle, line)
                os.fsync(handle)
            except OSError:
                with suppress(OSError):
                    os.ftruncate(handle, before)
                raise
        finally:
            os.close(handle)
        sync_folder(path.parent)
    except OSError as exc:
        raise ChainError(
            f"{path.name} can't be written: {exc.strerror}", cure="make its folder writable, or free some space"
        ) from None


def _read(path: Path) -> tuple[ChainState, bool]:
    """The state, and whether the file may stay as it is: a new, long or broken off one is written anew."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return ChainState(salt=os.urandom(32).hex()), False
    except OSError as exc:
        raise ChainError(f"{path.name} can't be read: {exc.strerror}", cure="make it readable") from None
    head, _, rest = raw.partition(b"\n")
    *lines, torn = rest.split(b"\n")  # the last of an agent that died: its report was not released
    try:
        state = msgspec.json.decode(head, type=ChainState)
        for line in lines:
            entry = msgspec.json.decode(line, type=Advance)
            state.devices[entry.device] = entry.link
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ChainError(
            f"{path.name} is not a chain file", expected="what the last report wrote", cure=_CURE
        ) from None
    return state, raw.endswith(b"\n") and not torn and len(lines) <= _MOST_LINES
