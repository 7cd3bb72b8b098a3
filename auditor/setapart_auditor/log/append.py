"""Appending to the log, in the transaction of what is recorded.

A leaf's data is a line of JSON with the kind, the moment and a commitment: SHA-256 of a random salt and the record.
Erasing salt and record later leaves the tree, every proof and the order as they were.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select, update

from setapart_auditor.store.bulk import insert_rows
from setapart_auditor.store.schema import log_leaf, log_node, log_state

from .merkle import Frontier, leaf_hash

SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is recorded: its kind (`report`, `device-add`, `exception-approve`, …), when, and the record itself."""

    kind: str
    at: dt.datetime
    record: Struct


class LeafData(Struct, frozen=True, kw_only=True):
    """The data of a leaf, as hashed: compact JSON in this order."""

    at: dt.datetime
    commitment: str
    kind: str


def append(connection: Connection, entries: Sequence[Entry]) -> int:
    """Appends entries; the caller's transaction is that of the only writer (`Store.write`).

    Returns:
        The index of the first of them; the others follow.
    """
    size, packed = connection.execute(select(log_state.c.size, log_state.c.frontier)).one()
    if not entries:
        return int(size)
    frontier = Frontier(size, packed)
    leaves: list[dict[str, object]] = []
    nodes: list[dict[str, object]] = []
    for offset, entry in enumerate(entries):
        record = msgspec.json.encode(entry.record)
        salt = secrets.token_bytes(SALT_BYTES)
        commitment = hashlib.sha256(salt + record).digest()
        hashed = leaf_hash(leaf_data(entry.kind, entry.at, commitment))
        leaves.append(
            {
                "no": size + offset,
                "hash": hashed,
                "kind": entry.kind,
                "at": entry.at,
                "commitment": commitment,
                "salt": salt,
                "record": record,
            }
        )
        nodes += [{"level": level, "no": index, "hash": full} for level, index, full in frontier.append(hashed)]
    insert_rows(connection, log_leaf, leaves)
    insert_rows(connection, log_node, nodes)
    connection.execute(update(log_state).values(size=frontier.size, frontier=frontier.packed))
    return int(size)


def leaf_data(kind: str, at: dt.datetime, commitment: bytes) -> bytes:
    """The bytes that a leaf's hash is made of."""
    return msgspec.json.encode(LeafData(at=at.astimezone(dt.UTC), commitment=commitment.hex(), kind=kind))
