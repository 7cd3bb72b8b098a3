"""Windows as far as the agent's own code asks which system it is on: `msvcrt`, `winreg` and `icacls.exe` that behave.

Nobody here runs Windows. What stands for it keeps to Microsoft's and Python's documentation: locks are of a byte range
and refused at once or after ten seconds, `icacls.exe` is a program that is told what to grant, the registry has a
64-bit view. Modules and calls that Windows lacks are missing.
"""

import errno
import fcntl
import importlib.abc
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil  # noqa: F401 - chooses its own half of the system when it is imported
import pytest

from fake_winreg import FakeWinreg

ONLY_ELSEWHERE = ("fcntl", "resource", "pwd", "grp", "termios")
CALLS_ONLY_ELSEWHERE = ("geteuid", "getuid", "fork", "O_CLOEXEC", "O_NOFOLLOW", "O_DIRECTORY", "O_PATH", "fchmod")
_ICACLS = """\
#!/bin/sh
printf '%s|' "$@" >> "${0%icacls.exe}granted"; echo >> "${0%icacls.exe}granted"
"""


class _Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        del path, target
        if name in ONLY_ELSEWHERE:
            raise ModuleNotFoundError(name)


def _locking(handle: int, mode: int, _length: int) -> None:
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if mode == _Msvcrt.LK_NBLCK else 0), 1)
    except OSError:
        raise OSError(errno.EACCES, "Permission denied") from None


class _Msvcrt(ModuleType):
    LK_LOCK, LK_NBLCK = 1, 2
    locking = staticmethod(_locking)


@dataclass(frozen=True, kw_only=True)
class PretendedWindows:
    """What stands for the machine.

    Attributes:
        programs: `%SYSTEMROOT%\\System32`.
        program_data: `%PROGRAMDATA%`, where the system's state folder is.
        machine: `HKEY_LOCAL_MACHINE`, which may be changed.
    """

    programs: Path
    program_data: Path
    machine: dict[str, Any]

    @property
    def state(self) -> Path:
        """The system's state folder."""
        return self.program_data / "setapart-agent"

    def deny(self, path: str) -> None:
        """Closes what lies below this lower-case path of the registry."""
        sys.modules["winreg"] = FakeWinreg(self.machine, {}, denied=(path,))

    def granted(self) -> dict[str, tuple[str, ...]]:
        """What icacls was told, by the name of the file or folder: a replaced file by that of its temporary one."""
        log = self.programs / "granted"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        words = [line.strip("|").split("|") for line in lines]
        return {Path(path).name: tuple(rest) for path, *rest in words}


def pretend(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *, user: str, machine: Mapping[str, Any] | None = None
) -> PretendedWindows:
    """Pretends for the rest of the test.

    Args:
        monkeypatch: undoes it.
        folder: for the drive's folders.
        user: whose process it is, as Windows tells it: `ada`, `DESK-17$` for SYSTEM, `LOCAL SERVICE`.
        machine: `HKEY_LOCAL_MACHINE`, as in `registry_maker`.
    """
    programs, data = folder / "Windows" / "System32", folder / "ProgramData"
    programs.mkdir(parents=True)
    data.mkdir()
    (programs / "icacls.exe").write_text(_ICACLS)
    (programs / "icacls.exe").chmod(0o755)
    found = PretendedWindows(programs=programs, program_data=data, machine=dict(machine or {}))
    for name, value in {"SYSTEMROOT": programs.parent, "PROGRAMDATA": data, "USERNAME": user}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "meta_path", [_Refuse(), *sys.meta_path])
    monkeypatch.setitem(sys.modules, "msvcrt", _Msvcrt("msvcrt"))
    monkeypatch.setitem(sys.modules, "winreg", FakeWinreg(found.machine, {}))
    for name in ONLY_ELSEWHERE:
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in CALLS_ONLY_ELSEWHERE:
        monkeypatch.delattr(os, name)
    return found
