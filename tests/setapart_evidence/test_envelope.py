"""DSSE as its specification says it, and the same bytes in other libraries' hands."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.build_vectors import PAYLOAD, SEALED, VALID
from evidence_maker import (
    DEVICE,
    HARDWARE_DEVICE,
    INVENTORY_BYTES,
    OTHER_DEVICE,
    PAYLOAD_TYPE,
    REGISTER,
    dumps,
    evidence,
    pae,
    statement,
)
from setapart_evidence import envelope as dsse
from setapart_evidence.errors import EnvelopeError, EvidenceError, SizeError
from setapart_evidence.keys import generate
from setapart_evidence.limits import Limits
from setapart_evidence.open import open_report


def test_pae_is_the_example_of_the_specification() -> None:
    """https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md, test vectors."""
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_pae_counts_bytes_and_not_characters() -> None:
    assert dsse.pae("é", "ü".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xbc"
    assert dsse.pae("", b"") == b"DSSEv1 0  0 "


def test_seal_writes_one_line_of_exactly_the_known_keys() -> None:
    raw = dsse.seal(PAYLOAD, (DEVICE,))
    assert b"\n" not in raw
    assert json.loads(raw) == {
        "payload": base64.b64encode(PAYLOAD).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [
            {
                "keyid": DEVICE.public.keyid,
                "sig": base64.b64encode(DEVICE.sign(pae(PAYLOAD))).decode(),
            }
        ],
    }
    assert raw == SEALED


@settings(deadline=None, max_examples=100)
@given(payload=st.binary(max_size=400))
def test_what_is_sealed_is_parsed_back(payload: bytes) -> None:
    envelope = dsse.parse(dsse.seal(payload, (DEVICE, OTHER_DEVICE)))
    assert envelope.payload_bytes() == payload
    first, second = envelope.signature_bytes()
    DEVICE.public.verify(first, pae(payload))
    OTHER_DEVICE.public.verify(second, pae(payload))


@settings(deadline=None, max_examples=200)
@given(text=st.text(alphabet="AZaz09+/=-_ \n\u00e9", max_size=12))
def test_base64_is_accepted_exactly_where_it_is_what_an_encoder_writes(text: str) -> None:
    raw = dumps({"payload": text, "payloadType": PAYLOAD_TYPE, "signatures": [{"sig": text}]})
    envelope = dsse.parse(raw)
    try:
        found = base64.b64decode(text, validate=True)
        canonical = base64.b64encode(found).decode() == text
    except ValueError:
        canonical = False
    if canonical:
        assert envelope.payload_bytes() == found
        assert envelope.signature_bytes() == (found,)
    else:
        with pytest.raises(EnvelopeError):
            envelope.payload_bytes()
        with pytest.raises(EnvelopeError):
            envelope.signature_bytes()


@settings(deadline=None, max_examples=200)
@given(raw=st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(raw: bytes) -> None:
    for read in (dsse.parse, dsse.split):
        try:
            read(raw)  # type: ignore[operator]
        except EvidenceError:
            continue
        assert read is dsse.split
        assert b"\n" in raw


def test_join_and_split_are_each_others_opposite() -> None:
    assert dsse.split(dsse.join(SEALED, INVENTORY_BYTES)) == (SEALED, INVENTORY_BYTES)
    assert dsse.split(b"{}\n") == (b"{}", b"")


def test_split_looks_at_sizes_before_anything_else() -> None:
    limits = Limits(envelope=4, inventory=4)
    assert dsse.split(b"abcd\nefgh", limits) == (b"abcd", b"efgh")
    for raw in (b"abcde\nefgh", b"abcd\nefghi", b"abcdefgh"):
        with pytest.raises(SizeError):
            dsse.split(raw, limits)
    with pytest.raises(EnvelopeError):
        dsse.split(b"abcd", limits)
    with pytest.raises(SizeError):
        dsse.parse(b"{   }", limits)


def test_an_unknown_key_cannot_steer_the_terminal_that_shows_the_error() -> None:
    with pytest.raises(EnvelopeError) as refused:
        dsse.parse(('{"\x9b31m\u202e' + "x" * 5000 + '":1}').encode())
    assert "\x9b" not in str(refused.value)
    assert "\u202e" not in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize("signer", [DEVICE, HARDWARE_DEVICE], ids=["ed25519", "ecdsa-p256"])
@pytest.mark.needs("securesystemslib")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_securesystemslib_verifies_ours(signer: object) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    raw = evidence(signer=signer)  # type: ignore[arg-type]
    found = json.loads(dsse.split(raw)[0])
    key = SSlibKey.from_crypto(_public(signer), keyid=found["signatures"][0]["keyid"])
    envelope = Envelope.from_dict(found)
    assert envelope.verify([key], 1) == {key.keyid: key}
    assert envelope.payload == dsse.parse(dsse.split(raw)[0]).payload_bytes()
    envelope.payload += b" "
    with pytest.raises(VerificationError):
        envelope.verify([key], 1)


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
@pytest.mark.needs("securesystemslib")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_we_verify_what_securesystemslib_signs(algorithm: str) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner

    signer = DEVICE if algorithm == "ed25519" else HARDWARE_DEVICE
    private = signer._key if algorithm == "ed25519" else signer.key  # type: ignore[union-attr]
    payload = dumps(statement(device=signer.public.keyid))
    for _ in range(8):  # half of its ECDSA signatures have the high s
        envelope = Envelope(payload=payload, payload_type=PAYLOAD_TYPE, signatures={})
        envelope.sign(CryptoSigner(private))
        line = json.dumps(envelope.to_dict()).encode()
        report = open_report(line + b"\n" + INVENTORY_BYTES, REGISTER)
        assert report.keyid == signer.public.keyid


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("signer", [DEVICE, HARDWARE_DEVICE], ids=["ed25519", "ecdsa-p256"])
def test_openssl_verifies_ours(signer: object, tmp_path: Path) -> None:
    raw = evidence(signer=signer)  # type: ignore[arg-type]
    envelope = dsse.parse(dsse.split(raw)[0])
    (tmp_path / "pae").write_bytes(pae(envelope.payload_bytes()))
    (tmp_path / "sig").write_bytes(envelope.signature_bytes()[0])
    (tmp_path / "key.pem").write_bytes(signer.public.pem())  # type: ignore[attr-defined]
    openssl = shutil.which("openssl")
    digest = [] if signer is DEVICE else ["-digest", "sha256"]
    command = [str(openssl), "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", *digest]
    command += ["-in", "pae", "-sigfile", "sig"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "Signature Verified Successfully"), done.stderr
    (tmp_path / "pae").write_bytes(pae(envelope.payload_bytes() + b" "))
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_fresh_keys_of_both_kinds_make_what_opens() -> None:
    """Keys from randomness, not the fixed ones."""
    for algorithm in ("ed25519", "ecdsa-p256"):
        signer = generate(algorithm)
        envelope = dsse.parse(dsse.seal(PAYLOAD, (signer,)))
        signer.public.verify(envelope.signature_bytes()[0], pae(envelope.payload_bytes()))
    assert VALID.startswith(b'{"payload":"')


def _public(signer: object) -> object:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    return load_der_public_key(signer.public.spki)  # type: ignore[attr-defined]
