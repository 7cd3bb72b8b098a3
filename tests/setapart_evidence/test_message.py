"""Signed messages: who signed, how many, and of which type."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_maker import AUTHORITY, DEVICE, HARDWARE_DEVICE, STRANGER, dumps, envelope, signature
from setapart_evidence import message, statement
from setapart_evidence.errors import EnvelopeError, EvidenceError, SignatureError, SizeError, StatementError
from setapart_evidence.keys import PublicKey
from setapart_evidence.limits import Limits
from setapart_evidence.message import Message
from setapart_evidence.statement import Statement, Subject


class Note(msgspec.Struct, frozen=True, kw_only=True):
    text: str


NOTE = "urn:setapart:note:v1"
DECODER = msgspec.json.Decoder(Statement[Note])
SUBJECTS = (statement.subject("thing", b"abc"),)
ALICE, BOB = DEVICE.public, HARDWARE_DEVICE.public


def _make(*signers: object) -> bytes:
    return message.make(NOTE, SUBJECTS, Note(text="hello"), signers)  # type: ignore[arg-type]


def _read(raw: bytes, *keys: PublicKey, threshold: int = 1) -> Message[Note]:
    return message.read(raw, DECODER, NOTE, keys, threshold=threshold)


def test_a_message_says_what_was_signed_and_by_whom() -> None:
    raw = _make(DEVICE)
    found = _read(raw, ALICE)
    assert found.predicate == Note(text="hello")
    assert found.subjects == SUBJECTS
    assert found.keyids == (ALICE.keyid,)
    assert found.digest.startswith("sha256:")
    assert raw.endswith(b"}\n")
    assert raw.count(b"\n") == 1
    assert _read(raw[:-1], ALICE) == found


def test_two_persons_are_two_keys() -> None:
    both = _make(DEVICE, HARDWARE_DEVICE)
    assert _read(both, ALICE, BOB, threshold=2).keyids == (ALICE.keyid, BOB.keyid)
    for raw, keys in (
        (_make(DEVICE), (ALICE, BOB)),
        (_make(DEVICE, DEVICE), (ALICE, BOB)),
        (_make(DEVICE, DEVICE), (ALICE, ALICE)),
        (_make(DEVICE, STRANGER), (ALICE, BOB)),
        (both, (ALICE,)),
    ):
        with pytest.raises(SignatureError):
            _read(raw, *keys, threshold=2)


def test_one_key_in_two_encodings_is_one_person() -> None:
    point = HARDWARE_DEVICE.public.spki[-64:]
    compressed = bytes([2 + (point[-1] & 1)]) + point[:32]
    again = PublicKey.from_spki(bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + compressed)
    with pytest.raises(SignatureError):
        _read(_make(HARDWARE_DEVICE, HARDWARE_DEVICE), BOB, again, threshold=2)


@pytest.mark.parametrize("threshold", [0, -1])
def test_no_threshold_lets_an_unsigned_message_pass(threshold: int) -> None:
    with pytest.raises(SignatureError):
        _read(_make(STRANGER), ALICE, threshold=threshold)
    with pytest.raises(SignatureError):
        _read(_make(DEVICE), threshold=threshold)


def test_the_order_of_signatures_and_keys_does_not_matter() -> None:
    for signers in ((DEVICE, HARDWARE_DEVICE, STRANGER), (STRANGER, HARDWARE_DEVICE, DEVICE)):
        assert set(_read(_make(*signers), BOB, ALICE, threshold=2).keyids) == {ALICE.keyid, BOB.keyid}


def test_another_type_is_refused_whatever_it_says() -> None:
    raw = message.make(NOTE + "x", SUBJECTS, Note(text="hello"), (DEVICE,))
    with pytest.raises(StatementError):
        _read(raw, ALICE)
    with pytest.raises(StatementError):
        message.unverified(raw, DECODER, NOTE)


def test_unverified_reads_what_a_stranger_signed_and_stays_strict() -> None:
    assert message.unverified(_make(STRANGER), DECODER, NOTE) == Note(text="hello")
    payload = b'{"_type":"https://in-toto.io/Statement/v1","_type":"x"}'
    with pytest.raises(StatementError):
        message.unverified(dumps(envelope(payload, [signature(payload, DEVICE)])), DECODER, NOTE)


def test_a_signature_is_checked_before_the_statement_is_read() -> None:
    payload = b"no statement"
    with pytest.raises(SignatureError):
        _read(dumps(envelope(payload, [signature(payload, STRANGER)])), ALICE)
    with pytest.raises(StatementError):
        _read(dumps(envelope(payload, [signature(payload, DEVICE)])), ALICE)


def test_limits_hold() -> None:
    raw = _make(DEVICE)
    with pytest.raises(SizeError):
        message.read(raw, DECODER, NOTE, (ALICE,), limits=Limits(envelope=len(raw) - 2))
    message.read(raw, DECODER, NOTE, (ALICE,), limits=Limits(envelope=len(raw) - 1))


def test_an_evidence_file_is_no_message() -> None:
    with pytest.raises(EnvelopeError):
        _read(_make(DEVICE) + b"{}", ALICE)


@settings(deadline=None, max_examples=150)
@given(raw=st.binary(max_size=200))
def test_arbitrary_bytes_are_an_evidence_error(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        _read(raw, ALICE)
    with pytest.raises(EvidenceError):
        message.unverified(raw, DECODER, NOTE)


def test_every_byte_with_its_lowest_bit_changed_is_refused_outside_the_key_id() -> None:
    raw = _make(AUTHORITY)[:-1]
    hint = range(raw.index(AUTHORITY.public.keyid.encode()), raw.index(b'","sig"'))
    for at in range(len(raw)):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        if at not in hint:
            with pytest.raises(EvidenceError):
                _read(changed, AUTHORITY.public)


def test_subjects_are_typed() -> None:
    assert isinstance(_read(_make(DEVICE), ALICE).subjects[0], Subject)
