"""Proofs as files: that an entry stands in a log, and that one checkpoint continues another.

C2SP's tlog-proof (https://c2sp.org/tlog-proof) has no form for a consistency proof; both are JSON here, with hashes in
base64 as in checkpoints. `check` needs nothing but the file, the checkpoint and the log's verifier key.
"""

import base64
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from sqlalchemy import Connection, select

from setapart_auditor.store.schema import log_leaf

from .append import leaf_data
from .merkle import HASH_BYTES, is_consistent, leaf_hash, root_of_inclusion
from .note import Checkpoint, NoteError, NoteKey, parse_checkpoint, verify
from .tree import consistency_proof, inclusion_proof

_Size = Annotated[int, Meta(ge=0, le=2**53 - 1)]
_Hashes = Annotated[tuple[str, ...], Meta(max_length=64)]
_MOST = 256 * 1024
T = TypeVar("T", bound=Struct)


class InclusionProof(Struct, frozen=True, kw_only=True):
    """That an entry stands in the log of a checkpoint.

    Attributes:
        index, leaf: the place, and the leaf's data: kind, moment and commitment.
        salt, record: what was committed to, hex and text; none where it was erased.
        path: the audit path, base64.
        checkpoint: the signed note.
    """

    index: _Size
    leaf: str
    salt: str | None
    record: str | None
    path: _Hashes
    checkpoint: str


class ConsistencyProof(Struct, frozen=True, kw_only=True):
    """That the log of the checkpoint begins with the log of `old` entries."""

    old: _Size
    path: _Hashes
    checkpoint: str


def prove_entry(connection: Connection, index: int, checkpoint: str) -> InclusionProof:
    """The proof of one entry against a checkpoint of this log.

    Raises:
        NoteError: the checkpoint does not reach the entry, or what it says was changed and is no text any more.
    """
    size = parse_checkpoint(checkpoint.partition("\n\n")[0] + "\n").size
    row = connection.execute(select(log_leaf).where(log_leaf.c.no == index)).one_or_none()
    if row is None or index >= size:
        raise NoteError(f"entry {index}", expected=f"one of the {size} entries of the checkpoint")
    try:
        record = None if row.record is None else row.record.decode()
    except UnicodeDecodeError:
        raise NoteError(
            f"entry {index} was changed: its record is no text", expected="an entry as it was written",
            cure="run `setapart-auditor log verify`",
        ) from None  # fmt: skip
    return InclusionProof(
        index=index,
        leaf=leaf_data(row.kind, row.at, row.commitment).decode(),
        salt=None if row.salt is None else row.salt.hex(),
        record=record,
        path=_encoded(inclusion_proof(connection, index, size)),
        checkpoint=checkpoint,
    )


def prove_growth(connection: Connection, old: int, checkpoint: str) -> ConsistencyProof:
    """The proof that the log of a checkpoint continues the log of `old` entries.

    Raises:
        NoteError: it is the shorter one.
    """
    size = parse_checkpoint(checkpoint.partition("\n\n")[0] + "\n").size
    if not 0 <= old <= size:
        raise NoteError(f"{old} entries", expected=f"0 to {size}, as the checkpoint has")
    return ConsistencyProof(old=old, path=_encoded(consistency_proof(connection, old, size)), checkpoint=checkpoint)


def check_entry(raw: bytes, keys: tuple[NoteKey, ...]) -> InclusionProof:
    """Verifies the proof of an entry, away from the auditor.

    Raises:
        NoteError: no such proof, or it does not hold.
    """
    proof = _read(raw, InclusionProof)
    signed = _signed(proof.checkpoint, keys)
    root = root_of_inclusion(leaf_hash(proof.leaf.encode()), proof.index, signed.size, _decoded(proof.path))
    if root != signed.root:
        raise NoteError("a proof that does not lead to the checkpoint's root", expected="an entry of this log")
    return proof


def check_growth(proof: ConsistencyProof, old: Checkpoint, keys: tuple[NoteKey, ...]) -> Checkpoint:
    """Verifies that a checkpoint continues an older one. Returns the newer.

    Raises:
        NoteError: the proof is of another size, or does not hold: the log was rewritten, or shows others another one.
    """
    new = _signed(proof.checkpoint, keys)
    if new.origin != old.origin:
        raise NoteError(f"a checkpoint of {new.origin}", expected=old.origin)
    if proof.old != old.size:
        raise NoteError(f"a proof from {proof.old} entries", expected=f"from {old.size}, where you saw the log last")
    if not is_consistent(old.size, old.root, new.size, new.root, _decoded(proof.path)):
        raise NoteError(
            f"a log of {new.size} entries that does not continue the one of {old.size}",
            expected="a log that only grows",
            cure="keep both checkpoints: together they prove that the log was rewritten",
        )
    return new


def read_growth(raw: bytes) -> ConsistencyProof:
    """Reads a consistency proof; nothing is verified yet.

    Raises:
        NoteError: it is none.
    """
    return _read(raw, ConsistencyProof)


def _signed(checkpoint: str, keys: tuple[NoteKey, ...]) -> Checkpoint:
    return parse_checkpoint(verify(checkpoint, keys)[0])


def _read(raw: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw if len(raw) <= _MOST else b"", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NoteError("no proof", expected="a file as `setapart-auditor log prove` writes it") from None


def _encoded(hashes: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(base64.b64encode(one).decode() for one in hashes)


def _decoded(hashes: tuple[str, ...]) -> tuple[bytes, ...]:
    try:
        found = tuple(base64.b64decode(one, validate=True) for one in hashes)
    except ValueError:
        found = (b"",)
    if any(len(one) != HASH_BYTES for one in found):
        raise NoteError("a hash that is none", expected="base64 of 32 bytes")
    return found
