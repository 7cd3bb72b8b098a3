"""A file that is there whole and on disk, or not at all; readable by its owner alone unless its maker says otherwise.

What is written goes to a name that nobody can have put a link at, in the same folder, and gets the file's name at the
end: a folder may be one that others write to.
"""

import ctypes
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path

PRIVATE = 0o600
_NO_LINKS = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS))
_HERE, _NO_REPLACE = -100, 1
"""AT_FDCWD and RENAME_NOREPLACE of Linux."""


@contextmanager
def new_file(path: Path, *, replace: bool = False, mode: int = PRIVATE) -> Iterator[BufferedRandom]:
    """A file to write, and to read again; it gets its name when the block ends well.

    Args:
        path: its name.
        replace: it takes the place of an earlier file, or of a link, which is not followed.
        mode: its permissions, less the umask's.

    Raises:
        FileExistsError: there is one already, whoever made it first, and it is not to be replaced.
        OSError: it can't be written.
    """
    temporary = path.with_name(f".{secrets.token_hex(16)}")
    with _named(path):
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with _named(path):
            if replace:
                temporary.replace(path)
            else:
                _name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.absolute().parent)


def write_file(path: Path, content: bytes, *, replace: bool = False, mode: int = PRIVATE) -> None:
    """Writes a file; see `new_file`."""
    with new_file(path, replace=replace, mode=mode) as file:
        file.write(content)


def create_once(path: Path, content: Callable[[], bytes]) -> bool:
    """Writes a file unless there is one; False if there is, whoever made it first. Its content is made if needed."""
    if path.exists():
        return False
    try:
        write_file(path, content())
    except FileExistsError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _name(temporary: Path, path: Path) -> None:
    """Gives a file its name unless something has it; also where files have one name only, as on a memory stick (FAT).

    `os.rename` would replace what is there. Linux and its FAT and exFAT know a rename that does not (renameat2(2)).
    """
    try:
        os.link(temporary, path)
    except OSError as exc:
        rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
        if exc.errno not in _NO_LINKS or rename is None:
            raise
        if rename(_HERE, os.fsencode(temporary), _HERE, os.fsencode(path), _NO_REPLACE):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number)) from None


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors name the file that was asked for: nobody knows the other one."""
    try:
        yield
    except OSError as exc:
        raise OSError(exc.errno, exc.strerror, str(path)) from None
