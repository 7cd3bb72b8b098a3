"""The trail: every decision and every read of a device, in the log, with who, what, about what, and why."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from setapart_auditor.errors import AuditorError
from setapart_auditor.log.append import Entry, append

LONGEST_REASON = 2000
_Text = Annotated[str, Meta(max_length=4000)]


class Act(Struct, frozen=True, kw_only=True):
    """The record of an act: who did it, about which device, exception or officer, why, and what else tells it."""

    who: _Text
    about: _Text = ""
    why: _Text = ""
    detail: dict[str, str] = {}


def record(
    connection: Connection,
    who: str,
    kind: str,
    now: dt.datetime,
    *,
    about: str = "",
    why: str = "",
    detail: Mapping[str, str] | None = None,
) -> int:
    """Records an act in the transaction that does it. Returns its index in the log.

    `who` is an officer's name; `token:` and a number, or `device:` and an id, is whoever bears it.

    Raises:
        AuditorError: a reason that is too long to be one.
    """
    if len(why) > LONGEST_REASON:
        raise AuditorError(f"a reason of {len(why)} characters", expected=f"at most {LONGEST_REASON}")
    act = Act(who=who, about=about, why=why, detail=dict(detail or {}))
    return append(connection, (Entry(kind=kind, at=now, record=act),))
