"""Exceptions in the store, read as appraisal wants them: only what two officers' keys have signed counts.

Everything that is told of an exception is taken from what was signed, and the row must say the same. A row that does
not is left out, so that no edited row makes anything green, and is named by `broken`.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from setapart_auditor.appraisal.model import BrokenException, Exception_
from setapart_auditor.appraisal.need import folded
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.store.schema import device, device_change, exception, officer
from setapart_evidence.errors import SetapartError
from setapart_evidence.exception import ExceptionRequest, read_granted, read_request
from setapart_evidence.keys import PublicKey

from .rules import check_people

Officers = Mapping[str, tuple[str, bytes]]
"""By folded name: the name, and the public key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The exceptions that were granted, revoked ones with their day, and those in force that can't be believed."""

    exceptions: tuple[Exception_, ...]
    broken: tuple[BrokenException, ...]


def exceptions(connection: Connection) -> tuple[Exception_, ...]:
    """The exceptions that were granted and are signed by two officers; revoked ones carry the day."""
    return load(connection).exceptions


def broken(connection: Connection, unit: str | None = None) -> tuple[BrokenException, ...]:
    """The exceptions that are recorded as granted and that no two officers have signed so; of one unit, if named."""
    return tuple(one for one in load(connection).broken if unit is None or one.unit.casefold() == unit.casefold())


def load(connection: Connection) -> Loaded:
    """Reads and verifies every exception that was granted; two signatures are verified for each.

    One that was granted before its device last changed class or holder is left out, also where the device is now what
    it was then: an exception does not go along. One that can't be believed is told until it is revoked.
    """
    people = officers_keys(connection)
    changed = _last_changes(connection)
    found, unsound = [], []
    query = _QUERY.where(exception.c.state.in_(("approved", "revoked"))).order_by(exception.c.id)
    for row in connection.execute(query):
        since = changed.get(row.device_no)
        if since is not None and row.decided_at is not None and row.decided_at < since:
            continue
        try:
            found.append(_granted(row, people))
        except SetapartError as exc:
            if row.state == "approved":
                reason = str(exc)
                unsound.append(
                    BrokenException(id=row.id, device=row.device_name, unit=row.unit, app=row.app, reason=reason)
                )
    return Loaded(exceptions=tuple(found), broken=tuple(unsound))


def _last_changes(connection: Connection) -> dict[int, dt.datetime]:
    """When each device last got another class or holder; nothing for those that never did."""
    query = select(device_change.c.device_no, func.max(device_change.c.at).label("at")).where(
        device_change.c.field.in_(("class", "holder"))
    )
    return {row.device_no: row.at for row in connection.execute(query.group_by(device_change.c.device_no))}


def rows(connection: Connection, ids: Iterable[str] | None = None) -> "tuple[Row[Any], ...]":
    """Rows of `exception` with `device_name`, `device_id` and `unit`, in the order in which they were asked for."""
    query = _QUERY.order_by(exception.c.requested_at, exception.c.id)
    if ids is not None:
        query = query.where(exception.c.id.in_(tuple(ids)))
    return tuple(connection.execute(query))


def officers_keys(connection: Connection) -> Officers:
    """Every officer's name and key by folded name, also those who were disabled: what they signed before stays."""
    query = select(officer.c.folded, officer.c.name, officer.c.spki)
    return {row.folded: (row.name, bytes(row.spki)) for row in connection.execute(query)}


def signers(row: "Row[Any]", people: Officers) -> tuple[str, ...]:
    """The officers whose signatures over a row hold, who asks first; verified now.

    Raises:
        SetapartError: the row says something else than what was signed, or a signature does not hold.
    """
    if row.state in {"approved", "revoked"}:
        _granted(row, people)
        return people[row.requested_folded][0], people[row.decided_folded][0]
    requester = _key(people, row.requested_by, row.requested_folded)
    _compare(row, read_request(bytes(row.envelope), requester).predicate)
    return (people[row.requested_folded][0],)


def _granted(row: "Row[Any]", people: Officers) -> Exception_:
    requester = _key(people, row.requested_by, row.requested_folded)
    approver = _key(people, row.decided_by, row.decided_folded)
    signed = read_granted(bytes(row.envelope), requester, approver).predicate
    _compare(row, signed)
    made = Exception_(
        id=signed.id,
        device=signed.name,
        app=signed.app,
        holder=signed.holder,
        need=signed.need,
        ground=signed.ground,
        requested_by=signed.requested_by,
        approved_by=row.decided_by,
        valid_from=signed.valid_from,
        until=signed.until,
        revoked=row.revoked_on or (dt.date.min if row.state == "revoked" else None),
        signed=True,
    )
    check_people(made)
    return made


def _compare(row: "Row[Any]", signed: ExceptionRequest) -> None:
    pairs = {
        "id": (row.id, signed.id),
        "device": (row.device_name, signed.name),
        "device's id": (row.device_id if signed.device is not None else None, signed.device),
        "app": (row.app, signed.app),
        "holder": (row.holder, signed.holder),
        "holder's name": (row.holder_folded, folded(signed.holder)),
        "need": (row.need, signed.need),
        "ground": (row.ground, signed.ground),
        "first day": (row.valid_from, signed.valid_from),
        "last day": (row.until, signed.until),
        "requester": (row.requested_by, signed.requested_by),
        "moment": (row.requested_at, signed.requested_at),
    }
    for what, (recorded, said) in pairs.items():
        if recorded != said:
            raise AuditorError(f"another {what} than what was signed", expected="the record as it was signed")


def _key(people: Officers, name: str | None, folded_name: str | None) -> PublicKey:
    if name is None or folded_name is None or folded(name) != folded_name or folded_name not in people:
        raise NotAllowedError("no officer who signed it", expected="an officer of the register")
    return PublicKey.from_spki(people[folded_name][1])


_QUERY = select(
    exception, device.c.name.label("device_name"), device.c.id.label("device_id"), device.c.unit.label("unit")
).join(device, device.c.no == exception.c.device_no)
