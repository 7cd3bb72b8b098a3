"""The file system of one Linux installation: the running one, or a tree that is mounted somewhere.

Paths are absolute inside the installation. Links are followed inside the tree and never out of it; a link that a user
planted to somebody else's file is refused; only regular files are opened, so no FIFO or device can hold us up.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome, Unseen

FILE_LIMIT = 64 * 1024 * 1024
_MAX_LINKS = 40
_MAX_ENTRIES = 100_000
_PUBLIC = ("/usr/", "/nix/store/", "/gnu/store/", "/snap/", "/var/lib/flatpak/", "/var/lib/snapd/desktop/")
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_REFUSED = frozenset({errno.EACCES, errno.EPERM})


class Tree:
    """Reads files and folders below one root."""

    def __init__(self, root: str = "/") -> None:
        self.root = os.path.realpath(root)
        self.live = self.root == "/"

    def read(self, path: str, owner: int | None = None, limit: int = FILE_LIMIT) -> Outcome[bytes]:
        """The content of a regular file.

        Args:
            path: absolute, inside the installation.
            owner: the uid whose home the path is in. A link may then lead only to a file of the same
                owner, or to a file of the system that everybody may read.
            limit: the size in bytes over which the file is not read.
        """
        opened = self._open(path, owner, stat.S_ISREG, "a file")
        if not isinstance(opened, Observed):
            return opened
        handle = opened.value
        try:
            size = os.fstat(handle).st_size
            if size > limit:
                return Failed(f"larger than {limit} bytes")
            readable = os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with open(readable, "rb", buffering=0) as file:
                content = _read_all(file.fileno(), size, limit)
        except OSError as exc:
            return _outcome(exc)
        finally:
            os.close(handle)
        return Failed(f"larger than {limit} bytes") if content is None else Observed(content)

    def head(self, path: str, size: int, owner: int | None = None) -> Outcome[bytes]:
        """The first bytes of a regular file, however large it is."""
        opened = self._open(path, owner, stat.S_ISREG, "a file")
        if not isinstance(opened, Observed):
            return opened
        try:
            with open(f"/proc/self/fd/{opened.value}", "rb", buffering=0) as file:
                return Observed(file.read(size))
        except OSError as exc:
            return _outcome(exc)
        finally:
            os.close(opened.value)

    def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        """The sorted names in a folder."""
        opened = self._open(path, owner, stat.S_ISDIR, "a folder")
        if not isinstance(opened, Observed):
            return opened
        try:
            names = os.listdir(f"/proc/self/fd/{opened.value}")
        except OSError as exc:
            return _outcome(exc)
        finally:
            os.close(opened.value)
        if len(names) > _MAX_ENTRIES:
            return Failed(f"more than {_MAX_ENTRIES} entries")
        return Observed(tuple(sorted(names)))

    def status(self, path: str, owner: int | None = None) -> Outcome[os.stat_result]:
        """What a path leads to: its mode, owner and size."""
        opened = self._open(path, owner, lambda _mode: True, "anything")
        if not isinstance(opened, Observed):
            return opened
        try:
            return Observed(os.fstat(opened.value))
        finally:
            os.close(opened.value)

    def find(self, pattern: str, owner: int | None = None) -> tuple[tuple[str, ...], tuple[Unseen, ...]]:
        """The paths that match a pattern with `*` and `?` in its components, and what could not be looked into.

        Hidden names match only where the pattern's component starts with a dot.
        """
        found = [""]
        unseen: list[Unseen] = []
        parts = pattern.strip("/").split("/")
        for at, part in enumerate(parts):
            if not any(char in part for char in "*?["):
                found = [f"{base}/{part}" for base in found]
                continue
            step: list[str] = []
            for base in found:
                names = self.entries(base or "/", owner)
                if isinstance(names, Observed):
                    step += [f"{base}/{name}" for name in names.value if _matches(name, part)]
                elif not isinstance(names, Absent):
                    unseen.append(names)
            found = step
            if at == len(parts) - 1:
                return tuple(found), tuple(unseen)
        present: list[str] = []
        for path in found:
            seen = self.status(path, owner)
            if isinstance(seen, Observed):
                present.append(path)
            elif not isinstance(seen, Absent):
                unseen.append(seen)
        return tuple(present), tuple(unseen)

    def _open(self, path: str, owner: int | None, accepts: Callable[[int], bool], expected: str) -> Outcome[int]:
        try:
            real = path if self.live else self._resolve(path)
            handle = os.open(real, os.O_PATH | os.O_CLOEXEC)
        except OSError as exc:
            return _outcome(exc)
        except ValueError:
            return Failed("a name that no file can have")
        try:
            found = os.fstat(handle)
            if not accepts(found.st_mode):
                refusal: Unseen | None = Failed(f"not {expected}")
            elif owner is not None and found.st_uid != owner and self._leads_away(handle, real, found):
                refusal = Denied("a link to another owner's file")
            else:
                refusal = None
        except OSError as exc:
            os.close(handle)
            return _outcome(exc)
        if refusal is not None:
            os.close(handle)
            return refusal
        return Observed(handle)

    @staticmethod
    def _leads_away(handle: int, path: str, found: os.stat_result) -> bool:
        """Whether a link led here, and not to a file of the system that everybody may read.

        Desktops link to those from autostart folders, and Nix profiles consist of nothing else.
        """
        here = os.readlink(f"/proc/self/fd/{handle}")
        public = found.st_uid == 0 and found.st_mode & stat.S_IROTH and here.startswith(_PUBLIC)
        return here != os.path.normpath(path) and not public

    def _resolve(self, path: str) -> str:
        """The real path of a path inside the root; absolute links start at the root again, `..` stops there."""
        pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        done: list[str] = []
        links = 0
        while pending:
            part = pending.pop()
            if part == "..":
                del done[-1:]
                continue
            here = "/".join((self.root, *done, part))
            if not stat.S_ISLNK(os.lstat(here).st_mode):
                done.append(part)
                continue
            links += 1
            if links > _MAX_LINKS:
                raise OSError(errno.ELOOP, "too many links")
            target = os.readlink(here)
            if target.startswith("/"):
                done = []
            pending += [step for step in reversed(target.split("/")) if step not in ("", ".")]
        return "/".join((self.root, *done))


def failures(outcomes: Iterable[Outcome[object]]) -> tuple[Unseen, ...]:
    """Those outcomes that hide something."""
    return tuple(one for one in outcomes if not isinstance(one, Observed | Absent))


def _matches(name: str, part: str) -> bool:
    return fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))


def _read_all(handle: int, size: int, limit: int) -> bytes | None:
    content = os.read(handle, size + 1) if size else b""
    while len(content) <= limit and (more := os.read(handle, 1 << 20)):
        content += more
    return None if len(content) > limit else content


def _outcome(exc: OSError) -> Absent | Denied | Failed:
    if exc.errno in _GONE:
        return Absent()
    if exc.errno in _REFUSED:
        return Denied("permission denied")
    if exc.errno == errno.ELOOP:
        return Failed("a loop of links")
    return Failed(errno.errorcode.get(exc.errno or 0, "I/O error"))
