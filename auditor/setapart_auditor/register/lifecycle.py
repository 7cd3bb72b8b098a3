"""How a device leaves the register's active part: retired, replaced by another, or revoked."""

import datetime as dt

from sqlalchemy import Connection, func, select, update

from setapart_auditor.errors import RegisterError
from setapart_auditor.store.schema import evidence, token
from setapart_evidence.moments import moment_text

from .database import NewDevice, RegisteredDevice, State, add_device, change_device


def check_active(found: RegisteredDevice) -> None:
    """Returns if a device is in use.

    Raises:
        RegisterError: it is not.
    """
    if found.state != "active":
        raise RegisterError(f"`{found.name}` is {found.state}", expected="an active device")


def retire(connection: Connection, found: RegisteredDevice, by: str, now: dt.datetime, *, why: str) -> None:
    """Takes a device out of use.

    Raises:
        RegisterError: it is not in use.
    """
    check_active(found)
    _end(connection, found, "retired", by, now, since=now, why=why)


def replace(
    connection: Connection, found: RegisteredDevice, new: NewDevice, by: str, now: dt.datetime, *, why: str
) -> RegisteredDevice:
    """Puts a new device in the place of one that is in use. Nothing but what `new` says goes along.

    Raises:
        RegisterError: the old one is not in use; the new one can't be registered.
    """
    check_active(found)
    _end(connection, found, "replaced", by, now, since=now, why=why)
    return add_device(connection, new, by, now)


def revoke(
    connection: Connection, found: RegisteredDevice, effective: dt.datetime, by: str, now: dt.datetime, *, why: str
) -> int:
    """Trusts a device no more, from a moment on that may be past. What arrives from now on is kept apart.

    Returns:
        How many of its reports arrived since that moment and were accepted.

    Raises:
        RegisterError: a moment to come; one that is later than that of an earlier revocation.
    """
    if effective > now:
        raise RegisterError(f"{moment_text(effective)} is to come", expected="now, or a moment in the past")
    if found.state == "revoked" and found.state_since is not None and effective >= found.state_since:
        raise RegisterError(
            f"`{found.name}` is revoked since {moment_text(found.state_since)}", expected="an earlier moment"
        )
    _end(connection, found, "revoked", by, now, since=effective, why=why)
    since = select(func.count()).where(
        evidence.c.device_no == found.no, evidence.c.received_at >= effective, evidence.c.outcome != "quarantined"
    )
    return int(connection.execute(since).scalar_one())


def _end(
    connection: Connection,
    found: RegisteredDevice,
    state: State,
    by: str,
    now: dt.datetime,
    *,
    since: dt.datetime,
    why: str,
) -> None:
    """Changes the state; tokens that are bound to the device end with it."""
    change_device(connection, found, {"state": state, "state_since": since}, by, now, why=why)
    connection.execute(
        update(token).where(token.c.device_no == found.no, token.c.revoked_at.is_(None)).values(revoked_at=now)
    )
