"""Bearer tokens of officers, for the web service's read-only API: one each, expiring, kept as a hash."""

import datetime as dt
import hashlib
import secrets

from sqlalchemy import Connection, select, update

from setapart_auditor.appraisal.need import folded
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.register.database import bump
from setapart_auditor.store.schema import officer

from .actor import Actor, actor_of
from .changes import present_officer
from .trail import record

PREFIX = "spo1."
LONGEST_DAYS = 366
_SECRET_BYTES = 32


def issue(connection: Connection, actor: Actor, name: str, now: dt.datetime, *, days: int = 90, why: str = "") -> str:
    """A new token for an officer, in place of the old one; nobody can read it again.

    Raises:
        AuditorError: neither an administrator nor the officer acts; nobody of this name; an odd number of days.
    """
    row = present_officer(connection, name)
    if folded(actor.name) != row.folded:
        actor.require("admin", unit=row.unit or "")
    if not 1 <= days <= LONGEST_DAYS:
        raise AuditorError(f"{days} days", expected=f"1 to {LONGEST_DAYS}")
    token = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    expires_at = now + dt.timedelta(days=days)
    connection.execute(
        update(officer).where(officer.c.no == row.no).values(token_hash=_hash(token), token_expires_at=expires_at)
    )
    bump(connection)
    detail = {"until": f"{expires_at:%Y-%m-%d}"}
    record(connection, actor.name, "officer-token", now, about=row.name, why=why, detail=detail)
    return token


def actor_of_token(connection: Connection, token: str, now: dt.datetime) -> Actor:
    """Whose token it is; without their key, so that a token signs nothing.

    Raises:
        NotAllowedError: nobody's, expired, or of an officer who was disabled: the answer is the same for all three.
    """
    row = connection.execute(select(officer).where(officer.c.token_hash == _hash(token))).one_or_none()
    if row is None or row.disabled_at is not None or row.token_expires_at is None or row.token_expires_at <= now:
        raise NotAllowedError(
            "no token of an officer, or an expired one",
            expected="a token as `officer token` printed it",
            cure="ask an administrator for `setapart-auditor officer token`",
        )
    return actor_of(row)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.strip().encode("utf-8", "replace")).digest()
