"""Files that only their owner may read, replaced whole and on disk before anybody relies on them; on every system."""

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from setapart_agent.errors import ChainError, KeyFileError

# Windows knows none of these, and needs O_BINARY.
CLOSED = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
SYSTEM_FOLDER = "setapart-agent"
"""The name of the system's state folder in Windows' ProgramData."""
_PRIVATE = 0o600
_FOLDER = 0o700
_SMALL = 1024 * 1024
_EVERYTHING_OF_THE_LOCK = 1


def is_administrator() -> bool:
    """Whether this process may read every user's files: root, or an elevated process of Windows."""
    if hasattr(os, "geteuid"):
        return os.geteuid() == 0
    import ctypes

    return bool(ctypes.windll.shell32.IsUserAnAdmin())  # type: ignore[attr-defined,unused-ignore]


def lock(handle: int) -> None:
    """Waits for the one lock of an open file; closing it lets go."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, _EVERYTHING_OF_THE_LOCK)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)


def try_lock(handle: int) -> bool:
    """Takes the one lock of an open file if nobody has it; closing it lets go.

    Raises:
        OSError: the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, _EVERYTHING_OF_THE_LOCK)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        if exc.errno in {errno.EAGAIN, errno.EACCES, errno.EDEADLK}:  # the last two are Windows'
            return False
        raise
    return True


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Writes a file that must not exist yet, with this mode whatever the umask is.

    Raises:
        KeyFileError: it exists, or can't be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED | NO_LINK, mode)
    except FileExistsError:
        raise KeyFileError(
            f"{path} exists", expected="a new file", cure="choose another name; a key is never overwritten"
        ) from None
    except OSError as exc:
        raise KeyFileError(f"{path} can't be written: {exc.strerror}", cure="choose a folder that you own") from None
    try:
        try:
            restrict(path, handle, mode)
            write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(path.parent)
    except (OSError, KeyFileError) as exc:
        with suppress(OSError):  # half a key would be in the way of the next attempt
            path.unlink()
        if isinstance(exc, KeyFileError):
            raise
        raise KeyFileError(f"{path} can't be written: {exc.strerror}", cure="free some space") from None


def write_private(path: Path, content: bytes) -> None:
    """Replaces a file with mode 0600; on disk, with its folder's entry, when this returns.

    In the system's state folder of Windows it has the rights that this folder gives, unlike a key.

    Raises:
        ChainError: it could not be written; the old content is still there.
        KeyFileError: likewise, for Windows would not close it.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | CLOSED, _PRIVATE)
        try:
            if sys.platform == "win32" and not _has_rights_of_its_folder(path):
                restrict(temporary, handle, _PRIVATE)
            write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(path)
        sync_folder(path.parent)
    except (OSError, KeyFileError) as exc:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(exc, KeyFileError):
            raise
        raise ChainError(
            f"{path.name} can't be written: {exc.strerror}", cure="make its folder writable, or free some space"
        ) from None


def read_private(path: Path, most: int = _SMALL) -> bytes:
    """A file's content, if it is a regular file of at most `most` bytes: no link, and nothing that one waits for.

    Raises:
        OSError: it is not, or can't be read; `strerror` says which.
    """
    handle = os.open(path, os.O_RDONLY | CLOSED | NO_LINK | _NO_WAIT)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        with open(handle, "rb", closefd=False) as file:
            raw = file.read(most + 1)
    finally:
        os.close(handle)
    if len(raw) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most} bytes", str(path))
    return raw


def write_all(handle: int, content: bytes) -> None:
    """Writes everything, however little a single call takes."""
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def make_private_folder(folder: Path) -> None:
    """Makes a folder for its owner alone, with its parents; one that is there stays as it is.

    Raises:
        OSError: it can't be made.
        KeyFileError: Windows would not close it.
    """
    if sys.platform != "win32":
        folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    elif _has_rights_of_its_folder(folder):
        # Without a mode: since 3.12.4 Python's 0o700 breaks with the folder, and shuts out who delivers.
        folder.mkdir(parents=True, exist_ok=True)
    elif not folder.exists():
        folder.mkdir(mode=_FOLDER, parents=True)
        _leave_to_its_owner(folder, inherited="(OI)(CI)")


def sync_folder(folder: Path) -> None:
    """Puts the entries of a folder on disk; Windows has no such call and needs none for a replaced file."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | CLOSED)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def restrict(path: Path, handle: int, mode: int) -> None:
    """Sets the mode of a file that was just made; on Windows a private file is left to its owner and administrators.

    Raises:
        KeyFileError: Windows would not set it.
    """
    if sys.platform == "win32":
        if mode == _PRIVATE:
            _leave_to_its_owner(path)
    else:
        os.fchmod(handle, mode)


def _has_rights_of_its_folder(path: Path) -> bool:
    """Whether it lies in the system's state folder: that one is closed, and says who but SYSTEM may read what."""
    base = os.environ.get("PROGRAMDATA")
    return base is not None and Path(base, SYSTEM_FOLDER) in Path(os.path.abspath(path)).parents  # noqa: PTH100


def _leave_to_its_owner(path: Path, inherited: str = "") -> None:
    import subprocess

    program = str(Path(os.environ["SYSTEMROOT"], "System32", "icacls.exe"))
    # SYSTEM and the administrators by their well-known SIDs: their names are localised.
    grants = [f"*S-1-5-18:{inherited}F", f"*S-1-5-32-544:{inherited}F"]
    user = os.environ.get("USERNAME", "")
    if user and not user.endswith("$"):  # SYSTEM is called as the machine is, which no workgroup can resolve
        grants.append(f"{user}:{inherited}F")
    answer = subprocess.run(  # noqa: S603 - a fixed program of the system
        [program, str(path), "/inheritance:r", "/grant:r", *grants], capture_output=True, check=False
    )
    if answer.returncode:
        raise KeyFileError(f"{path} can't be made private", cure="choose a folder on an NTFS disk that you own")
