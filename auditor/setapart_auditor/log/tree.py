"""Hashes of the stored tree: of any range of leaves that is a subtree, read from few rows."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from setapart_auditor.errors import StoreError
from setapart_auditor.store.schema import log_leaf, log_node, log_state

from .merkle import STEP, Frontier, consistency_path, inclusion_path, node_hash


def state_of(connection: Connection) -> Frontier:
    """The stored log's size and root."""
    size, packed = connection.execute(select(log_state.c.size, log_state.c.frontier)).one()
    return Frontier(size, packed)


def root_at(connection: Connection, size: int) -> bytes:
    """The root of the first `size` leaves.

    Raises:
        StoreError: leaves or nodes are missing.
    """
    return range_hash(connection, 0, size) if size else Frontier().root


def inclusion_proof(connection: Connection, index: int, size: int) -> tuple[bytes, ...]:
    """The audit path of a leaf in the tree of `size` leaves (RFC 6962, section 2.1.1)."""
    return tuple(range_hash(connection, start, end) for start, end in inclusion_path(index, size))


def consistency_proof(connection: Connection, old: int, size: int) -> tuple[bytes, ...]:
    """The proof that the tree of `old` leaves begins the one of `size` leaves (RFC 6962, section 2.1.2)."""
    return tuple(range_hash(connection, start, end) for start, end in consistency_path(old, size))


def range_hash(connection: Connection, start: int, end: int) -> bytes:
    """The hash of the subtree over these leaves; `start` is a multiple of the power of two that holds the range.

    Raises:
        StoreError: leaves or nodes are missing.
    """
    width = end - start
    level = max(0, (width.bit_length() - 1) // STEP)
    step = 1 << (level * STEP)
    whole = start + width // step * step
    hashes = list(_row(connection, level, start // step, whole // step))
    if whole < end:
        hashes.append(range_hash(connection, whole, end))
    return _combine(hashes)


def _row(connection: Connection, level: int, first: int, end: int) -> Sequence[bytes]:
    if level == 0:
        query = select(log_leaf.c.hash).where(log_leaf.c.no >= first, log_leaf.c.no < end)
        found = connection.execute(query.order_by(log_leaf.c.no)).scalars().all()
    else:
        query = select(log_node.c.hash).where(log_node.c.level == level, log_node.c.no >= first, log_node.c.no < end)
        found = connection.execute(query.order_by(log_node.c.no)).scalars().all()
    if len(found) != end - first:
        raise _broken(f"{len(found)} hashes where {end - first} belong, from {first} at level {level}")
    return found


def _combine(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962's tree over subtrees of one size, the last of which may be smaller."""
    row = list(hashes)
    while len(row) > 1:
        paired = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
        row = paired + row[len(row) & ~1 :]
    return row[0]


def _broken(got: str) -> StoreError:
    return StoreError(
        got,
        expected="a whole log",
        cure="run `setapart-auditor log verify`, and restore the latest backup that is whole",
    )
