"""Messages of enrolment: tokens as text, requests, answers, rotations; what each refuses."""

import base64
import copy
import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_maker import AUTHORITY, DEVICE, HARDWARE_DEVICE, STRANGER
from setapart_evidence import message
from setapart_evidence.enrolment import (
    Enrolment,
    EnrolmentAnswer,
    Rotation,
    Token,
    TokenError,
    check_url,
    encoded_key,
    make_answer,
    make_enrolment,
    make_rotation,
    parse_token,
    public_key,
    read_answer,
    read_enrolment,
    read_rotation,
    unverified_rotation,
)
from setapart_evidence.errors import EvidenceError, KeyFormatError, SignatureError, StatementError
from setapart_evidence.keys import Signer
from setapart_evidence.statement import ENROLMENT, ROTATION, subject

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
TOKEN = Token(secret=bytes(range(32)), auditor=AUTHORITY.public.keyid, url="https://auditor.example:8440/a")
REQUEST = Enrolment(
    token=TOKEN.secret.hex(), auditor=TOKEN.auditor, key=encoded_key(DEVICE.public), name="laptop", platform="linux",
    agent="a", requested_at=NOW,
)  # fmt: skip
ANSWER = EnrolmentAnswer(
    state="accepted", device=DEVICE.public.keyid, name="laptop", authority=encoded_key(AUTHORITY.public),
    nonce="n" * 16, answered_at=NOW,
)  # fmt: skip
ROTATED = Rotation(
    device=DEVICE.public.keyid, auditor=TOKEN.auditor, old=DEVICE.public.keyid,
    key=encoded_key(HARDWARE_DEVICE.public), requested_at=NOW,
)  # fmt: skip
DIGEST = "sha256:" + "d" * 64


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["", "https://a.example", "http://127.0.0.1:8440"]))
def test_a_token_comes_back_and_hides_its_secret(secret: bytes, url: str) -> None:
    token = Token(secret=secret, auditor="ab" * 32, url=url)
    assert parse_token(f" {token.spelled()}\n") == token
    assert "secret" not in repr(token)


@given(st.integers(0, len(TOKEN.spelled()) - 1), st.characters(max_codepoint=0x2FF))
def test_a_token_with_one_other_character_is_refused_or_is_another(at: int, letter: str) -> None:
    text = TOKEN.spelled()
    changed = text[:at] + letter + text[at + 1 :]
    try:
        found = parse_token(changed)
    except TokenError:
        return
    assert found.spelled() == changed.strip()


@pytest.mark.parametrize(
    "text", ["", "spt1", "spt2" + TOKEN.spelled()[4:], TOKEN.spelled()[:-1] + "é", TOKEN.spelled() + ".x",
             TOKEN.spelled().replace(".", "..", 1), "spt1.AA.AA.", "spt1.A.A.A"],
)  # fmt: skip
def test_what_is_no_whole_token_is_refused(text: str) -> None:
    with pytest.raises(TokenError):
        parse_token(text)


@pytest.mark.parametrize(
    "url",
    ["http://auditor.example", "ftp://a", "https://", "https://u:p@a", "https://a?q", "https://a#f", "https://a b",
     "https://a:99999", "https://[::1", "https://a/\n", "https://ä", "https://a\\b", "https://" + "a" * 600, "a", ""],
)  # fmt: skip
def test_a_url_that_is_not_safe_or_not_plain_is_refused(url: str) -> None:
    with pytest.raises(TokenError):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["https://a/", "https://a:1/b", "http://localhost:1", "http://[::1]:1", "http://127.0.0.1"]
)
def test_https_and_this_machine_are_accepted(url: str) -> None:
    assert check_url(url) == url.rstrip("/")


@pytest.mark.parametrize("signer", [DEVICE, HARDWARE_DEVICE], ids=["ed25519", "ecdsa-p256"])
def test_a_request_is_proof_of_possession(signer: Signer) -> None:
    request = msgspec.structs.replace(REQUEST, key=encoded_key(signer.public))
    found, key = read_enrolment(make_enrolment(request, signer))
    assert (found.predicate, key) == (request, signer.public)
    with pytest.raises(SignatureError):
        read_enrolment(make_enrolment(request, STRANGER))


def test_a_request_about_another_key_than_its_subject_is_refused() -> None:
    for subjects in ((), (subject("key", STRANGER.public.spki),), (subject("key", DEVICE.public.spki),) * 2):
        with pytest.raises(EvidenceError):
            read_enrolment(message.make(ENROLMENT, subjects, REQUEST, (DEVICE,)))


def test_an_answer_is_of_one_auditor_to_one_request() -> None:
    raw = make_answer(ANSWER, DIGEST, AUTHORITY)
    found, key = read_answer(raw, AUTHORITY.public.keyid, DIGEST)
    assert (found.predicate, key) == (ANSWER, AUTHORITY.public)
    with pytest.raises(StatementError, match="another request"):
        read_answer(raw, AUTHORITY.public.keyid, "sha256:" + "e" * 64)
    with pytest.raises(SignatureError, match="an answer of auditor"):
        read_answer(raw, STRANGER.public.keyid, DIGEST)
    with pytest.raises(SignatureError):
        read_answer(make_answer(ANSWER, DIGEST, STRANGER), AUTHORITY.public.keyid, DIGEST)


@pytest.mark.parametrize("change", [{"device": None}, {"name": None}, {"nonce": "short"}, {"state": "x"}])
def test_an_answer_that_says_too_little_is_refused(change: dict[str, Any]) -> None:
    broken = copy.copy(ANSWER)
    for name, value in change.items():
        msgspec.structs.force_setattr(broken, name, value)
    with pytest.raises(EvidenceError):
        read_answer(make_answer(broken, DIGEST, AUTHORITY), AUTHORITY.public.keyid, DIGEST)


def test_a_rotation_is_signed_by_both_keys() -> None:
    raw = make_rotation(ROTATED, DEVICE, HARDWARE_DEVICE)
    assert unverified_rotation(raw) == ROTATED
    found, new = read_rotation(raw, DEVICE.public)
    assert (found.predicate, new) == (ROTATED, HARDWARE_DEVICE.public)
    for old, other in ((STRANGER, HARDWARE_DEVICE), (DEVICE, STRANGER), (DEVICE, DEVICE)):
        with pytest.raises(SignatureError):
            read_rotation(make_rotation(ROTATED, old, other), DEVICE.public)


def test_a_rotation_says_which_keys() -> None:
    same = msgspec.structs.replace(ROTATED, key=encoded_key(DEVICE.public))
    with pytest.raises(StatementError, match="same key"):
        read_rotation(make_rotation(same, DEVICE, DEVICE), DEVICE.public)
    other = msgspec.structs.replace(ROTATED, old=STRANGER.public.keyid)
    with pytest.raises(StatementError, match="another key"):
        read_rotation(make_rotation(other, DEVICE, HARDWARE_DEVICE), DEVICE.public)
    moved = message.make(ROTATION, (subject("key", b"x"),), ROTATED, (DEVICE, HARDWARE_DEVICE))
    with pytest.raises(StatementError, match="another subject"):
        read_rotation(moved, DEVICE.public)


def test_a_key_has_one_spelling() -> None:
    text = encoded_key(DEVICE.public)
    assert public_key(text) == DEVICE.public
    for broken in ("", "!", text[:-4], base64.b64encode(b"x").decode(), text.rstrip("=") + "===="):
        with pytest.raises(KeyFormatError):
            public_key(broken)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = HARDWARE_DEVICE.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    with pytest.raises(KeyFormatError, match="another spelling"):
        public_key(base64.b64encode(head + point).decode())


@pytest.mark.parametrize("year", [1, 9999])
def test_moments_that_overflow_are_refused(year: int) -> None:
    broken = copy.copy(REQUEST)
    msgspec.structs.force_setattr(broken, "requested_at", dt.datetime(year, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(EvidenceError):
        read_enrolment(make_enrolment(broken, DEVICE))
