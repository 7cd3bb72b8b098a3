"""Appraising the devices of a register from evidence files, without a database.

The files of one device are its history, in whatever order they are named. Files are grouped by the device that they
claim, and each group goes to one worker, which opens and appraises it: only verdicts travel between processes. The
claim is not trusted for anything else; a file that does not open is a row of its own and moves no device.
"""

import base64
import binascii
import datetime as dt
import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from setapart_auditor.appraisal.engine import appraise
from setapart_auditor.appraisal.model import Context, Exception_, Received, Registration, Verdict
from setapart_auditor.policy.model import Policy
from setapart_evidence import __version__
from setapart_evidence.errors import EvidenceError, SizeError
from setapart_evidence.limits import DEFAULT_LIMITS
from setapart_evidence.open import KeyLookup, open_report

_MAX_FILE = DEFAULT_LIMITS.envelope + 1 + DEFAULT_LIMITS.inventory
_SERIAL_UP_TO = 64
"""Files below which starting workers costs more than it gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A file that is no evidence of anybody, and why."""

    file: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A device's verdict, the files that it rests on, and the address digests that its evidence shows."""

    verdict: Verdict
    files: tuple[str, ...]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All that judging needs beside the files."""

    registrations: Mapping[str, Registration]
    exceptions: tuple[Exception_, ...]
    keys: KeyLookup
    policy: Policy
    context: Context
    now: dt.datetime
    received_at: dt.datetime
    register_digest: str
    engine: str = __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSweep:
    """What came of all files: devices by name, rejected files by name."""

    devices: tuple[Judged, ...]
    rejected: tuple[Rejected, ...]


def appraise_files(
    files: Iterable[Path],
    fleet: Fleet,
    *,
    workers: int = 1,
    with_silent: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> FileSweep:
    """Opens and appraises evidence files.

    Args:
        files: in any order; each may be named twice.
        fleet: the register's devices, exceptions and keys, the policy, and the times.
        workers: processes to use where there is enough to do.
        with_silent: also judge the register's devices of which no file is evidence: pending, or stale.
        progress: called with the number of files that are done.

    Raises:
        OSError: a file can't be read.
    """
    groups = _by_claimed_device(tuple(dict.fromkeys(files)))
    judged: list[Judged] = []
    rejected: list[Rejected] = []
    if workers > 1 and sum(map(len, groups)) > _SERIAL_UP_TO:
        context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else None)
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(fleet,)) as pool:
            for group, part in zip(groups, pool.map(_work, groups, chunksize=_chunk(groups, workers)), strict=True):
                judged += part.devices
                rejected += part.rejected
                progress(len(group))
    else:
        for group in groups:
            part = _judge(group, fleet)
            judged += part.devices
            rejected += part.rejected
            progress(len(group))
    judged = _with_shared_accounts(judged, fleet)
    if with_silent:
        heard = {item.verdict.id for item in judged}
        judged += [_appraise(device, (), (), fleet) for device in fleet.registrations if device not in heard]
    return FileSweep(
        devices=tuple(sorted(judged, key=lambda item: (item.verdict.name, item.verdict.id))),
        rejected=tuple(sorted(rejected, key=lambda item: item.file)),
    )


_fleet: Fleet | None = None


def _start(fleet: Fleet) -> None:
    global _fleet  # noqa: PLW0603 - a worker's one job, given once instead of with every group
    _fleet = fleet


def _work(group: tuple[Path, ...]) -> FileSweep:
    assert _fleet is not None
    return _judge(group, _fleet)


def _chunk(groups: Sequence[object], workers: int) -> int:
    return max(1, min(64, len(groups) // (workers * 8)))


def _judge(group: tuple[Path, ...], fleet: Fleet) -> FileSweep:
    """Opens the files that claim one device, and appraises every device that they turn out to speak of."""
    rejected: list[Rejected] = []
    opened: dict[str, list[tuple[Path, Received]]] = {}
    for path in group:
        try:
            report = open_report(_read(path), fleet.keys)
        except EvidenceError as exc:
            rejected.append(Rejected(file=str(path), reason=exc.reason, message=str(exc)))
        else:
            received = Received(report=report, received_at=fleet.received_at)
            opened.setdefault(report.device, []).append((path, received))
    devices = tuple(
        _appraise(device, tuple(item for _, item in items), tuple(str(path) for path, _ in items), fleet)
        for device, items in opened.items()
    )
    return FileSweep(devices=devices, rejected=tuple(rejected))


def _appraise(device: str, reports: tuple[Received, ...], files: tuple[str, ...], fleet: Fleet) -> Judged:
    registration = fleet.registrations.get(device) or Registration(
        name=device, id=device, device_class="ordinary", registered=False
    )
    verdict = appraise(reports, registration, fleet.exceptions, fleet.policy, fleet.context, fleet.now)
    addresses = frozenset(
        account.address_digest
        for received in reports
        for account in received.report.inventory.accounts
        if account.address_digest
    )
    return Judged(verdict=verdict, files=files, addresses=addresses)


def _with_shared_accounts(judged: list[Judged], fleet: Fleet) -> list[Judged]:
    """Judges dedicated devices again that share an account with another device: only now all accounts are known."""
    elsewhere: dict[str, set[str]] = {}
    for item in judged:
        if item.verdict.class_ != "social-dedicated":
            for address in item.addresses:
                elsewhere.setdefault(address, set()).add(item.verdict.name)
    if not elsewhere:
        return judged
    shared = {address: tuple(sorted(names)) for address, names in elsewhere.items()}
    again = replace(fleet, context=replace(fleet.context, shared={**fleet.context.shared, **shared}))
    result: list[Judged] = []
    for item in judged:
        if item.verdict.class_ == "social-dedicated" and not item.addresses.isdisjoint(shared):
            result += _judge(tuple(map(Path, item.files)), again).devices
        else:
            result.append(item)
    return result


def _read(path: Path) -> bytes:
    """A file, or no more of it than shows that it is too large."""
    with path.open("rb") as file:
        raw = file.read(_MAX_FILE + 1)
    if len(raw) > _MAX_FILE:
        raise SizeError(f"a file of more than {_MAX_FILE} bytes", expected="one evidence file")
    return raw


class _Envelope(msgspec.Struct, frozen=True):
    payload: str


class _DeviceRef(msgspec.Struct, frozen=True):
    id: str


class _Predicate(msgspec.Struct, frozen=True):
    device: _DeviceRef


class _Statement(msgspec.Struct, frozen=True):
    predicate: _Predicate


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_STATEMENT = msgspec.json.Decoder(_Statement)


def _by_claimed_device(files: tuple[Path, ...]) -> list[tuple[Path, ...]]:
    """The files in groups by the device that each claims; those that claim none are a group of one."""
    groups: dict[str, list[Path]] = {}
    for path in files:
        with path.open("rb") as file:
            first = file.readline(DEFAULT_LIMITS.envelope + 1)
        try:
            payload = base64.b64decode(_ENVELOPE.decode(first).payload)
            claimed = _STATEMENT.decode(payload).predicate.device.id
        except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError):
            claimed = f"file {path}"
        groups.setdefault(claimed, []).append(path)
    return [tuple(group) for group in groups.values()]
