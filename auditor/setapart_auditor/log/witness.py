"""A witness: somebody elsewhere who signs a log's checkpoints only while the log grows and never changes.

What a witness remembers is one small file: of each log the last checkpoint that was signed. It is on disk before the
signature is released; a checkpoint that does not continue it is refused, however well it is signed.
"""

import base64
import datetime as dt
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from setapart_auditor.whole_file import write_file
from setapart_evidence.keys import Signer

from .note import Checkpoint, NoteError, NoteKey, cosign, parse_checkpoint, verify
from .proof import check_growth, read_growth


class Seen(Struct, frozen=True, kw_only=True):
    """The last checkpoint of a log that was signed."""

    size: Annotated[int, Meta(ge=0)]
    root: str


def witness(
    note: str, proof: bytes | None, log: NoteKey, *, state: Path, name: str, signer: Signer, now: dt.datetime
) -> str:
    """Cosigns a checkpoint. Returns the note with the witness's line.

    Args:
        note: the checkpoint, signed by the log.
        proof: that it continues the one that this witness signed last; not needed the first time.
        log: the log's verifier key.
        state: the witness's memory, made the first time.
        name: of the witness, as in its verifier key.
        signer: the witness's key, Ed25519.
        now: goes into the signature.

    Raises:
        NoteError: not signed by the log, or no continuation of what was signed before.
        OSError: the memory can't be read or written; nothing is signed.
    """
    text = verify(note, (log,))[0]
    found = parse_checkpoint(text)
    if found.origin != log.name:
        raise NoteError(f"a checkpoint of {found.origin}", expected=log.name)
    memory = _read(state)
    last = memory.get(found.origin)
    if last is not None:
        old = Checkpoint(origin=found.origin, size=last.size, root=base64.b64decode(last.root))
        _continues(old, found, note, proof, log)
    memory[found.origin] = Seen(size=found.size, root=base64.b64encode(found.root).decode())
    write_file(state, msgspec.json.encode(memory), replace=True)
    return note + cosign(text, name, signer, now)


def _continues(old: Checkpoint, new: Checkpoint, note: str, proof: bytes | None, log: NoteKey) -> None:
    if (old.size, old.root) == (new.size, new.root):
        return
    if proof is None:
        raise NoteError(
            f"no proof that {new.size} entries continue the {old.size} that were signed last",
            expected="--proof",
            cure=f"ask the auditor for `setapart-auditor log prove --old {old.size}`",
        )
    shown = read_growth(proof)
    if verify(shown.checkpoint, (log,))[0] != verify(note, (log,))[0]:
        raise NoteError("a proof for another checkpoint", expected="the one that is to be signed")
    check_growth(shown, old, (log,))


def _read(state: Path) -> dict[str, Seen]:
    try:
        return msgspec.json.decode(state.read_bytes(), type=dict[str, Seen])
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NoteError(
            f"{state} is no witness's memory",
            expected="what was written the last time",
            cure="restore it from a backup",
        ) from None
