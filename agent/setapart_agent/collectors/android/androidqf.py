"""Acquisitions of androidqf as a source: `packages.json`, `dumpsys.txt`, `bugreport.zip`, `getprop.txt` and others.

`dumpsys.txt` is the output of `dumpsys` without arguments, so it has the sections of a bug report; what it lacks
comes from `bugreport.zip` (from 1.7). `packages.json` lists packages with the certificates of those APKs that were
copied, and `package_users.json` whose they are (parse/androidqf_{packages,users}.py). `acquisition.json` says by the
station's clock when it began. Source: modules/*.go of androidqf.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TypeVar

from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.acquisition import KNOWN, Acquisition, open_acquisition
from setapart_agent.collectors.android.bugreport import TEXT_LIMIT, sections_of
from setapart_agent.collectors.android.held import HeldSource, earliest_of, outputs_of
from setapart_agent.collectors.android.parse import androidqf_acquisition
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome
from setapart_agent.errors import ParseError, SourceError

T = TypeVar("T")

DUMPSYS_LIMIT = TEXT_LIMIT
"""Bytes that `dumpsys.txt` and `bugreport.zip` may have."""

_DUMPED = (
    commands.DUMPSYS_USER,
    commands.DUMPSYS_PACKAGE,
    commands.DUMPSYS_ACCOUNT,
    commands.DUMPSYS_DEVICE_POLICY,
    commands.DUMPSYS_WIFI,
    commands.DUMPSYS_CONNECTIVITY,
)
_FILES = (
    (commands.GETPROP, "getprop.txt"),
    (commands.ANDROIDQF_PACKAGES, "packages.json"),
    (commands.ANDROIDQF_USERS, "package_users.json"),
)
_VPN_SETTING = re.compile(rb"^always_on_vpn_app=([^\r\n]*)", re.MULTILINE)

_Dumps = tuple[dict[str, Outcome[bytes]], str | None]


def open_androidqf(path: Path) -> HeldSource:
    """A folder of androidqf, or a zip of one, as a source.

    Raises:
        SourceError: no such folder or zip, an encrypted one, or none of the files that matter is in it.
    """
    with open_acquisition(path) as acquisition:
        found: dict[str, Outcome[bytes]] = {}
        stamp: str | None = None
        for name in ("bugreport.zip", "dumpsys.txt"):
            dumps, said = _dumps(acquisition, name)
            stamp = said or stamp
            found |= {command: output for command, output in dumps.items() if _adds(found.get(command), output)}
        for command, name in _FILES:
            content = _read(acquisition, name, lambda file: file.read())
            if not isinstance(content, Absent):
                found[command] = content
        if not found:
            raise SourceError(f"nothing of androidqf in {str(path)!r}", expected=", ".join(sorted(KNOWN)))
        settings = _read(acquisition, "settings_secure.txt", lambda file: file.read())
        if isinstance(settings, Observed):
            setting = _VPN_SETTING.search(settings.value)
            found[commands.ALWAYS_ON_VPN] = Observed(setting[1] if setting else b"null")
        taken_at = _begun(acquisition) or earliest_of(stamp, datetime.fromtimestamp(acquisition.written, UTC))
    return HeldSource("androidqf", found, called="this acquisition of androidqf", taken_at=taken_at)


def _adds(before: Outcome[bytes] | None, output: Outcome[bytes]) -> bool:
    """Whether an output of `dumpsys.txt` goes before that of the bug report: always, but for a failure."""
    return isinstance(output, Observed) or before is None


def _dumps(acquisition: Acquisition, name: str) -> _Dumps:
    """The dumps that a file holds by command, and when it says that it was taken."""
    read = _read(acquisition, name, lambda file: sections_of(file, name), DUMPSYS_LIMIT)
    if isinstance(read, Observed):
        sections, stamp = read.value
        return outputs_of(sections), stamp
    return ({}, None) if isinstance(read, Absent) else (dict.fromkeys(_DUMPED, read), None)


def _read(
    acquisition: Acquisition, name: str, read: Callable[[IO[bytes]], T], limit: int = commands.OUTPUT_LIMIT
) -> "Observed[T] | Absent | Denied | Failed":
    """What a reader makes of a file; an empty file is a failure and no answer."""
    opened = acquisition.open(name, limit)
    if not isinstance(opened, Observed):
        return opened
    with opened.value as file:
        try:
            if not file.read(1024).strip():
                return Failed(f"{name} is empty")
            file.seek(0)
            return Observed(read(file))
        except OSError as exc:
            return Failed(f"{name}: {exc.strerror}")
        except SourceError:
            return Failed(f"{name} holds no dumps")


def _begun(acquisition: Acquisition) -> datetime | None:
    """When androidqf began, where `acquisition.json` says so."""
    content = _read(acquisition, "acquisition.json", lambda file: file.read())
    if not isinstance(content, Observed):
        return None
    try:
        return androidqf_acquisition.read(content.value)
    except ParseError:
        return None
