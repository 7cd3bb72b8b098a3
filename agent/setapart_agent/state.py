"""Where an agent keeps its key and chain, and what else it must remember."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setapart_agent.errors import AgentError, ChainError
from setapart_agent.private_files import CLOSED, NO_LINK, SYSTEM_FOLDER, is_administrator, try_lock

KEY_NAME = "key.pem"
NEW_KEY_NAME = "key.pem.new"
STATION_KEY_NAME = "station.pem"
LOCK_NAME = "agent.lock"
STATION_LOCK_NAME = "station.lock"
_PATIENCE = 60.0
_PAUSE = 0.05


class BusyError(AgentError):
    """Another agent works in this folder, and goes on doing so."""


def state_folder() -> Path:
    """The system's state folder for an administrator, else the user's (XDG; on Windows the local application data).

    Raises:
        AgentError: the system knows no home of this user.
    """
    if sys.platform == "win32":
        base = os.environ["PROGRAMDATA" if is_administrator() else "LOCALAPPDATA"]
        return Path(base, SYSTEM_FOLDER)
    if is_administrator():
        return Path("/var/lib/setapart-agent")
    try:
        state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    except RuntimeError:
        raise AgentError(
            "a user without a home", expected="a state folder", cure="name one with --dir, or set XDG_STATE_HOME"
        ) from None
    return Path(state, "setapart-agent")


def followed(key: Path) -> Path:
    """A key's file; of a link the file itself, for a key has but one chain."""
    return Path(os.path.realpath(key)) if key.is_symlink() else key


@contextmanager
def locked_state(folder: Path, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Holds the lock of what an agent knows of its auditor: one at a time enrols, delivers or fetches.

    Who needs the chain as well takes the chain's lock first.

    Args:
        folder: the state folder, which is there.
        patience: seconds to wait for another agent.

    Raises:
        BusyError: another agent has it all that time.
        ChainError: the folder can't be written.
        AgentError: its file system knows no locks.
    """
    path = folder / LOCK_NAME
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | CLOSED | NO_LINK, 0o600)
    except OSError as exc:
        raise ChainError(f"{path} can't be opened: {exc.strerror}", cure="make its folder writable") from None
    try:
        end = time.monotonic() + patience
        while not _taken(handle, path):
            if time.monotonic() >= end:
                raise BusyError("another agent is busy with this folder", cure="try again when it is done")
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def _taken(handle: int, path: Path) -> bool:
    try:
        return try_lock(handle)
    except OSError as exc:
        raise AgentError(
            f"{path} can't be locked: {exc.strerror}",
            expected="a file system with locks",
            cure="choose a folder on a local disk with --dir",
        ) from None
