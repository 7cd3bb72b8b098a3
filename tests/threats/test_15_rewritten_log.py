"""Threat 15: the owner of the log rewrites it, whole and well signed, or shows others another one."""

import datetime as dt
from pathlib import Path

import pytest
from msgspec import Struct

from record_builder import checkpoint
from setapart_auditor.installation import Installation
from setapart_auditor.log.append import Entry, append
from setapart_auditor.log.checkpoint import check_against
from setapart_auditor.log.note import COSIGNATURE, NoteError, NoteKey, verify
from setapart_auditor.log.proof import check_entry, prove_entry, prove_growth
from setapart_auditor.log.verify import verify_log
from setapart_auditor.log.witness import witness
from setapart_evidence.keys import Ed25519Signer
from stores import make_installation

NOW = dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC)
WITNESS = Ed25519Signer(b"w" * 32)


class Word(Struct, frozen=True):
    word: str


def say(installation: Installation, *words: str) -> None:
    with installation.store.write() as connection:
        append(connection, [Entry(kind="test", at=NOW, record=Word(word)) for word in words])


def key_of(installation: Installation) -> NoteKey:
    return NoteKey(name=installation.settings.log.origin, key=installation.authority.signer.public)


def rewritten(installation: Installation, folder: Path, *words: str) -> Installation:
    """Another log with the same keys: what its owner could make."""
    other = make_installation(folder)
    for name in ("authority.pem", "authority.toml"):
        (folder / name).write_bytes((installation.folder / name).read_bytes())
    other.store.close()
    from setapart_auditor.installation import open_installation

    opened = open_installation(folder)
    say(opened, *words)
    return opened


def test_a_rewritten_log_is_whole_by_itself_and_refused_by_a_kept_checkpoint(
    installation: Installation, tmp_path: Path
) -> None:
    say(installation, "a", "b", "c")
    kept = checkpoint(installation)
    other = rewritten(installation, tmp_path / "other", "a", "x", "c", "d")
    checkpoint(other)
    with other.store.read() as connection:
        assert verify_log(connection, key_of(other)).defects == ()
        with pytest.raises(NoteError, match="another log"):
            check_against(connection, kept, (key_of(other),))
    other.store.close()


def test_a_witness_signs_growth_and_refuses_a_fork(installation: Installation, tmp_path: Path) -> None:
    key, state = key_of(installation), tmp_path / "witness.json"

    def cosigned(of: Installation, note: str, old: int | None) -> str:
        proof = None
        if old is not None:
            import msgspec

            with of.store.read() as connection:
                proof = msgspec.json.encode(prove_growth(connection, old, note))
        return witness(note, proof, key, state=state, name="witness.example", signer=WITNESS, now=NOW)

    say(installation, "a", "b", "c")
    first = cosigned(installation, checkpoint(installation), None)
    seen = NoteKey(name="witness.example", key=WITNESS.public, algorithm=COSIGNATURE)
    assert verify(first, (key, seen))[1] == (key.name, seen.name)
    say(installation, "d", "e")
    note = checkpoint(installation)
    with pytest.raises(NoteError, match="no proof") as refused:
        cosigned(installation, note, None)
    assert "--old 3" in refused.value.cure
    cosigned(installation, note, 3)
    before = state.read_bytes()
    other = rewritten(installation, tmp_path / "other", "a", "b", "c", "d", "x", "f")
    with pytest.raises(NoteError, match="does not continue"):
        cosigned(other, checkpoint(other), 5)
    shorter = rewritten(installation, tmp_path / "shorter", "a", "b")
    with pytest.raises(NoteError, match="5 entries"):
        cosigned(shorter, checkpoint(shorter), 5)
    assert state.read_bytes() == before
    other.store.close()
    shorter.store.close()


def test_two_views_of_one_log_can_not_both_be_cosigned(installation: Installation, tmp_path: Path) -> None:
    """The same size with another root: what a log would show to somebody else."""
    key, state = key_of(installation), tmp_path / "witness.json"
    say(installation, "a", "b")
    witness(checkpoint(installation), None, key, state=state, name="w", signer=WITNESS, now=NOW)
    other = rewritten(installation, tmp_path / "other", "a", "x")
    with pytest.raises(NoteError, match="no proof"):
        witness(checkpoint(other), None, key, state=state, name="w", signer=WITNESS, now=NOW)
    other.store.close()


def test_the_proof_of_an_entry_is_checked_without_the_auditor(installation: Installation) -> None:
    import msgspec

    say(installation, *(f"word {one}" for one in range(300)))
    note = checkpoint(installation)
    with installation.store.read() as connection:
        raw = msgspec.json.encode(prove_entry(connection, 255, note))
    assert '"word 255"' in (check_entry(raw, (key_of(installation),)).record or "")
    for old, new in (('"index":255', '"index":254'), ("test", "tost"), ("\\n300\\n", "\\n301\\n")):
        with pytest.raises(NoteError):
            check_entry(raw.replace(old.encode(), new.encode()), (key_of(installation),))


def test_a_witness_that_forgot_does_not_sign(installation: Installation, tmp_path: Path) -> None:
    say(installation, "a")
    state = tmp_path / "witness.json"
    state.write_text("{}x")
    with pytest.raises(NoteError, match="no witness's memory"):
        witness(checkpoint(installation), None, key_of(installation), state=state, name="w", signer=WITNESS, now=NOW)
