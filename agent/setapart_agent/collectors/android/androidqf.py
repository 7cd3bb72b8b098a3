"""Folders that androidqf writes, as a source: `packages.json`, `dumpsys.txt`, `getprop.txt`, `settings_secure.txt`.

`dumpsys.txt` is the output of `dumpsys` without arguments, so it has the sections of a bug report. `packages.json`
lists packages with the certificates of those APKs that were copied; see parse/androidqf_packages.py.
"""

import os
import re
import stat
from datetime import datetime
from pathlib import Path

from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.held import HeldSource, moment_of, outputs_of
from setapart_agent.collectors.android.parse.bugreport import Splitter
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome
from setapart_agent.errors import SourceError

DUMPSYS_LIMIT = 512 * 1024 * 1024
"""Bytes that are streamed of `dumpsys.txt`."""

_CHUNK = 1024 * 1024
_TOO_LONG = b"\n*** longer than what is read of dumpsys.txt ***\n"
_VPN_SETTING = re.compile(rb"^always_on_vpn_app=([^\r\n]*)", re.MULTILINE)


def open_androidqf(folder: Path) -> HeldSource:
    """A folder of androidqf as a source.

    Raises:
        SourceError: no such folder, or none of the files that matter is in it.
    """
    if not folder.is_dir():
        cure = "unpack it first" if folder.suffix == ".zip" else ""
        raise SourceError(f"no folder {str(folder)!r}", expected="a folder written by androidqf", cure=cure)
    found: dict[str, Outcome[bytes]] = {}
    splitter = Splitter()
    dumpsys = _dumpsys(folder / "dumpsys.txt", splitter)
    if isinstance(dumpsys, Denied | Failed):
        found = dict.fromkeys((commands.DUMPSYS_USER, commands.DUMPSYS_PACKAGE, commands.DUMPSYS_ACCOUNT), dumpsys)
    elif isinstance(dumpsys, Observed):
        found = dumpsys.value
    for command, name in ((commands.GETPROP, "getprop.txt"), (commands.ANDROIDQF_PACKAGES, "packages.json")):
        content = _read(folder / name)
        if not isinstance(content, Absent):
            found[command] = content
    if not found:
        raise SourceError(
            f"nothing of androidqf in {str(folder)!r}", expected="packages.json, dumpsys.txt or getprop.txt"
        )
    settings = _read(folder / "settings_secure.txt")
    if isinstance(settings, Observed):
        setting = _VPN_SETTING.search(settings.value)
        found[commands.ALWAYS_ON_VPN] = Observed(setting[1] if setting else b"null")
    return HeldSource("androidqf", found, called="this androidqf folder", taken_at=_taken_at(folder, splitter.taken_at))


def _taken_at(folder: Path, stamp: str | None) -> datetime:
    """What the dump says, else when the folder was last written to."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return moment_of(stamp, handle)
    finally:
        os.close(handle)


def _dumpsys(path: Path, splitter: Splitter) -> "Observed[dict[str, Outcome[bytes]]] | Absent | Denied | Failed":
    handle = _open(path)
    if not isinstance(handle, Observed):
        return handle
    left = DUMPSYS_LIMIT
    try:
        with open(handle.value, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            while left > 0 and (chunk := file.read(_CHUNK)):
                splitter.feed(chunk)
                left -= len(chunk)
    except OSError:
        splitter.feed(b"\n*** dumpsys.txt can't be read further ***\n")
    if left <= 0:
        splitter.feed(_TOO_LONG)
    return Observed(outputs_of(splitter.end()))


def _read(path: Path) -> "Observed[bytes] | Absent | Denied | Failed":
    handle = _open(path)
    if not isinstance(handle, Observed):
        return handle
    try:
        with open(handle.value, "rb") as file:  # noqa: PTH123 - a descriptor
            content = file.read(commands.OUTPUT_LIMIT + 1)
    except OSError as exc:
        return Failed(f"{path.name}: {exc.strerror}")
    if len(content) > commands.OUTPUT_LIMIT:
        return Failed(f"{path.name} is longer than {commands.OUTPUT_LIMIT} bytes")
    return Observed(content) if content.strip() else Failed(f"{path.name} is empty")


def _open(path: Path) -> "Observed[int] | Absent | Denied | Failed":
    """A descriptor of a regular file of the folder itself; links are not followed."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except FileNotFoundError:
        return Absent()
    except PermissionError:
        return Denied(f"{path.name}: permission denied")
    except OSError as exc:
        return Failed(f"{path.name}: {exc.strerror}")
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return Failed(f"{path.name} is not a file")
    return Observed(handle)
