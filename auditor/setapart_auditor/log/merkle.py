"""The tree of RFC 6962, section 2.1: hashes, and the frontier by which a log grows without being read."""

import hashlib
from collections.abc import Iterable

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
        ValueError: the number of roots does not fit the size.
    """

    def __init__(self, size: int = 0, packed: bytes = b"") -> None:
        if len(packed) != size.bit_count() * HASH_BYTES:
            raise ValueError("a frontier of another size")
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
