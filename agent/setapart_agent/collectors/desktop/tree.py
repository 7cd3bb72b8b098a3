"""The file system of one installation: the running one, or a tree that is mounted somewhere.

Paths are absolute inside the installation, with slashes on every system. Links are followed inside the tree and never
out of it; a link that a user planted to somebody else's file is refused; only regular files are opened, so no FIFO or
device can hold us up. Linux pins what it looks at by a descriptor (`O_PATH`); elsewhere `PlainTree` does without.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import IO, TYPE_CHECKING

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome, Unseen

if TYPE_CHECKING:
    from datetime import datetime


FILE_LIMIT = 64 * 1024 * 1024
_MAX_LINKS = 40
_MAX_ENTRIES = 100_000
_PUBLIC = ("/usr/", "/nix/store/", "/gnu/store/", "/snap/", "/var/lib/flatpak/", "/var/lib/snapd/desktop/")
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_REFUSED = frozenset({errno.EACCES, errno.EPERM})


class Tree:
    """Reads files and folders below one root."""

    def __init__(self, root: str = "/", *, ignore_case: bool = False) -> None:
        """Takes the root.

        Args:
            root: where the installation is mounted; `/` is the running system.
            ignore_case: whether names are compared without regard to case, as Windows and macOS do: patterns match so,
                and paths lead so where the system that the tree is mounted on is stricter.
        """
        self.root = os.path.realpath(root)
        self.live = self.root == "/"
        self.ignore_case = ignore_case
        self._spellings: dict[str, dict[str, str]] = {}

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
        return self.part(path, 0, size, owner)

    def part(self, path: str, offset: int, size: int, owner: int | None = None) -> Outcome[bytes]:
        """The bytes of a regular file from an offset on, fewer where it ends."""
        opened = self._open(path, owner, stat.S_ISREG, "a file")
        if not isinstance(opened, Observed):
            return opened
        try:
            with open(f"/proc/self/fd/{opened.value}", "rb", buffering=0) as file:
                file.seek(offset)
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

    def owner(self, path: str) -> int | None:
        """The uid that what stands at a path belongs to; `None` where nothing can be looked at."""
        seen = self.status(path)
        return seen.value.st_uid if isinstance(seen, Observed) else None

    def may_be_folder(self, path: str) -> bool:
        """Whether nothing shows that a path is no folder."""
        seen = self.status(path)
        return not isinstance(seen, Observed) or stat.S_ISDIR(seen.value.st_mode)

    def last_written(self, paths: Iterable[str]) -> "datetime | None":
        """When the newest of these was written, of a tree that does not run: no earlier was it running last.

        `None` where it does run, and where none of it is there, so that nothing tells.
        """
        if self.live:
            return None
        from datetime import UTC, datetime

        seen = [found.value.st_mtime for path in paths if isinstance(found := self.status(path), Observed)]
        return datetime.fromtimestamp(max(seen), UTC) if seen else None

    def find(self, pattern: str, owner: int | None = None) -> tuple[tuple[str, ...], tuple[Unseen, ...]]:
        """The paths that match a pattern with `*` and `?` in its components, and what could not be looked into.

        Hidden names match only where the pattern's component starts with a dot; case counts unless the tree ignores it.
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
                    step += [f"{base}/{name}" for name in names.value if matches(name, part, self.ignore_case)]
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
            here, status = self._step(done, part)
            part = here.rpartition("/")[2]
            if not stat.S_ISLNK(status.st_mode):
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

    def _step(self, done: list[str], part: str) -> tuple[str, os.stat_result]:
        """The real path of one component and what is there; another spelling of it only where this one is not."""
        folder = "/".join((self.root, *done))
        here = f"{folder}/{part}"
        try:
            return here, os.lstat(here)
        except FileNotFoundError:
            if not self.ignore_case:
                raise
        if folder not in self._spellings:
            self._spellings[folder] = {name.lower(): name for name in os.listdir(folder)}
        here = f"{folder}/{self._spellings[folder].get(part.lower(), part)}"
        return here, os.lstat(here)


class PlainTree(Tree):
    """The same where there is no `O_PATH`: macOS and Windows. What a path leads to is looked at before it is opened."""

    def read(self, path: str, owner: int | None = None, limit: int = FILE_LIMIT) -> Outcome[bytes]:
        """See `Tree.read`."""
        opened = self._file(path, owner)
        if not isinstance(opened, Observed):
            return opened
        try:
            with opened.value as file:
                content = file.read(limit + 1)
        except OSError as exc:
            return _outcome(exc)
        return Failed(f"larger than {limit} bytes") if len(content) > limit else Observed(content)

    def part(self, path: str, offset: int, size: int, owner: int | None = None) -> Outcome[bytes]:
        """See `Tree.part`."""
        opened = self._file(path, owner)
        if not isinstance(opened, Observed):
            return opened
        try:
            with opened.value as file:
                file.seek(offset)
                return Observed(file.read(size))
        except OSError as exc:
            return _outcome(exc)

    def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        """See `Tree.entries`."""
        found = self._look(path, owner, stat.S_ISDIR, "a folder")
        if not isinstance(found, Observed):
            return found
        try:
            names = os.listdir(found.value[0])
        except OSError as exc:
            return _outcome(exc)
        if len(names) > _MAX_ENTRIES:
            return Failed(f"more than {_MAX_ENTRIES} entries")
        return Observed(tuple(sorted(names)))

    def status(self, path: str, owner: int | None = None) -> Outcome[os.stat_result]:
        """See `Tree.status`."""
        found = self._look(path, owner, lambda _mode: True, "anything")
        return Observed(found.value[1]) if isinstance(found, Observed) else found

    def _look(
        self, path: str, owner: int | None, accepts: Callable[[int], bool], expected: str
    ) -> Outcome[tuple[str, os.stat_result]]:
        try:
            real = path if self.live else self._resolve(path)
            found = os.stat(real)
            if not accepts(found.st_mode):
                return Failed(f"not {expected}")
            if owner is not None and found.st_uid != owner:
                here = os.path.realpath(real)
                public = found.st_uid == 0 and found.st_mode & stat.S_IROTH and here.startswith(_PUBLIC)
                if here != os.path.normpath(real) and not public:
                    return Denied("a link to another owner's file")
        except OSError as exc:
            return _outcome(exc)
        except ValueError:
            return Failed("a name that no file can have")
        return Observed((real, found))

    def _file(self, path: str, owner: int | None) -> Outcome[IO[bytes]]:
        found = self._look(path, owner, stat.S_ISREG, "a file")
        if not isinstance(found, Observed):
            return found
        try:
            flags = (
                os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
            )
            file = open(os.open(found.value[0], flags), "rb", buffering=0)  # noqa: SIM115 - the caller closes it
        except OSError as exc:
            return _outcome(exc)
        now = os.fstat(file.fileno())
        if (now.st_ino, now.st_dev) != (found.value[1].st_ino, found.value[1].st_dev):
            file.close()
            return Failed("another file than a moment ago")
        return Observed(file)


def open_tree(root: str = "/", *, ignore_case: bool = False) -> Tree:
    """The tree of the running system or of a folder, in the way that this system offers.

    Systems without `O_PATH` are those that take no notice of case either: macOS and Windows.
    """
    if hasattr(os, "O_PATH"):
        return Tree(root, ignore_case=ignore_case)
    return PlainTree(root, ignore_case=True)


def failures(outcomes: Iterable[Outcome[object]]) -> tuple[Unseen, ...]:
    """Those outcomes that hide something."""
    return tuple(one for one in outcomes if not isinstance(one, Observed | Absent))


def matches(name: str, part: str, ignore_case: bool) -> bool:  # noqa: FBT001 - says what the tree says
    """Whether a name matches a component of a pattern; a hidden one only where the component starts with a dot."""
    if ignore_case:
        name, part = name.lower(), part.lower()
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
