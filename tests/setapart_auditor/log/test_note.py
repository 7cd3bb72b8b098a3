import base64
import datetime as dt
import hashlib

import pytest

from setapart_auditor.log.note import (
    COSIGNATURE,
    Checkpoint,
    NoteError,
    NoteKey,
    cosign,
    parse_checkpoint,
    parse_key,
    sign,
    signature_line,
    verify,
)
from setapart_evidence.keys import Ed25519Signer, generate

NOW = dt.datetime(2026, 11, 26, 10, 0, 0, 250_000, tzinfo=dt.UTC)
LOG = Ed25519Signer(bytes(range(32)))
OTHER = Ed25519Signer(b"o" * 32)
KEY = NoteKey(name="agency.example/log", key=LOG.public)
CHECKPOINT = Checkpoint(origin=KEY.name, size=7, root=hashlib.sha256(b"seven").digest(), at=NOW)
NOTE = sign(CHECKPOINT.text, KEY.name, LOG)


def test_a_keys_id_is_what_the_standard_says() -> None:
    raw = LOG.public.spki[-32:]
    assert KEY.id == hashlib.sha256(b"agency.example/log\n\x01" + raw).digest()[:4]
    assert KEY.spelled() == f"agency.example/log+{KEY.id.hex()}+{base64.b64encode(bytes([1]) + raw).decode()}"


@pytest.mark.parametrize("algorithm", [b"\x01", COSIGNATURE])
def test_a_spelled_key_is_read_back(algorithm: bytes) -> None:
    key = NoteKey(name="w", key=LOG.public, algorithm=algorithm)
    assert parse_key(key.spelled()) == key


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "name",
        "name+00000000+AAAA",
        KEY.spelled().replace("+", "-"),
        KEY.spelled()[:-4],
        KEY.spelled().replace("agency", "another"),
        "name+00000000+é",
        "name+00000000+" + base64.b64encode(b"\x07" + b"k" * 32).decode(),
    ],
)
def test_a_key_that_is_none_is_refused(spelled: str) -> None:
    with pytest.raises(NoteError, match="no verifier key"):
        parse_key(spelled)


def test_a_key_of_another_type_signs_no_notes() -> None:
    with pytest.raises(NoteError, match="ecdsa-p256"):
        sign("text\n", "name", generate("ecdsa-p256"))


def test_a_note_is_verified_and_says_who_signed() -> None:
    assert verify(NOTE, (KEY,)) == (CHECKPOINT.text, (KEY.name,))


@pytest.mark.parametrize("at", range(0, len(NOTE.encode()), 3))
def test_a_note_with_one_other_byte_is_refused(at: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[at] ^= 1
    with pytest.raises(NoteError):
        verify(raw.decode("utf-8", "replace"), (KEY,))


def test_a_note_of_an_unknown_key_is_refused() -> None:
    with pytest.raises(NoteError, match="none of the known keys"):
        verify(sign(CHECKPOINT.text, KEY.name, OTHER), (KEY,))


def test_a_wrong_signature_beside_a_right_one_is_refused() -> None:
    forged = f"— {KEY.name} {base64.b64encode(KEY.id + b's' * 64).decode()}\n"
    with pytest.raises(NoteError, match="does not hold"):
        verify(NOTE + forged, (KEY,))


def test_signatures_of_strangers_are_ignored() -> None:
    assert verify(NOTE + signature_line(CHECKPOINT.text, "stranger", OTHER), (KEY,))[1] == (KEY.name,)


def test_a_witness_signs_the_moment_too() -> None:
    witness = NoteKey(name="witness.example", key=OTHER.public, algorithm=COSIGNATURE)
    line = cosign(CHECKPOINT.text, witness.name, OTHER, NOW)
    assert verify(NOTE + line, (KEY, witness))[1] == (KEY.name, witness.name)
    raw = base64.b64decode(line.split()[2])
    assert int.from_bytes(raw[4:12], "big") == int(NOW.timestamp())
    later = base64.b64encode(raw[:11] + bytes([raw[11] ^ 1]) + raw[12:]).decode()
    with pytest.raises(NoteError, match="does not hold"):
        verify(NOTE + f"— {witness.name} {later}\n", (KEY, witness))


@pytest.mark.parametrize(
    "note",
    ["", "text", "text\n", "text\n\n", "text\n\n— a\n", "text\n\n— a b c\n", NOTE[:-1], NOTE + "\n",
     NOTE + "x" * 70_000,
     "text\r\n\n— a aaaaaaaaaa==\n", "text\n\n— a YQ==\n"],
)  # fmt: skip
def test_a_text_that_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        verify(note, (KEY,))


def test_a_checkpoint_is_read_back_with_its_moment() -> None:
    assert parse_checkpoint(CHECKPOINT.text) == CHECKPOINT


def test_a_checkpoint_of_another_program_has_no_moment() -> None:
    text = "\n".join(CHECKPOINT.text.splitlines()[:3]) + "\nsomething else\n"
    assert parse_checkpoint(text).at is None


@pytest.mark.parametrize(
    "text", ["", "a\n", "a\nb\nc\n", "\n1\nAAAA\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n01\n" + "A" * 43 + "=\n"]
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)
