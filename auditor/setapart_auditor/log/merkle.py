"""The tree of RFC 6962, section 2.1: hashes, and the frontier by which a log grows without being read."""

import hashlib
from collections.abc import Iterable, Sequence

from setapart_auditor.errors import DamagedValueError

HASH_BYTES = 32
STEP = 8
"""Of the inner nodes, those at every eighth height are kept: one in 256."""


def leaf_hash(data: bytes) -> bytes:
    """`MTH({d})`: SHA-256 of 0x00 and the leaf's data."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and the two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Frontier:
    """The roots of the full subtrees of a tree, the largest first: all that is needed to append, and the root.

    Args:
        size: leaves in the tree.
        packed: the roots, 32 bytes each, one for every bit that is set in `size`.

    Raises:
        DamagedValueError: the number of roots does not fit the size.
    """

    def __init__(self, size: int = 0, packed: bytes = b"") -> None:
        if not isinstance(size, int) or len(packed) != size.bit_count() * HASH_BYTES:
            raise DamagedValueError(
                "the log's state was changed: a frontier of another size",
                expected="as many roots as the log's size says",
                cure="restore the database from a backup, then `setapart-auditor log verify`",
            )
        self.size = size
        self._roots = [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]

    def append(self, hashed: bytes) -> Iterable[tuple[int, int, bytes]]:
        """Adds a leaf's hash. Returns the nodes to keep that are now full: level (in steps), index, hash."""
        full: list[tuple[int, int, bytes]] = []
        index, height = self.size, 0
        while index & 1:
            hashed = node_hash(self._roots.pop(), hashed)
            index >>= 1
            height += 1
            if height % STEP == 0:
                full.append((height // STEP, index, hashed))
        self._roots.append(hashed)
        self.size += 1
        return full

    @property
    def packed(self) -> bytes:
        """The roots, as they are stored."""
        return b"".join(self._roots)

    @property
    def root(self) -> bytes:
        """The tree's root; of an empty tree SHA-256 of nothing."""
        if not self._roots:
            return hashlib.sha256(b"").digest()
        hashed = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            hashed = node_hash(left, hashed)
        return hashed


def inclusion_path(index: int, size: int) -> tuple[tuple[int, int], ...]:
    """The subtrees whose hashes are the audit path of a leaf (RFC 6962, section 2.1.1), the nearest first.

    Each is a range of leaves `(start, end)`, end exclusive; of those at the right edge the tree is not full.
    """
    path: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_path(old: int, size: int) -> tuple[tuple[int, int], ...]:
    """The subtrees whose hashes prove that a tree of `old` leaves is the beginning of one of `size` leaves.

    RFC 6962, section 2.1.2; ranges as in `inclusion_path`. Empty for equal sizes and for an empty old tree.
    """
    path: list[tuple[int, int]] = []
    start, end, whole = 0, size, True
    if old in {0, size}:
        return ()
    while old - start != end - start:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, end))
    return tuple(reversed(path))


def root_of_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that an audit path leads to (RFC 9162, section 2.1.3.2), or None where the path can't be one."""
    if not 0 <= index < size:
        return None
    node, last, found = index, size - 1, hashed
    for other in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            found = node_hash(other, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, other)
        node, last = node >> 1, last >> 1
    return found if last == 0 else None


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the old tree is the beginning of the new one (RFC 9162, section 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old in {0, size}:
        return not proof and (old == 0 or old_root == root)
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, other)
        node, last = node >> 1, last >> 1
    return first == old_root and second == root and last == 0


def _split(size: int) -> int:
    """The largest power of two below a size of at least two."""
    return 1 << (size - 1).bit_length() - 1
