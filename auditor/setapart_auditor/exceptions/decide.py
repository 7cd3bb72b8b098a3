"""Asking, granting, rejecting, revoking: each one decision, by one officer, in the transaction of the only writer."""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, update

from setapart_auditor.appraisal.model import Exception_
from setapart_auditor.appraisal.need import folded
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.installation import Policies
from setapart_auditor.officers.actor import ROLES, Actor, actor_of, find_officer, find_visible
from setapart_auditor.officers.trail import record
from setapart_auditor.register.database import RegisteredDevice, bump, devices_by_number
from setapart_auditor.store.schema import exception
from setapart_evidence.exception import ExceptionRequest, grant, make_request
from setapart_evidence.keys import PublicKey, Signer

from .database import officers_keys, rows, signers
from .rules import check_grant, check_request, only_ground

_ID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for. `holder` None: the device's; `ground` None: the pack's only one."""

    device: str
    app: str
    need: str
    until: dt.date
    valid_from: dt.date
    holder: str | None = None
    ground: str | None = None


def request(
    connection: Connection, policies: Policies, actor: Actor, wanted: Wanted, now: dt.datetime, *, why: str = ""
) -> str:
    """Asks for an exception, signed by the officer who acts. Returns its id.

    Raises:
        NotAllowedError: no officer, of another unit, without their key, or the device's holder.
        AuditorError: the register, the pack or the catalog can't have it so.
    """
    actor.require("officer")
    device = find_visible(connection, actor, wanted.device)
    told, policy = device.registration, policies.of(device.registration.unit)
    _is_active(device)
    asked = Exception_(
        id=secrets.token_hex(_ID_BYTES),
        device=told.name,
        app=wanted.app,
        holder=" ".join((told.holder if wanted.holder is None else wanted.holder).split()),
        need=" ".join(wanted.need.split()),
        ground=only_ground(policy) if wanted.ground is None else wanted.ground,
        requested_by=actor.name,
        approved_by="",
        valid_from=wanted.valid_from,
        until=wanted.until,
    )
    check_request(asked, told, policy, now.date())
    message = ExceptionRequest(
        id=asked.id,
        device=told.id if device.enrolled else None,
        name=asked.device,
        app=asked.app,
        holder=asked.holder,
        need=asked.need,
        ground=asked.ground,
        valid_from=asked.valid_from,
        until=asked.until,
        requested_by=asked.requested_by,
        requested_at=now,
    )
    connection.execute(
        insert(exception).values(
            id=asked.id,
            device_no=device.no,
            app=asked.app,
            holder=asked.holder,
            holder_folded=folded(asked.holder),
            need=asked.need,
            ground=asked.ground,
            valid_from=asked.valid_from,
            until=asked.until,
            state="requested",
            requested_by=actor.name,
            requested_folded=folded(actor.name),
            requested_at=now,
            envelope=make_request(message, _signer(actor)),
        )
    )
    bump(connection)
    detail = {"device": told.name, "app": asked.app, "until": str(asked.until)}
    record(connection, actor.name, "exception-request", now, about=asked.id, why=why or asked.need, detail=detail)
    return asked.id


def approve(
    connection: Connection,
    policies: Policies,
    actor: Actor,
    id_: str,
    now: dt.datetime,
    *,
    role: str | None = None,
    why: str = "",
) -> None:
    """Grants an exception: the second signature, over the same bytes as the first.

    Register and pack are asked again: what has changed since the request counts.

    Raises:
        NotAllowedError: no approver, of another unit, without their key, who asked for it, or who holds the device.
        AuditorError: no such request; decided already; the register or the pack can't have it any more.
    """
    row = _open(connection, actor, id_, "approver")
    (device,) = devices_by_number(connection, [row.device_no])
    _is_active(device)
    signers(row, officers_keys(connection))
    requester = _still_officer(connection, row)
    asked = Exception_(
        id=row.id,
        device=row.device_name,
        app=row.app,
        holder=row.holder,
        need=row.need,
        ground=row.ground,
        requested_by=row.requested_by,
        approved_by=actor.name,
        valid_from=row.valid_from,
        until=row.until,
    )
    check_grant(asked, device.registration, policies.of(row.unit), now.date(), role)
    envelope = grant(bytes(row.envelope), requester, _signer(actor))
    _decide(connection, row, actor, now, state="approved", envelope=envelope, approver_role=role)
    detail = {"device": row.device_name, "app": row.app, "requested by": row.requested_by, "role": role or ""}
    record(connection, actor.name, "exception-approve", now, about=row.id, why=why, detail=detail)


def reject(connection: Connection, actor: Actor, id_: str, now: dt.datetime, *, why: str) -> None:
    """Declines a request, or takes it back; for good.

    Raises:
        NotAllowedError: neither an officer nor an approver, or of another unit.
        AuditorError: no such request; decided already; no reason.
    """
    row = _open(connection, actor, id_, "officer", "approver")
    _decide(connection, row, actor, now, state="rejected", why=_reason(why))
    detail = {"device": row.device_name, "app": row.app}
    record(connection, actor.name, "exception-reject", now, about=row.id, why=why, detail=detail)


def revoke(
    connection: Connection, actor: Actor, id_: str, now: dt.datetime, *, why: str, on: dt.date | None = None
) -> None:
    """Ends an exception that was granted, from a day on (today or earlier); for good.

    Raises:
        NotAllowedError: neither an officer nor an approver, or of another unit.
        AuditorError: no such exception; it does not run; no reason; a day to come.
    """
    row = find(connection, actor, id_)
    actor.require("officer", "approver", unit=row.unit)
    if row.state != "approved":
        raise AuditorError(f"`{row.id}` is {row.state}", expected="an exception that was granted")
    day = on or now.date()
    if day > now.date():
        raise AuditorError(f"{day}", expected=f"{now.date()} or earlier", cure="revoke it on the day", where="--on")
    done = connection.execute(
        update(exception)
        .where(exception.c.id == row.id, exception.c.state == "approved")
        .values(state="revoked", revoked_by=actor.name, revoked_at=now, revoked_on=day, why=_reason(why))
    )
    _once(done.rowcount, row)
    bump(connection)
    detail = {"device": row.device_name, "app": row.app, "on": str(day)}
    record(connection, actor.name, "exception-revoke", now, about=row.id, why=why, detail=detail)


def find(connection: Connection, actor: Actor, id_: str) -> "Row[Any]":
    """The row of an exception that the actor may see.

    Raises:
        AuditorError: there is none; for an exception of another unit as well.
    """
    actor.require(*ROLES)
    found = rows(connection, (id_.strip(),))
    if not found or not actor.sees(found[0].unit):
        raise AuditorError(f"no exception `{id_[:64]}`", expected="an id of `setapart-auditor exception list`")
    return found[0]


def _open(connection: Connection, actor: Actor, id_: str, *roles: Any) -> "Row[Any]":  # noqa: ANN401 - Role
    row = find(connection, actor, id_)
    actor.require(*roles, unit=row.unit)
    if row.state != "requested":
        raise AuditorError(f"`{row.id}` is {row.state} already", expected="a request that nobody has decided")
    return row


def _decide(
    connection: Connection, row: "Row[Any]", actor: Actor, now: dt.datetime, *, state: str, **values: object
) -> None:
    done = connection.execute(
        update(exception)
        .where(exception.c.id == row.id, exception.c.state == "requested")
        .values(state=state, decided_by=actor.name, decided_folded=folded(actor.name), decided_at=now, **values)
    )
    _once(done.rowcount, row)
    bump(connection)


def _once(count: int, row: "Row[Any]") -> None:
    if count != 1:
        raise AuditorError(f"`{row.id}` was decided by somebody else just now", expected="a decision of one")


def _still_officer(connection: Connection, row: "Row[Any]") -> PublicKey:
    """The key of who asked, if they might still ask."""
    found = find_officer(connection, row.requested_by)
    if found is None or found.disabled_at is not None or not actor_of(found).may("officer"):
        raise NotAllowedError(
            f"`{row.requested_by}` is no officer any more", expected="a request of an officer",
            cure="reject it, and have somebody else ask",
        )  # fmt: skip
    return PublicKey.from_spki(bytes(found.spki))


def _signer(actor: Actor) -> Signer:
    if actor.signer is None:
        raise NotAllowedError(
            f"no key of {actor.name}",
            expected="a signature",
            cure="name the officer with --as"
            if actor.name.startswith("os:")
            else "give their key's file with --key: it is not in the auditor's folder",
        )
    return actor.signer


def _is_active(device: RegisteredDevice) -> None:
    if device.state != "active":
        raise AuditorError(f"`{device.name}` is {device.state}", expected="a device in use")


def _reason(why: str) -> str:
    if not why.strip():
        raise AuditorError("no reason", expected="--why TEXT: it is recorded")
    return why.strip()
