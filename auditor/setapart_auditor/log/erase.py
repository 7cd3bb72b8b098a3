"""Erasing what an entry says, so that every proof stays: the leaf commits to a salted record, which is taken away."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from setapart_auditor.errors import AuditorError
from setapart_auditor.store.schema import log_leaf

from .seal import KIND

KEPT = frozenset({KIND, "report", "log-erase"})
"""Kinds that hold digests and names of acts only, and that `log verify` needs."""


def erase(connection: Connection, indexes: Sequence[int], now: dt.datetime) -> int:
    """Takes away the records of these entries and their salts; nobody can then tell what they said.

    The caller records that it was done, and why. Returns how many were not erased before.

    Raises:
        AuditorError: there is no such entry, or one of a kind that stays.
    """
    wanted = sorted(set(indexes))
    rows = connection.execute(select(log_leaf.c.no, log_leaf.c.kind).where(log_leaf.c.no.in_(wanted))).all()
    missing = set(wanted) - {row.no for row in rows}
    if missing:
        raise AuditorError(
            f"no log entry {min(missing)}", expected="indexes as `setapart-auditor log show` prints them"
        )
    for row in rows:
        if row.kind in KEPT:
            raise AuditorError(
                f"entry {row.no} is of kind {row.kind}", expected="an entry that names people or devices"
            )
    done = connection.execute(
        update(log_leaf)
        .where(log_leaf.c.no.in_(wanted), log_leaf.c.erased_at.is_(None))
        .values(salt=None, record=None, erased_at=now)
    )
    return done.rowcount
