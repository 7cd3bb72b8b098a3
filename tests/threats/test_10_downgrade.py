"""Threat 10: downgrade of schema or algorithm.

Every kind of key meets every way of signing, and every type of message meets every reader; only the diagonal passes.
"""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence_maker import (
    DEVICE,
    HARDWARE_DEVICE,
    INVENTORY_BYTES,
    STRANGER,
    Register,
    device_binding,
    dumps,
    pae,
    statement,
)
from setapart_evidence import enrolment, receipt
from setapart_evidence import statement as intoto
from setapart_evidence.bundle import read_bundle
from setapart_evidence.epoch import read_epoch, unverified_epoch
from setapart_evidence.errors import EvidenceError, KeyFormatError, SignatureError
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import open_report

ED25519 = DEVICE._key
P256 = HARDWARE_DEVICE.key
SCHEMAS = (
    intoto.EVIDENCE,
    intoto.POLICY_BUNDLE,
    intoto.EPOCH,
    intoto.EXCEPTIONS,
    intoto.EXCEPTION,
    intoto.ENROLMENT,
    intoto.ENROLMENT_ANSWER,
    intoto.ROTATION,
    intoto.RECEIPT,
    intoto.REQUEST,
    intoto.CHALLENGE,
)
TYPES = (intoto.STATEMENT_TYPE, "https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v2", "")
PAYLOAD_TYPES = ("application/vnd.in-toto+json", "application/json", "application/vnd.in-toto+json; charset=utf-8", "")


def _raw_p256(message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(P256.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "ed25519": ED25519.sign,
    "ecdsa-p256": lambda message: P256.sign(message, ec.ECDSA(hashes.SHA256())),
    "ecdsa-p256-sha1": lambda message: P256.sign(message, ec.ECDSA(hashes.SHA1())),
    "ecdsa-p256-sha384": lambda message: P256.sign(message, ec.ECDSA(hashes.SHA384())),
    "ecdsa-p256-sha512": lambda message: P256.sign(message, ec.ECDSA(hashes.SHA512())),
    "ecdsa-p256-raw": _raw_p256,
    "rsa": lambda message: RSA.sign(message, PKCS1v15(), hashes.SHA256()),
    "empty": lambda _: b"",
    "message-itself": lambda message: message,
}
KEYS = {"ed25519": DEVICE.public, "ecdsa-p256": HARDWARE_DEVICE.public}


def _union(key: PublicKey, schema: str, type_: str = intoto.STATEMENT_TYPE) -> bytes:
    """A predicate that has the fields of every kind of message: only the type says what it is."""
    moment = "2026-11-22T22:00:00Z"
    secret = base64.b64encode(bytes(32)).decode()
    everything = {
        "value": "ab" * 32, "issued_at": moment, "use_until": moment, "expires_at": moment, "version": 1,
        "authority": base64.b64encode(key.spki).decode(), "id_key": secret, "address_key": secret,
        "pack": {"id": "x", "version": 1, "digest": "sha256:" + "0" * 64},
        "identifiers": [], "clients": [], "own_store": [], "internal": [],
    }  # fmt: skip
    found = statement(INVENTORY_BYTES, device=key.keyid)
    found["_type"] = type_
    found["predicateType"] = schema
    found["predicate"] = everything | found["predicate"]  # type: ignore[operator]
    return dumps(found)


def _sealed(payload: bytes, way: str, payload_type: str = PAYLOAD_TYPES[0]) -> bytes:
    sig = base64.b64encode(WAYS[way](pae(payload, payload_type))).decode()
    return dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [{"keyid": way, "sig": sig}],
        }
    )


def _readers(key: PublicKey) -> dict[str, Callable[[bytes], object]]:
    register = Register(devices={key.keyid: device_binding(key)})
    return {
        intoto.EVIDENCE: lambda line: open_report(line + b"\n" + INVENTORY_BYTES, register),
        intoto.POLICY_BUNDLE: read_bundle,
        intoto.EPOCH: lambda line: read_epoch(line, (key,)),
    }


def test_only_the_diagonal_of_key_algorithm_and_schema_passes() -> None:
    passed = set()
    for name, key in KEYS.items():
        for way in WAYS:
            for schema in SCHEMAS:
                line = _sealed(_union(key, schema), way)
                for reader, read in _readers(key).items():
                    try:
                        read(line)
                    except EvidenceError:
                        continue
                    passed.add((name, way, schema, reader))
    assert passed == {
        (name, name, schema, schema)
        for name in ("ed25519", "ecdsa-p256")
        for schema in (intoto.EVIDENCE, intoto.POLICY_BUNDLE, intoto.EPOCH)
    }


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_only_one_statement_type_and_one_payload_type_pass(key: PublicKey) -> None:
    passed = set()
    for type_ in TYPES:
        for payload_type in PAYLOAD_TYPES:
            for schema, read in _readers(key).items():
                try:
                    read(_sealed(_union(key, schema, type_), key.algorithm, payload_type))
                except EvidenceError:
                    continue
                passed.add((type_, payload_type, schema))
    assert passed == {(TYPES[0], PAYLOAD_TYPES[0], schema) for schema in _readers(key)}


def test_an_agent_that_cannot_verify_still_takes_no_other_message_for_an_epoch() -> None:
    for schema in SCHEMAS:
        line = _sealed(_union(DEVICE.public, schema), "empty")
        if schema == intoto.EPOCH:
            assert unverified_epoch(line).value == "ab" * 32
        else:
            with pytest.raises(EvidenceError):
                unverified_epoch(line)


def test_the_algorithm_is_the_keys_and_a_forged_key_record_gains_nothing() -> None:
    """Not even a record whose algorithm was swapped makes a signature hold."""
    for name, key in KEYS.items():
        other = PublicKey(algorithm="ecdsa-p256" if name == "ed25519" else "ed25519", spki=key.spki)
        for way, sign in WAYS.items():
            if way == name:
                key.verify(sign(b"x"), b"x")
            else:
                with pytest.raises(SignatureError):
                    key.verify(sign(b"x"), b"x")
            with pytest.raises(EvidenceError):
                other.verify(sign(b"x"), b"x")


def test_no_weaker_kind_of_key_can_be_registered() -> None:
    for private in (
        RSA,
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
        ec.generate_private_key(ec.SECP192R1()),
        ec.generate_private_key(ec.SECP256K1()),
        ec.generate_private_key(ec.SECP521R1()),
    ):
        with pytest.raises(KeyFormatError):
            PublicKey.from_spki(private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert isinstance(ED25519, ed25519.Ed25519PrivateKey)


OLD_KEY = STRANGER
MESSAGES = (
    intoto.ENROLMENT,
    intoto.ENROLMENT_ANSWER,
    intoto.ROTATION,
    intoto.RECEIPT,
    intoto.REQUEST,
    intoto.CHALLENGE,
)
DIGEST = "sha256:" + "1" * 64
SUBJECTS = {
    intoto.ENROLMENT_ANSWER: (enrolment.named("request", DIGEST),),
    intoto.CHALLENGE: (enrolment.named("request", DIGEST),),
    intoto.RECEIPT: (enrolment.named("statement", DIGEST), enrolment.named("inventory", DIGEST)),
}


def _service_union(key: PublicKey, schema: str, subjects_of: str) -> bytes:
    """A predicate that is whole for every message of enrolment and intake, with the subjects that one of them wants."""
    moment = "2026-11-22T22:00:00Z"
    subjects = SUBJECTS.get(subjects_of) or (
        intoto.subject("auditor", bytes.fromhex(key.keyid))
        if subjects_of == intoto.REQUEST
        else intoto.subject("key", key.spki),
    )
    predicate = {
        "token": "ab" * 32, "auditor": key.keyid, "key": base64.b64encode(key.spki).decode(), "hardware": False,
        "name": "n", "platform": "linux", "agent": "a", "requested_at": moment, "state": "accepted",
        "device": key.keyid, "authority": base64.b64encode(key.spki).decode(), "nonce": "n" * 16,
        "answered_at": moment, "old": OLD_KEY.public.keyid, "sequence": 1, "received_at": moment,
        "outcome": "accepted", "log_index": 0, "ask": "bundle", "asked_at": moment, "issued_at": moment,
    }  # fmt: skip
    return dumps(
        {
            "_type": intoto.STATEMENT_TYPE,
            "subject": [{"name": one.name, "digest": {"sha256": one.digest.sha256}} for one in subjects],
            "predicateType": schema,
            "predicate": predicate,
        }
    )


def _service_readers(key: PublicKey) -> dict[str, Callable[[bytes], object]]:
    return {
        intoto.ENROLMENT: enrolment.read_enrolment,
        intoto.ENROLMENT_ANSWER: lambda line: enrolment.read_answer(line, key.keyid, DIGEST),
        intoto.ROTATION: lambda line: enrolment.read_rotation(line, OLD_KEY.public),
        intoto.RECEIPT: lambda line: receipt.read_receipt(line, key, DIGEST),
        intoto.REQUEST: lambda line: receipt.read_request(line, (key,)),
        intoto.CHALLENGE: lambda line: receipt.read_challenge(line, key, DIGEST),
    }


def _twice_sealed(payload: bytes, way: str) -> bytes:
    """Signed in a way, and properly by the key that a rotation calls the old one."""
    sigs = (WAYS[way](pae(payload)), OLD_KEY.sign(pae(payload)))
    return dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPES[0],
            "signatures": [{"keyid": "", "sig": base64.b64encode(sig).decode()} for sig in sigs],
        }
    )


def test_only_the_diagonal_passes_for_messages_of_enrolment_and_intake_too() -> None:
    """Whichever subjects a message carries: nothing passes as what its type does not say."""
    passed = set()
    for name, key in KEYS.items():
        for schema in SCHEMAS:
            for subjects_of, read in _service_readers(key).items():
                payload = _service_union(key, schema, subjects_of)
                for way in WAYS:
                    try:
                        read(_twice_sealed(payload, way))
                    except EvidenceError:
                        continue
                    passed.add((name, way, schema, subjects_of))
    assert passed == {(name, name, schema, schema) for name in KEYS for schema in MESSAGES}
