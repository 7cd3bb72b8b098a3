"""One transaction of the intake: a batch of verified reports is placed, stored and logged, and receipts are signed.

Whatever the cache of keys said, device and key are looked at again here: what was revoked before this transaction is
revoked for it.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection

from setapart_auditor.log.append import Entry, append
from setapart_evidence.errors import EvidenceError, UnknownKeyError
from setapart_evidence.keys import Signer
from setapart_evidence.receipt import Outcome, Receipt, make_receipt
from setapart_evidence.statement import digest_text

from . import rows
from .nonce import NonceKey
from .place import Head, place_of
from .verifying import Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a report: its receipt, and whether it was here before."""

    receipt: bytes = field(repr=False)
    outcome: Outcome
    device: str
    sequence: int
    resent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrived:
    """A verified report that is to be stored; `done` is answered once it is there.

    Attributes:
        nonce_issued_at: of a nonce of ours that the report carries.
        envelope: the first part of the file, as it came.
        body: the inventory, compressed.
    """

    report: Verified
    received_at: dt.datetime
    nonce_issued_at: dt.datetime | None = None
    envelope: bytes = field(repr=False)
    body: bytes = field(repr=False)
    done: "Future[Stored]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What receipts are made with: who signs, the nonces' key, the digest of the bundle that a unit should have."""

    signer: Signer
    nonces: NonceKey
    bundle_of: Callable[[str, dt.datetime], str | None]


class ReportRecord(Struct, frozen=True, kw_only=True):
    """The log's record of a report: digests and the outcome; the evidence itself is in its table."""

    device: str
    sequence: int
    statement: str
    inventory: str
    outcome: Outcome


@dataclass(slots=True, kw_only=True)
class _Chain:
    no: int
    head: Head | None = None
    irregular: bool = False
    is_new: bool = False
    is_changed: bool = False
    branches: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    item: Arrived
    device: rows.DeviceRow
    chain_no: int
    no: int
    branch: int
    outcome: Outcome


def store_batch(connection: Connection, desk: Desk, items: Sequence[Arrived]) -> dict[bytes, Stored | EvidenceError]:
    """Stores reports in their order.

    Args:
        connection: of the only writer.
        desk: what receipts are made with.
        items: each digest once.

    Returns:
        By digest, what became of the report, or why it is refused.
    """
    return _Batch(connection, desk).store(items)


class _Batch:
    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        self._chains: dict[tuple[int, str], _Chain] = {}
        self._current: dict[tuple[int, int, str], int] = {}
        self._last_evidence, self._last_chain = rows.last_numbers(connection)

    def store(self, items: Sequence[Arrived]) -> dict[bytes, Stored | EvidenceError]:
        devices = rows.devices_of(self._connection, {item.report.device for item in items})
        owners = rows.owners_of(self._connection, {item.report.keyid for item in items})
        highest: dict[int, int] = {}
        for row in rows.chains_of(self._connection, {one.no for one in devices.values()}):
            head = Head(sequence=row.head_sequence, digest=row.head_digest)
            self._chains[row.device_no, row.keyid] = _Chain(no=row.no, head=head, irregular=row.irregular)
            highest[row.device_no] = max(highest.get(row.device_no, 0), head.sequence)
        found = self._known(items, devices, highest)
        placed: list[_Placed] = []
        for item in items:
            report = item.report
            if report.digest in found:
                continue
            row = devices.get(report.device)
            owner = owners.get(report.keyid, -1)
            if row is None or owner not in {row.no, None} or (owner is None) != (report.role == "station"):
                found[report.digest] = _no_longer(item)
            else:
                placed.append(self._place(item, row))
        if placed:
            found |= self._write(placed)
        return found

    def _known(
        self, items: Sequence[Arrived], devices: Mapping[str, rows.DeviceRow], highest: Mapping[int, int]
    ) -> dict[bytes, Stored | EvidenceError]:
        """What is here already, whichever key of the device it was signed with; nothing can be above its chains."""
        found: dict[bytes, Stored | EvidenceError] = {}
        for report in (item.report for item in items):
            row = devices.get(report.device)
            if row is None or report.sequence > highest.get(row.no, 0):
                continue
            for one in rows.stored_at(self._connection, row.no, report.sequence):
                if one.digest == report.digest:
                    found[report.digest] = Stored(
                        receipt=one.receipt,
                        outcome=one.outcome,
                        device=report.device,
                        sequence=report.sequence,
                        resent=True,
                    )
        return found

    def _place(self, item: Arrived, row: rows.DeviceRow) -> _Placed:
        report = item.report
        kept = self._chain(row.no, report.keyid)
        highest = self._highest_branch(kept, report.sequence)
        place = place_of(kept.head, report.sequence, report.previous, taken=highest is not None)
        branch = 0 if highest is None else highest + 1
        kept.branches[report.sequence] = branch
        kept.irregular = kept.irregular or not place.regular
        kept.is_changed = True
        if place.advances:
            kept.head = Head(sequence=report.sequence, digest=report.digest)
        self._last_evidence += 1
        outcome = place.outcome
        if row.state != "active":  # whatever clock the revocation was dated by: it was committed before this
            outcome = "quarantined"
        elif place.advances:
            self._current[row.no, kept.no, report.source.partition(":")[0]] = self._last_evidence
        return _Placed(item=item, device=row, chain_no=kept.no, no=self._last_evidence, branch=branch, outcome=outcome)

    def _chain(self, device_no: int, keyid: str) -> _Chain:
        kept = self._chains.get((device_no, keyid))
        if kept is None:
            self._last_chain += 1
            kept = self._chains[device_no, keyid] = _Chain(no=self._last_chain, is_new=True)
        return kept

    def _highest_branch(self, kept: _Chain, sequence: int) -> int | None:
        """What is at this place already; the store is asked only where something can be."""
        if kept.head is None or sequence > kept.head.sequence:
            return None
        if sequence not in kept.branches and not kept.is_new:
            highest = rows.highest_branch(self._connection, kept.no, sequence)
            if highest is not None:
                kept.branches[sequence] = highest
        return kept.branches.get(sequence)

    def _write(self, placed: Sequence[_Placed]) -> dict[bytes, Stored | EvidenceError]:
        index = append(
            self._connection,
            [Entry(kind="report", at=one.item.received_at, record=_record(one)) for one in placed],
        )
        found: dict[bytes, Stored | EvidenceError] = {}
        reports: list[dict[str, Any]] = []
        for at, one in enumerate(placed, index):
            receipt = self._receipt(one, at)
            reports.append(_row(one, receipt, at))
            found[one.item.report.digest] = Stored(
                receipt=receipt,
                outcome=one.outcome,
                device=one.item.report.device,
                sequence=one.item.report.sequence,
            )
        self._write_chains()
        rows.add_reports(
            self._connection,
            reports,
            [{"evidence_no": one.no, "body": one.item.body, "size": one.item.report.size} for one in placed],
        )
        current = [
            {"device_no": number, "chain_no": chain_no, "source": source, "evidence_no": no}
            for (number, chain_no, source), no in self._current.items()
        ]
        rows.write_current(self._connection, current)
        return found

    def _receipt(self, one: _Placed, index: int) -> bytes:
        item, report = one.item, one.item.report
        receipt = Receipt(
            device=report.device,
            sequence=report.sequence,
            received_at=item.received_at,
            outcome=one.outcome,
            nonce=self._desk.nonces.issue(report.device, item.received_at),
            log_index=index,
            bundle=self._desk.bundle_of(one.device.unit, item.received_at),
        )
        return make_receipt(
            receipt, digest_text(report.digest), digest_text(report.inventory_digest), self._desk.signer
        )

    def _write_chains(self) -> None:
        new: list[dict[str, Any]] = []
        moved: list[dict[str, Any]] = []
        for (device_no, keyid), kept in self._chains.items():
            if kept.head is None or not kept.is_changed:
                continue
            state = {"head_sequence": kept.head.sequence, "head_digest": kept.head.digest, "irregular": kept.irregular}
            if kept.is_new:
                new.append({"no": kept.no, "device_no": device_no, "keyid": keyid, **state})
            else:
                moved.append({"no": kept.no, **state})
        rows.write_chains(self._connection, new, moved)


def _row(one: _Placed, receipt: bytes, index: int) -> dict[str, Any]:
    item, report = one.item, one.item.report
    return {
        "no": one.no,
        "device_no": one.device.no,
        "chain_no": one.chain_no,
        "sequence": report.sequence,
        "branch": one.branch,
        "digest": report.digest,
        "previous": report.previous,
        "inventory_digest": report.inventory_digest,
        "received_at": item.received_at,
        "collected_at": report.collected_at,
        "nonce_issued_at": item.nonce_issued_at,
        "grade": report.grade,
        "source": report.source,
        "outcome": one.outcome,
        "envelope": item.envelope,
        "receipt": receipt,
        "log_index": index,
    }


def _record(one: _Placed) -> ReportRecord:
    report = one.item.report
    return ReportRecord(
        device=report.device,
        sequence=report.sequence,
        statement=digest_text(report.digest),
        inventory=digest_text(report.inventory_digest),
        outcome=one.outcome,
    )


def _no_longer(item: Arrived) -> UnknownKeyError:
    return UnknownKeyError(
        f"key {item.report.keyid[:16]}… no longer speaks for this device",
        expected="the device's present key, or a registered station's",
        cure="report with the new key, or enrol again with a new token",
    )
