"""A register.toml taken into the store: what the store can hold as truly as the file says it."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select

from setapart_auditor.appraisal.model import Registration
from setapart_auditor.appraisal.need import folded, same_person
from setapart_auditor.errors import RegisterError
from setapart_auditor.store.schema import epoch, settlement, station
from setapart_evidence.epoch import Epoch, read_epoch
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import PublicKey

from .database import NewDevice, bump, fold
from .incoming import Incoming, Plan, numbers_of, without_id
from .model import DeviceEntry, Register, StationEntry
from .stations import add_station

_MAX_EPOCH = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a register.toml says beside devices: new stations, signed epochs, errors, and what is left out."""

    stations: tuple[tuple[str, PublicKey], ...] = ()
    epochs: tuple[tuple[Epoch, bytes], ...] = ()
    errors: tuple[RegisterError, ...] = ()
    left_out: tuple[str, ...] = ()


def incoming_of(register: Register) -> tuple[Incoming, ...]:
    """The devices of a register, placed by their position in it."""
    return tuple(
        _incoming(at, entry, registration, register)
        for at, (entry, registration) in enumerate(zip(register.entries.device, register.devices, strict=True))
    )


def beside(connection: Connection, register: Register, by: str, authority: PublicKey) -> Beside:
    """What the store can take of the other tables.

    An exception and an officer's role are nothing that one person can bring in by a file: both are left out. So is an
    epoch that this auditor did not sign, and a holder's attestation or settled fork of their own device.
    """
    there = {row.folded: row for row in connection.execute(select(station))}
    new: list[tuple[str, PublicKey]] = []
    errors: list[RegisterError] = []
    for at, (entry, binding) in enumerate(zip(register.entries.station, register.stations.values(), strict=True)):
        known = there.get(fold(entry.name))
        if known is None:
            new.append((entry.name, binding.key))
        elif known.keyid != binding.key.keyid or known.valid_until is not None:
            errors.append(_station_error(register, at, entry))
    kept, epochs_left = _epochs(register, authority)
    left: list[str] = []
    if register.exceptions:
        left.append(
            f"{len(register.exceptions)} exceptions: have them asked for and granted with `setapart-auditor exception`"
        )
    if register.entries.officer:
        left.append(f"{len(register.entries.officer)} officers: add them with `setapart-auditor officer add`")
    if epochs_left:
        left.append(f"{epochs_left} epochs that were not issued with this auditor's key, or without their file")
    own = sum(bool(one.settled or one.attestations) and same_person(by, one.holder) for one in register.devices)
    if own:
        left.append(
            f"the settled forks and attestations of {own} devices, which {by} holds: another officer's to state"
        )
    return Beside(stations=tuple(new), epochs=tuple(kept), errors=tuple(errors), left_out=tuple(left))


def take_beside(connection: Connection, found: Beside, now: dt.datetime) -> None:
    """Adds stations and epochs."""
    for name, key in found.stations:
        add_station(connection, name, key, now)
    known = set(connection.execute(select(epoch.c.value)).scalars())
    for said, raw in found.epochs:
        if said.value not in known:
            connection.execute(
                insert(epoch).values(value=said.value, issued_at=said.issued_at, use_until=said.use_until, raw=raw)
            )
    bump(connection)


def without_own(incoming: tuple[Incoming, ...], by: str) -> tuple[Incoming, ...]:
    """The devices without what their holder can't state of them, if the holder is who imports."""
    from dataclasses import replace

    return tuple(
        replace(one, settled=(), attestations=()) if same_person(by, one.new.holder) else one for one in incoming
    )


def settle_first(connection: Connection, done: Plan, by: str, now: dt.datetime) -> Mapping[str, int]:
    """The first of two officers' words on each settled fork: another one has to say it too.

    Returns:
        By device, how many statements wait for the second officer.
    """
    wanted = [one for one in (*done.added, *done.unchanged, *(item.incoming for item in done.changed)) if one.settled]
    if not wanted:
        return {}
    numbers = numbers_of(connection)
    there = {(row.device_no, row.digest) for row in connection.execute(select(settlement))}
    waiting: dict[str, int] = {}
    for one in wanted:
        no = numbers[fold(one.new.name)]
        rows = [
            {
                "device_no": no, "digest": digest, "why": "settled in an imported register", "first_by": by,
                "first_folded": folded(by), "first_at": now,
            }
            for digest in sorted(set(_digests(one.settled)))
            if (no, digest) not in there
        ]  # fmt: skip
        if rows:
            connection.execute(insert(settlement), rows)
            waiting[one.new.name] = len(rows)
    return waiting


def _incoming(at: int, entry: DeviceEntry, registration: Registration, register: Register) -> Incoming:
    key = register.keys.get(registration.id)
    is_of_key = key is not None and registration.id == key.key.keyid
    new = NewDevice(
        name=entry.name,
        device_class=entry.class_,
        ownership=entry.ownership,
        holder=entry.holder,
        role=entry.role,
        unit=entry.unit,
        since=entry.since,
        id=None if is_of_key else without_id(registration.id),
        serial=entry.serial,
        platform=entry.platform,
    )
    return Incoming(place=at, new=new, key=key, settled=registration.settled, attestations=registration.attestations)


def _station_error(register: Register, at: int, entry: StationEntry) -> RegisterError:
    return RegisterError(
        f"station `{entry.name}` with another key than the register's, or revoked there",
        expected="a new name",
        cure="name the station anew, or take it out",
        where=register.source.where("station", at),
    )


def _epochs(register: Register, authority: PublicKey) -> tuple[list[tuple[Epoch, bytes]], int]:
    """The files of epochs that this auditor signed, and the number of the others."""
    kept: list[tuple[Epoch, bytes]] = []
    left = 0
    for entry in register.entries.epoch:
        raw = b""
        if entry.file is not None:
            with (Path(register.source.name).parent / entry.file).open("rb") as stream:
                raw = stream.read(_MAX_EPOCH)
        try:
            kept.append((read_epoch(raw, (authority,)).predicate, raw))
        except EvidenceError:
            left += 1
    return kept, left


def _digests(texts: tuple[str, ...]) -> Iterator[bytes]:
    """The digests; what is none can't settle anything."""
    for text in texts:
        name, _, digits = text.partition(":")
        if name == "sha256" and len(digits) == 64:  # noqa: PLR2004
            try:
                yield bytes.fromhex(digits)
            except ValueError:
                continue
