"""Devices' reports out of the store, as appraisal wants them, every signature verified again.

Of a regular chain the latest report of each source is read; of a chain in which a report did not follow its head, the
places of all reports, and then those that turn out to be current. What intake noted on the side (heads, current
reports) only says where to look: where it does not agree with the evidence, all places are read.

A current report that no longer verifies is damaged and counts for nothing; one whose inventory was erased is no
evidence any more. Neither gives its place to an older one: what was worse yesterday can't be gone by that.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import zstandard
from sqlalchemy import Connection, Row, Select, func, select

from setapart_auditor.appraisal.freshness import TOLERANCE
from setapart_auditor.appraisal.history import Chain, History, Outline, ReportPlace, outline_of, way_in
from setapart_auditor.appraisal.model import Received
from setapart_auditor.register.database import RegisteredDevice
from setapart_auditor.register.stored_keys import AllKeys
from setapart_auditor.store.bodies import inflate
from setapart_auditor.store.schema import chain, current, evidence, inventory
from setapart_evidence import envelope as dsse
from setapart_evidence.errors import EvidenceError
from setapart_evidence.open import VerifiedReport, open_report
from setapart_evidence.statement import digest_text

_QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHistory:
    """A device, what its stored reports amount to, and which nonces of ours the current ones carry."""

    device: RegisteredDevice
    history: History
    nonces: Mapping[str, dt.datetime] = field(default_factory=dict)


def read_histories(
    connection: Connection,
    devices: Sequence[RegisteredDevice],
    at: dt.datetime,
    *,
    up_to: Mapping[int, int] | None = None,
) -> Iterator[StoredHistory]:
    """The histories of some devices: as many as fit into memory with a few reports each.

    Args:
        connection: one state of the store.
        devices: whose.
        at: the moment to judge as of; what arrived later is left out.
        up_to: by device, the number of the last evidence to know of; None for all.
    """
    numbers = [one.no for one in devices]
    ids = {one.no: one.registration.id for one in devices}
    places, whole = _places(connection, numbers, ids, at + TOLERANCE, up_to)
    outlines = {no: _outline(found, whole) for no, found in places.items()}
    at_digest = {place.digest: number for found in places.values() for place, number in found}
    wanted = [at_digest[place.digest] for outline in outlines.values() for place in outline.current]
    bodies = _bodies(connection, wanted)
    keys = AllKeys(connection, ids)
    for one in devices:
        outline = outlines.get(one.no)
        if outline is None:
            yield StoredHistory(device=one, history=History())
        else:
            own = {place.digest: bodies[at_digest[place.digest]] for place in outline.current}
            yield _history(one, outline, own, keys)


def current_numbers(connection: Connection, devices: Sequence[RegisteredDevice], at: dt.datetime) -> dict[int, str]:
    """The numbers of the current evidence of some devices, each with its device's name; no report is read."""
    ids = {one.no: one.registration.id for one in devices}
    names = {one.no: one.name for one in devices}
    found: dict[int, str] = {}
    for no, places in _places(connection, list(ids), ids, at + TOLERANCE, None)[0].items():
        numbers = {place.digest: number for place, number in places}
        current_ones = outline_of(place for place, _ in places).current
        found |= {numbers[place.digest]: names[no] for place in current_ones}
    return found


_PLACE = (
    evidence.c.no,
    evidence.c.device_no,
    evidence.c.chain_no,
    evidence.c.sequence,
    evidence.c.digest,
    evidence.c.previous,
    evidence.c.source,
    evidence.c.received_at,
    evidence.c.collected_at,
    evidence.c.outcome,
)
Numbered = tuple[ReportPlace, int]


def _places(
    connection: Connection,
    numbers: list[int],
    ids: Mapping[int, str],
    latest: dt.datetime,
    up_to: Mapping[int, int] | None,
) -> tuple[dict[int, list[Numbered]], frozenset[Chain]]:
    """By device, the places to look at, each with the number of its evidence; and the chains of which these are all."""
    last = (
        select(func.max(evidence.c.sequence))
        .where(evidence.c.chain_no == chain.c.no)
        .correlate(chain)
        .scalar_subquery()
        .label("last")
    )
    chains = connection.execute(select(chain, last).where(chain.c.device_no.in_(numbers))).all()
    if not chains:
        return {}, frozenset()
    noted: dict[int, list[Row[Any]]] = {}
    query: Select[Any] = select(current.c.chain_no.label("of"), *_PLACE).join(
        evidence, evidence.c.no == current.c.evidence_no
    )
    for row in connection.execute(query.where(current.c.device_no.in_(numbers))):
        noted.setdefault(row.of, []).append(row)
    keyids = {row.no: row.keyid for row in chains}
    found: dict[int, list[Numbered]] = {}
    whole: list[int] = []
    for row in chains:
        rows = noted.get(row.no, [])
        agrees = not row.irregular and rows and max(one.sequence for one in rows) == row.last
        if agrees and all(_stands(one, row.no, latest, up_to) for one in rows):
            found.setdefault(row.device_no, []).extend(_place(one, row.keyid, ids) for one in rows)
        else:
            whole.append(row.no)
    if whole:
        for row in connection.execute(_all_of(whole).where(evidence.c.received_at <= latest)):
            if up_to is not None and row.no > up_to[row.device_no]:
                continue
            found.setdefault(row.device_no, []).append(_place(row, keyids[row.chain_no], ids))
    return found, frozenset((row.keyid, ids[row.device_no]) for row in chains if row.no in whole)


def _outline(places: Sequence[Numbered], whole: frozenset[Chain]) -> Outline:
    """What some places amount to; of a chain that is not read whole, what lies between them is not missed."""
    outline = outline_of(place for place, _ in places)
    return replace(outline, gaps=tuple(gap for gap in outline.gaps if gap.chain in whole)) if outline.gaps else outline


def _all_of(chains: list[int]) -> Select[Any]:
    return select(*_PLACE).where(evidence.c.chain_no.in_(chains), evidence.c.outcome != _QUARANTINED)


def read_outline(connection: Connection, device: RegisteredDevice) -> Outline:
    """All that a device's stored reports amount to, without reading them: every fork and gap."""
    chains = connection.execute(select(chain.c.no, chain.c.keyid).where(chain.c.device_no == device.no)).all()
    keyids = {row.no: row.keyid for row in chains}
    ids = {device.no: device.registration.id}
    rows = connection.execute(_all_of(list(keyids))) if keyids else ()
    return outline_of(_place(row, keyids[row.chain_no], ids)[0] for row in rows)


def _stands(row: "Row[Any]", chain_no: int, latest: dt.datetime, up_to: Mapping[int, int] | None) -> bool:
    """Whether a noted report can be taken at its word."""
    return (
        row.chain_no == chain_no
        and row.outcome != _QUARANTINED
        and row.received_at <= latest
        and (up_to is None or row.no <= up_to[row.device_no])
    )


def _place(row: "Row[Any]", keyid: str, ids: Mapping[int, str]) -> Numbered:
    return ReportPlace(
        chain=(keyid, ids.get(row.device_no, "")),
        sequence=row.sequence,
        digest=digest_text(row.digest),
        previous=None if row.previous is None else digest_text(row.previous),
        source=row.source,
        received_at=row.received_at,
        collected_at=row.collected_at,
    ), row.no


def _bodies(connection: Connection, numbers: Collection[int]) -> "dict[int, Row[Any]]":
    query: Select[Any] = (
        select(
            evidence.c.no, evidence.c.envelope, evidence.c.nonce_issued_at, inventory.c.body, inventory.c.erased_at
        )
        .outerjoin(inventory, inventory.c.evidence_no == evidence.c.no)
        .where(evidence.c.no.in_(numbers))
    )  # fmt: skip
    return {row.no: row for row in connection.execute(query)} if numbers else {}


def _history(
    device: RegisteredDevice, outline: Outline, bodies: "Mapping[str, Row[Any]]", keys: AllKeys
) -> StoredHistory:
    received: list[Received] = []
    damaged: list[str] = []
    nonces: dict[str, dt.datetime] = {}
    for place in outline.current:
        row = bodies[place.digest]
        if row.body is None and row.erased_at is not None:
            continue
        report = _verified(place, row, keys)
        if report is None:
            damaged.append(place.digest)
            continue
        received.append(Received(report=report, received_at=place.received_at))
        nonce = report.predicate.observation.nonce
        if nonce is not None and row.nonce_issued_at is not None:
            nonces[nonce] = row.nonce_issued_at
    return StoredHistory(
        device=device,
        history=History(
            current=tuple(received), forks=outline.forks, gaps=outline.gaps, damaged=tuple(sorted(damaged))
        ),
        nonces=nonces,
    )


def _verified(place: ReportPlace, row: "Row[Any]", keys: AllKeys) -> VerifiedReport | None:
    """The report as it is stored; None if it does not verify, or is not what its row says."""
    if row.body is None:
        return None
    try:
        report = open_report(dsse.join(row.envelope, inflate(row.body)), keys)
    except (EvidenceError, zstandard.ZstdError):
        return None
    observation = report.predicate.observation
    says = (
        (report.keyid, report.device),
        observation.sequence,
        report.statement_digest,
        observation.previous,
        way_in(report.predicate.origin.source),
    )
    if says != (place.chain, place.sequence, place.digest, place.previous, way_in(place.source)):
        return None
    return report if keys.held_at(report.keyid, place.received_at) else None
