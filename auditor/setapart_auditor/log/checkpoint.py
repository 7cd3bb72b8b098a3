"""Checkpoints: signed statements of the log's size and root. Kept elsewhere, they show any later rewriting."""

import datetime as dt

from sqlalchemy import Connection, insert, select

from setapart_auditor.store.schema import log_checkpoint
from setapart_evidence.keys import Signer

from .note import Checkpoint, NoteError, NoteKey, parse_checkpoint, sign, verify
from .tree import root_at, state_of


def make_checkpoint(connection: Connection, signer: Signer, origin: str, now: dt.datetime) -> str:
    """The checkpoint of the log as it is; a new one is signed and kept only where the log has grown.

    The transaction is the only writer's.

    Raises:
        NoteError: the signer is not Ed25519.
        StoreError: the log is not whole.
    """
    frontier = state_of(connection)
    kept = connection.execute(
        select(log_checkpoint.c.note).where(log_checkpoint.c.size == frontier.size)
    ).scalar_one_or_none()
    if kept is not None:
        return str(kept)
    checkpoint = Checkpoint(origin=origin, size=frontier.size, root=frontier.root, at=now)
    note = sign(checkpoint.text, origin, signer)
    connection.execute(insert(log_checkpoint).values(size=frontier.size, root=frontier.root, at=now, note=note))
    return note


def newest(connection: Connection) -> str | None:
    """The newest checkpoint that was made, None where there is none yet."""
    query = select(log_checkpoint.c.note).order_by(log_checkpoint.c.size.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def check_against(connection: Connection, note: str, keys: tuple[NoteKey, ...]) -> Checkpoint:
    """Compares a checkpoint that was kept elsewhere with the log as it is now.

    Raises:
        NoteError: not signed by this log, or of a log that is no beginning of this one: it was rewritten.
        StoreError: the log is not whole.
    """
    found = parse_checkpoint(verify(note, keys)[0])
    size = state_of(connection).size
    if found.size > size:
        raise NoteError(
            f"a checkpoint of {found.size} entries, and the log has {size}",
            expected="a log that only grows",
            cure="entries were taken away: compare with the latest backup",
        )
    if root_at(connection, found.size) != found.root:
        raise NoteError(
            f"another log behind the checkpoint of {found.size} entries",
            expected="the log that was signed then",
            cure="the log was rewritten: compare with the latest backup",
        )
    return found
