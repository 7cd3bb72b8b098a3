"""Confirmation: an officer compares the words that the device shows with those of the key that asks."""

import datetime as dt

from sqlalchemy import Connection, update

from setapart_auditor.errors import AuditorError, NotAllowedError, StoreError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.actor import Actor
from setapart_auditor.officers.trail import record
from setapart_auditor.store.schema import enrolment
from setapart_evidence.words import key_prefix

from .asked import Enrolled, of_key, waiting
from .place import bind, numbered
from .tokens import find_token

_SHORTEST_ID = 12


def confirm(
    connection: Connection,
    installation: Installation,
    which: str,
    actor: Actor,
    now: dt.datetime,
    *,
    accept: bool,
    why: str = "",
) -> Enrolled:
    """Accepts or refuses a key that waits; the agent learns it when it asks again.

    Args:
        connection: of the only writer.
        installation: the auditor.
        which: the words, as read from the device; else the request's number, or the key's id or its beginning.
        actor: the officer who compared the words.
        now: the moment.
        accept: whether the words are the same.
        why: for the log.

    Raises:
        AuditorError: nothing of this kind waits; the words are none.
        NotAllowedError: this officer may not; the device has got a key meanwhile, or is not active.
        StoreError: what would be accepted is damaged.
    """
    del installation  # the decision is the register's alone: the answer is signed when the agent asks for it
    found = _waiting(connection, actor, which)
    token = find_token(connection, found.token_no)
    device = numbered(connection, found.device_no) if found.device_no is not None else None
    actor.require("officer", unit=device.registration.unit if device is not None else token.unit or "")
    name = device.name if device is not None else _name_of(found)
    if accept:
        device = bind(connection, token, found.asked, found.key, now)
        name = device.name
    connection.execute(
        update(enrolment)
        .where(enrolment.c.no == found.no)
        .values(
            state="accepted" if accept else "refused",
            device_no=device.no if device is not None else None,
            answer=None,
            decided_by=actor.name,
            decided_at=now,
        )
    )
    detail = {"enrolment": str(found.no), "key": found.keyid, "token": str(token.no)}
    record(
        connection, actor.name, "enrol-accept" if accept else "enrol-refuse", now, about=name, why=why, detail=detail
    )
    decided = of_key(connection, found.keyid)
    assert decided is not None
    return decided


def waiting_for(connection: Connection, actor: Actor) -> tuple[Enrolled, ...]:
    """The requests that wait, of the units that the actor sees, the oldest first."""
    return tuple(one for one in waiting(connection) if actor.unit is None or actor.sees(_unit_of(connection, one)))


def _name_of(one: Enrolled) -> str:
    """What a device that asks calls itself; nothing where the request is damaged."""
    try:
        return one.asked.name
    except StoreError:
        return ""


def _unit_of(connection: Connection, one: Enrolled) -> str:
    if one.device_no is not None:
        return numbered(connection, one.device_no).registration.unit
    return find_token(connection, one.token_no).unit or ""


def _waiting(connection: Connection, actor: Actor, which: str) -> Enrolled:
    wanted = which.strip().casefold()
    found = [one for one in waiting_for(connection, actor) if _is(one, wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise AuditorError(f"{len(found)} requests like `{which[:60]}`", expected="the whole id or all words")
    raise NotAllowedError(
        f"nothing waits under `{which[:100]}`" if which.isprintable() else "nothing waits under this",
        expected="the words that the device shows, exactly",
        cure="see `setapart-auditor device waiting`; if the words differ, another key stands between: refuse it",
    )


def _is(one: Enrolled, wanted: str) -> bool:
    if wanted == str(one.no):
        return True
    if len(wanted) >= _SHORTEST_ID and " " not in wanted and one.keyid.startswith(wanted):
        return True
    prefix = key_prefix(wanted)
    return prefix is not None and one.keyid.startswith(prefix)
