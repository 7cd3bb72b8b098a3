"""Officers are added, given roles and disabled: by an administrator of all units, never by themselves alone."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Row, select, update

from setapart_auditor.appraisal.need import folded
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.installation import Installation
from setapart_auditor.register.database import bump
from setapart_auditor.store.schema import officer

from .actor import ROLES, Actor, Role, add_officer, find_officer, is_closed
from .trail import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """An officer as listed; `implicit` ones came in by --as before anybody was added."""

    name: str
    roles: tuple[Role, ...]
    unit: str | None
    keyid: str
    implicit: bool
    added_at: dt.datetime
    added_by: str
    disabled_at: dt.datetime | None
    token_expires_at: dt.datetime | None


def add(
    installation: Installation,
    connection: Connection,
    actor: Actor,
    name: str,
    *,
    roles: Sequence[Role],
    unit: str | None,
    key: Path | None,
    now: dt.datetime,
    why: str = "",
) -> str:
    """Adds an officer; the first one ends the open mode. Who came in by --as keeps the key, and gets these roles.

    Args:
        installation: whose folder keeps the key that is made.
        connection: of the only writer.
        actor: an administrator.
        name: of the officer.
        roles: at least one.
        unit: the only one that they see; None for every unit.
        key: their public key; None makes one in the folder.
        now: the moment.
        why: for the log.

    Returns:
        The id of the key.

    Raises:
        AuditorError: no administrator acts; the first one is none; the name or the key can't be one or is taken.
    """
    _administers(actor)
    wanted = tuple(role for role in ROLES if role in roles)
    if not wanted:
        raise AuditorError(f"no role for `{name[:60]}`", expected=f"--role {' | '.join(ROLES)}")
    if not is_closed(connection) and ("admin" not in wanted or unit is not None):
        raise AuditorError(
            "a first officer who is no administrator",
            expected="--role admin, and no --unit",
            cure="from then on only officers act, and somebody must be able to add the others",
        )
    row = find_officer(connection, name)
    if row is not None and row.implicit and row.disabled_at is None and key is None:
        _change(connection, row.no, roles=_stored(wanted), unit=unit, implicit=False)
        keyid = str(row.keyid)
    else:
        keyid = add_officer(
            installation, connection, name, roles=wanted, unit=unit, added_by=actor.name, now=now, key=key
        )
    detail = {"roles": _stored(wanted), "unit": unit or "", "keyid": keyid}
    record(connection, actor.name, "officer-add", now, about=" ".join(name.split()), why=why, detail=detail)
    return keyid


def disable(connection: Connection, actor: Actor, name: str, now: dt.datetime, *, why: str = "") -> None:
    """Disables an officer, and their token, for good; what they signed before stays.

    Raises:
        AuditorError: no administrator acts; nobody of this name; disabled already; the last administrator.
    """
    _administers(actor)
    row = present_officer(connection, name)
    _is_not_last(connection, row)
    _change(connection, row.no, disabled_at=now, token_hash=None, token_expires_at=None)
    record(connection, actor.name, "officer-disable", now, about=row.name, why=why)


def set_roles(
    connection: Connection, actor: Actor, name: str, roles: Sequence[Role], now: dt.datetime, *, why: str = ""
) -> None:
    """Gives an officer these roles in place of the old ones.

    Raises:
        AuditorError: no administrator acts, or on themselves; nobody of this name; the last administrator; no role.
    """
    _administers(actor)
    row = present_officer(connection, name)
    if folded(actor.name) == row.folded:
        raise NotAllowedError("an administrator's own roles", expected="those of somebody else")
    wanted = tuple(role for role in ROLES if role in roles)
    if not wanted:
        raise AuditorError("no role", expected=f"--role {' | '.join(ROLES)}", cure="or use `officer disable`")
    if "admin" not in wanted:
        _is_not_last(connection, row)
    _change(connection, row.no, roles=_stored(wanted))
    detail = {"roles": _stored(wanted), "before": str(row.roles)}
    record(connection, actor.name, "officer-role", now, about=row.name, why=why, detail=detail)


def officers(connection: Connection) -> tuple[Officer, ...]:
    """Every officer, also disabled ones, in the order in which they came."""
    return tuple(
        Officer(
            name=row.name,
            roles=tuple(role for role in ROLES if role in row.roles.split(",")),
            unit=row.unit,
            keyid=row.keyid,
            implicit=row.implicit,
            added_at=row.added_at,
            added_by=row.added_by,
            disabled_at=row.disabled_at,
            token_expires_at=row.token_expires_at,
        )
        for row in connection.execute(select(officer).order_by(officer.c.no))
    )


def present_officer(connection: Connection, name: str) -> "Row[tuple[object, ...]]":
    """The row of an officer who was not disabled.

    Raises:
        AuditorError: nobody of this name, or disabled.
    """
    row = find_officer(connection, name)
    if row is None:
        raise AuditorError(f"no officer `{name[:128]}`", expected="a name of `setapart-auditor officer list`")
    if row.disabled_at is not None:
        raise AuditorError(f"`{row.name}` was disabled", expected="an officer who may act")
    return row


def _administers(actor: Actor) -> None:
    actor.require("admin")
    if actor.unit is not None:
        raise NotAllowedError(f"{actor.name} acts for unit {actor.unit}", expected="an administrator of every unit")


def _is_not_last(connection: Connection, row: "Row[tuple[object, ...]]") -> None:
    left = [
        one.no
        for one in connection.execute(select(officer).where(officer.c.disabled_at.is_(None), officer.c.unit.is_(None)))
        if "admin" in one.roles.split(",")
    ]
    if left == [row.no]:
        raise NotAllowedError(
            f"`{row.name}` is the last administrator", expected="another one", cure="add or appoint another one first"
        )


def _change(connection: Connection, no: int, **values: object) -> None:
    connection.execute(update(officer).where(officer.c.no == no).values(**values))
    bump(connection)


def _stored(roles: Sequence[Role]) -> str:
    return ",".join(sorted(set(roles)))
