import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from setapart_auditor.errors import StoreError
from setapart_auditor.log.merkle import (
    Frontier,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    node_hash,
    root_of_inclusion,
)

# The reference tree of Certificate Transparency's own tests (google/certificate-transparency, merkle_tree_test.cc).
LEAVES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def many(size: int) -> list[bytes]:
    return [b"leaf %d" % one for one in range(size)]


def grown(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf_hash(leaf))
    return frontier


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert grown(LEAVES[:size]).root.hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert Frontier().root == hashlib.sha256(b"").digest()


@given(st.integers(0, 700))
def test_a_tree_that_grew_has_the_root_of_its_leaves(size: int) -> None:
    assert grown(many(size)).root == root(many(size))


def test_a_foreign_library_agrees_on_every_size() -> None:
    foreign = InmemoryTree(algorithm="sha256")
    frontier = Frontier()
    for leaf in many(300):
        foreign.append_entry(leaf)
        frontier.append(leaf_hash(leaf))
        assert foreign.get_root() == frontier.root


@given(st.integers(0, 600), st.integers(0, 80))
def test_a_frontier_goes_on_where_it_was_stored(size: int, more: int) -> None:
    first = grown(many(size))
    again = Frontier(first.size, first.packed)
    for leaf in many(size + more)[size:]:
        again.append(leaf_hash(leaf))
    assert again.root == grown(many(size + more)).root


@pytest.mark.parametrize(("size", "packed"), [(1, b""), (0, b"x" * 32), (3, b"x" * 32), (2, b"x" * 31)])
def test_a_frontier_of_another_size_is_refused(size: int, packed: bytes) -> None:
    with pytest.raises(StoreError, match="another size"):
        Frontier(size, packed)


def test_kept_nodes_are_the_roots_of_every_256_leaves() -> None:
    frontier, kept = Frontier(), {}
    for leaf in many(1100):
        kept.update({(level, index): hashed for level, index, hashed in frontier.append(leaf_hash(leaf))})
    assert kept == {(1, at): root(many(1100)[at * 256 : (at + 1) * 256]) for at in range(4)}


def hashes_of(path: tuple[tuple[int, int], ...], leaves: list[bytes]) -> list[bytes]:
    return [root(leaves[start:end]) for start, end in path]


@given(st.data())
def test_every_entry_is_proved_and_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 260))
    index = data.draw(st.integers(0, size - 1))
    leaves = many(size)
    proof = hashes_of(inclusion_path(index, size), leaves)
    assert root_of_inclusion(leaf_hash(leaves[index]), index, size, proof) == root(leaves)
    assert root_of_inclusion(leaf_hash(b"another"), index, size, proof) != root(leaves)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index)) if size > 1 else index + 1
    assert root_of_inclusion(leaf_hash(leaves[index]), other, size, proof) != root(leaves)
    assert root_of_inclusion(leaf_hash(leaves[index]), index, size, [*proof, b"x" * 32]) != root(leaves)
    if proof:
        assert root_of_inclusion(leaf_hash(leaves[index]), index, size, proof[:-1]) != root(leaves)


@given(st.data())
def test_every_beginning_is_proved_and_no_rewritten_log(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 260))
    old = data.draw(st.integers(0, size))
    leaves = many(size)
    proof = hashes_of(consistency_path(old, size), leaves)
    old_root = root(leaves[:old])
    assert is_consistent(old, old_root, size, root(leaves), proof)
    assert not is_consistent(old, old_root, size, root([*leaves[:-1], b"another"]), proof) or old == 0
    if old:
        rewritten = [b"another", *leaves[1:]]
        assert not is_consistent(old, root(rewritten[:old]), size, root(leaves), proof)
        assert not is_consistent(
            old, old_root, size, root(rewritten), hashes_of(consistency_path(old, size), rewritten)
        )
    assert not is_consistent(old, old_root, size, root(leaves), [*proof, b"x" * 32])
    assert not is_consistent(size + 1, old_root, size, root(leaves), proof)


def test_the_foreign_library_makes_the_same_proofs() -> None:
    foreign = InmemoryTree(algorithm="sha256")
    leaves = many(100)
    for leaf in leaves:
        foreign.append_entry(leaf)
    for size in (1, 2, 3, 7, 8, 64, 65, 100):
        for index in range(0, size, 3):
            path = foreign.prove_inclusion(index + 1, size).path[1:]
            assert path == hashes_of(inclusion_path(index, size), leaves), (index, size)
