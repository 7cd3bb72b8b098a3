"""Verdicts in the store, and the transitions of status that they make. Both are written once, and never changed."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import zstandard
from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select

from setapart_auditor.appraisal.controls.evidence_damaged import CONTROL
from setapart_auditor.appraisal.model import Finding, Status, Verdict
from setapart_auditor.errors import StoreError
from setapart_auditor.log.append import Entry, append
from setapart_auditor.register.database import unenrolled_id
from setapart_auditor.store.bodies import OversizeError, deflate, inflate
from setapart_auditor.store.schema import device, status, verdict
from setapart_evidence import __version__
from setapart_evidence.statement import digest_text

from .judging import JudgedDevice

_AT_ONCE = 500
_MAX_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVerdict:
    """A verdict to write, and the digest of the evidence that it is about.

    `moves` is False where it says nothing of what the device is now: under a pack that is tried out, or of a device
    that is no longer active.
    """

    judged: JudgedDevice
    evidence_digest: bytes | None
    moves: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVerdict:
    """A verdict as it was stored, the device's number and unit, and since when the device has its status."""

    device_no: int
    unit: str
    since: dt.datetime | None
    verdict: Verdict


class StatusRecord(Struct, frozen=True, kw_only=True):
    """The log's record of a transition; `before` is None for the first."""

    device: str
    before: str | None
    status: str
    since: dt.datetime
    policy: str


def write_verdicts(
    connection: Connection, verdicts: Sequence[NewVerdict], at: dt.datetime, *, sweep_no: int | None = None
) -> None:
    """Writes verdicts, and where the status of a device changes by one, since when.

    A verdict as of an earlier moment than the device's last transition changes nothing: somebody knew more by then. Nor
    does one of a device that is not in use any more, or is now of another unit or class than it was judged by.

    Args:
        connection: of the only writer.
        verdicts: in the order in which they were given.
        at: the moment that they judge.
        sweep_no: of the sweep, None on arrival.
    """
    if not verdicts:
        return
    last_verdict = int(connection.execute(select(func.max(verdict.c.no))).scalar_one() or 0)
    last_status = int(connection.execute(select(func.max(status.c.no))).scalar_one() or 0)
    moving = sorted({one.judged.no for one in verdicts if one.moves})
    known, present = _newest(connection, moving), _present(connection, moving)
    rows: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    entries: list[Entry] = []
    for number, one in enumerate(verdicts, last_verdict + 1):
        rows.append(_row(number, one, at, sweep_no))
        judged = one.judged
        before, since = known.get(judged.no, (None, None))
        if present.get(judged.no) != (judged.unit, judged.verdict.class_):
            continue
        if not one.moves or before == judged.verdict.status or (since is not None and at < since):
            continue
        last_status += 1
        moved.append(
            {
                "no": last_status,
                "device_no": judged.no,
                "status": judged.verdict.status,
                "since": at,
                "verdict_no": number,
            }
        )
        known[judged.no] = (judged.verdict.status, at)
        record = StatusRecord(
            device=judged.verdict.id,
            before=before,
            status=judged.verdict.status,
            since=at,
            policy=judged.verdict.policy,
        )
        entries.append(Entry(kind="status", at=at, record=record))
    connection.execute(insert(verdict), rows)
    if moved:
        connection.execute(insert(status), moved)
        append(connection, entries)


def read_verdicts(connection: Connection, sweep_no: int) -> Iterator[StoredVerdict]:
    """The verdicts of a sweep by the devices' numbers, some at a time.

    In the place of one that is damaged stands a verdict of status `invalid` that says so: whatever it once was, it is
    not green, and stops no other.
    """
    last = 0
    while True:
        query = (
            select(
                *(verdict.c[name] for name in ("no", "device_no", "body", "status", "policy", "evidence_digest")),
                *(device.c[name] for name in ("unit", "name", "id", "class")),
            )
            .join(device, device.c.no == verdict.c.device_no)
            .where(verdict.c.sweep_no == sweep_no, verdict.c.device_no > last)
            .order_by(verdict.c.device_no)
            .limit(_AT_ONCE)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].device_no
        statuses = _newest(connection, [row.device_no for row in rows])
        for row in rows:
            try:
                found = _read(row)
            except StoreError as exc:
                found = _damaged(row, exc)
            word, since = statuses.get(row.device_no, (None, None))
            yield StoredVerdict(
                device_no=row.device_no,
                unit=row.unit,
                since=since if word == found.status else None,
                verdict=found,
            )


def statuses_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, dt.datetime]]:
    """By device, the status that it has now, and since when."""
    found: dict[int, tuple[str, dt.datetime]] = {}
    for at in range(0, len(numbers), _AT_ONCE):
        found |= _newest(connection, numbers[at : at + _AT_ONCE])
    return found


def count_statuses(connection: Connection, sweep_no: int, *, unit: str | None = None) -> dict[str, int]:
    """How many devices of a sweep, of every unit or of one, have each status; of what `read_verdicts` reads.

    The rows' own words are not believed: every verdict is unpacked, and one that is damaged counts as `invalid`.
    """
    columns = (verdict.c[name] for name in ("body", "status", "policy", "evidence_digest"))
    query = select(*columns).where(verdict.c.sweep_no == sweep_no)
    if unit is not None:
        told = connection.execute(select(device.c.unit).distinct()).scalars()
        units = [one for one in told if one.casefold() == unit.casefold()]
        query = query.join(device, device.c.no == verdict.c.device_no).where(device.c.unit.in_(units))
    found: dict[str, int] = {}
    with connection.execution_options(yield_per=_AT_ONCE).execute(query) as rows:
        for row in rows:
            try:
                word = _read(row).status
            except StoreError:
                word = Status.INVALID.word
            found[word] = found.get(word, 0) + 1
    return found


def unpack(body: bytes) -> Verdict:
    """The verdict of a row.

    Raises:
        StoreError: it is none, or larger than any.
    """
    try:
        return _DECODER.decode(inflate(body, _MAX_BODY))
    except OversizeError:
        raise StoreError("a verdict larger than any", expected="a verdict as it was written") from None
    except (zstandard.ZstdError, msgspec.DecodeError, UnicodeDecodeError):
        raise StoreError("no verdict", expected="a verdict as it was written") from None


def _read(row: "Row[Any]") -> Verdict:
    """The verdict of a row, if it is what the row says."""
    found = unpack(row.body)
    digest = found.evidence.digest if found.evidence is not None else None
    said = digest_text(row.evidence_digest) if row.evidence_digest is not None else None
    if (found.status, found.policy, digest) != (row.status, row.policy, said):
        raise StoreError("another verdict than its row says", expected="a verdict as it was written")
    return found


def _damaged(row: "Row[Any]", exc: StoreError) -> Verdict:
    """What is told in the place of a verdict that can't be read."""
    finding = Finding(
        control=CONTROL,
        severity="violation",
        evidence=f"store:/verdict/{row.no}",
        message=f"the stored verdict was changed: {exc.got}",
        cure="run `setapart-auditor db check`, restore the database from a backup, and sweep again",
    )
    return Verdict(
        name=row.name,
        id=row.id or unenrolled_id(row.device_no),
        class_=getattr(row, "class"),
        status=Status.INVALID.word,
        findings=(finding,),
        evidence=None,
        policy=row.policy,
    )


def _newest(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, dt.datetime]]:
    if not numbers:
        return {}
    last = select(func.max(status.c.no)).where(status.c.device_no.in_(numbers)).group_by(status.c.device_no)
    query = select(status.c.device_no, status.c.status, status.c.since).where(status.c.no.in_(last))
    return {row.device_no: (row.status, row.since) for row in connection.execute(query)}


def _present(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """By device that is in use now, its unit and class."""
    query = select(device.c.no, device.c.unit, device.c["class"]).where(
        device.c.no.in_(numbers), device.c.state == "active"
    )
    return {no: (unit, class_) for no, unit, class_ in connection.execute(query)} if numbers else {}


def _row(number: int, one: NewVerdict, at: dt.datetime, sweep_no: int | None) -> dict[str, Any]:
    return {
        "no": number,
        "device_no": one.judged.no,
        "sweep_no": sweep_no,
        "judged_at": at,
        "policy": one.judged.verdict.policy,
        "pack": one.judged.pack,
        "evidence_digest": one.evidence_digest,
        "engine": __version__,
        "status": one.judged.verdict.status,
        "body": deflate(msgspec.json.encode(one.judged.verdict)),
    }


_DECODER = msgspec.json.Decoder(Verdict)
