"""The chain of one key's reports: per device the last sequence and the digest of the last statement.

The state is one small file beside the key, `<key>.chain`. It is locked while a report is made, and on disk before the
report is released: a crash in between leaves a gap, never two reports with one sequence.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, structs

from setapart_agent.errors import ChainError
from setapart_evidence.statement import Sha256

_CURE = "if the file is lost, run `setapart-agent reset-identity` and register the new key"


class Link(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of one device's chain."""

    sequence: Annotated[int, Meta(ge=1)]
    previous: Sha256


class ChainState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `salt` makes the `local-` ids of devices that no authority has a key for."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    salt: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    devices: dict[str, Link] = {}


class Chain:
    """The chain state while it is locked."""

    def __init__(self, path: Path, state: ChainState) -> None:
        self._path = path
        self.state = state

    def end(self, device: str) -> tuple[int, str | None]:
        """The sequence that the device's next report gets, and the digest of its previous statement."""
        link = self.state.devices.get(device)
        return (1, None) if link is None else (link.sequence + 1, link.previous)

    def advance(self, device: str, sequence: int, statement_digest: str) -> None:
        """Writes the new end of a device's chain to disk.

        Raises:
            ChainError: it could not be written; the report must not be released.
        """
        devices = {**self.state.devices, device: Link(sequence=sequence, previous=statement_digest)}
        self.state = structs.replace(self.state, devices=devices)
        write_private(self._path, msgspec.json.format(msgspec.json.encode(self.state)) + b"\n")


@contextmanager
def locked_chain(key: Path) -> Iterator[Chain]:
    """Opens the chain of a key file, holding its lock.

    Raises:
        ChainError: another agent holds it for too long, or it can't be read or written.
    """
    path = chain_path(key)
    lock = path.with_name(path.name + ".lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        raise ChainError(f"{lock.name} can't be opened: {exc.strerror}", cure="make its folder writable") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        state = _read(path)
        if state is None:
            state = ChainState(salt=os.urandom(32).hex())
            write_private(path, msgspec.json.format(msgspec.json.encode(state)) + b"\n")
        elif not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            raise ChainError(f"{path.name} is not writable", cure="make the file and its folder writable")
        yield Chain(path, state)
    finally:
        os.close(handle)


def chain_path(key: Path) -> Path:
    """The chain file of a key file."""
    return key.with_name(key.name + ".chain")


def write_private(path: Path, content: bytes) -> None:
    """Replaces a file with mode 0600; on disk, with its folder's entry, when this returns.

    Raises:
        ChainError: it could not be written; the old content is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as exc:
        temporary.unlink(missing_ok=True)
        raise ChainError(
            f"{path.name} can't be written: {exc.strerror}", cure="make its folder writable, or free some space"
        ) from None


def _read(path: Path) -> ChainState | None:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ChainError(f"{path.name} can't be read: {exc.strerror}", cure="make it readable") from None
    try:
        return msgspec.json.decode(raw, type=ChainState)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ChainError(
            f"{path.name} is not a chain file", expected="what the last report wrote", cure=_CURE
        ) from None
