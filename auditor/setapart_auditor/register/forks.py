"""Forks that two officers settle: each statement of a fork, by the word of two."""

import datetime as dt
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, insert, select, update

from setapart_auditor.appraisal.need import folded
from setapart_auditor.errors import NotAllowedError, RegisterError
from setapart_auditor.store.schema import evidence, settlement

from .database import RegisteredDevice, bump


def settle(
    connection: Connection,
    found: RegisteredDevice,
    digests: Sequence[bytes],
    by: str,
    now: dt.datetime,
    *,
    why: str,
    may: Callable[[str], bool],
) -> int:
    """Writes an officer's word on statements of a device's fork down: the first, or the second of another officer.

    Whether the officer may, and is not the holder, is the caller's to ask.

    Args:
        connection: of the only writer.
        found: the device.
        digests: of the statements.
        by: the officer.
        now: the moment.
        why: the first one's reason.
        may: whether an officer of a name might say so now; the first one's word counts only while they might.

    Returns:
        How many of the statements still wait for the second word.

    Raises:
        RegisterError: no report of the device is, or follows, such a statement; the first word without a reason.
        NotAllowedError: the second word of the same officer; the first is of somebody who might not say it any more.
    """
    waiting = sum(
        _settle(connection, found, digest, by, now=now, why=why.strip(), may=may) for digest in dict.fromkeys(digests)
    )
    bump(connection)
    return waiting


def _settle(
    connection: Connection,
    found: RegisteredDevice,
    digest: bytes,
    by: str,
    *,
    now: dt.datetime,
    why: str,
    may: Callable[[str], bool],
) -> bool:
    """One statement; True while it waits."""
    mine = (settlement.c.device_no == found.no) & (settlement.c.digest == digest)
    row = connection.execute(select(settlement).where(mine)).one_or_none()
    if row is None:
        _check_there(connection, found, digest)
        if not why:
            raise RegisterError("no reason", expected="--why TEXT: what the two histories are")
        connection.execute(
            insert(settlement).values(
                device_no=found.no, digest=digest, why=why, first_by=by, first_folded=folded(by), first_at=now
            )
        )
        return True
    if row.second_by is not None:
        return False
    if row.first_folded == folded(by):
        raise NotAllowedError(f"{by} has settled it already", expected="another officer")
    if not may(row.first_by):
        raise NotAllowedError(
            f"`{row.first_by}`, who settled it first, might not any more",
            expected="an officer of the device's unit who is not its holder",
            cure=f"give them the role back, or begin anew: `setapart-auditor device replace '{found.name}'`",
        )
    connection.execute(update(settlement).where(mine).values(second_by=by, second_folded=folded(by), second_at=now))
    return False


def _check_there(connection: Connection, found: RegisteredDevice, digest: bytes) -> None:
    """A fork's statement is a report, or what a report follows: it may never have arrived. None is settled ahead."""
    there = select(evidence.c.no).where(
        evidence.c.device_no == found.no, (evidence.c.digest == digest) | (evidence.c.previous == digest)
    )
    if connection.execute(there.limit(1)).one_or_none() is None:
        raise RegisterError(
            f"no report sha256:{digest.hex()[:16]}… of `{found.name}`",
            expected="digests as `setapart-auditor explain` names them",
        )
