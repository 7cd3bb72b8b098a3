# ruff: noqa: PTH115, PTH116, PTH123, PTH208
# A few system calls for every process: no objects for paths.
"""The processes of the running system, out of /proc (proc(5)): no library does it cheaper."""

import os
from collections.abc import Iterator

from msgspec import Struct

DELETED = " (deleted)"
"""What the kernel adds to the path of a program whose file is gone."""

WINE = ("wine", "wine-preloader", "wine64", "wine64-preloader")
"""Programs that run others, which then show only in the process's name."""

_SYS_PTRACE = 1 << 19  # capabilities(7)
_COMM = 15  # characters of a name that the kernel keeps


class Process(Struct, frozen=True, kw_only=True):
    """One running process.

    Attributes:
        uid: its owner.
        executable: the path of its program; `None` where the kernel does not show it to us.
        name: the name it goes by, where the path does not tell enough.
        foreign: whether the path is one of a container or chroot, where another file stands than here.
    """

    uid: int
    executable: str | None
    name: str = ""
    foreign: bool = False


def running(root: str = "/proc") -> Iterator[Process]:
    """The processes of this machine that run a program; kernel threads do not."""
    for pid in os.listdir(root):
        if pid.isdigit() and (process := _process(f"{root}/{pid}")) is not None:
            yield process


def shows_all(status: str = "/proc/self/status") -> bool:
    """Whether the kernel shows us everybody's programs, for which CAP_SYS_PTRACE is needed: root may lack it."""
    for line in _read(status).splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) & _SYS_PTRACE)
    return False


def _process(folder: str) -> Process | None:
    try:
        uid = os.stat(folder).st_uid
        path = os.readlink(f"{folder}/exe")
    except PermissionError:
        if not _read(f"{folder}/cmdline"):
            return None  # a kernel thread, whose lack of a program only root is told
        return Process(uid=_owner(folder), executable=None, name=_name(folder))
    except OSError:
        return None  # a kernel thread, or ended meanwhile
    name = _name(folder) if path.rpartition("/")[2] in WINE else ""
    return Process(uid=uid, executable=path, name=name, foreign=_is_foreign(folder, path))


def _is_foreign(folder: str, path: str) -> bool:
    if path.endswith(DELETED):
        return False
    try:
        return not os.path.samestat(os.stat(f"{folder}/exe"), os.stat(path))
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _owner(folder: str) -> int:
    """The real uid of a process whose folder belongs to root because it must not be traced."""
    for line in _read(f"{folder}/status").splitlines():
        if line.startswith("Uid:"):
            return int(line.split()[1])
    return 0


def _name(folder: str) -> str:
    """The kernel's short name, in full where the command line's first word goes on with it."""
    short = _read(f"{folder}/comm").strip()
    first = _read(f"{folder}/cmdline").partition("\0")[0].rpartition("/")[2]
    return first if len(short) == _COMM and first.startswith(short) else short


def _read(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(4096).decode("utf-8", "replace")
    except OSError:
        return ""
