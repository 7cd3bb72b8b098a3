"""Policy bundles: whose they are, and that their lists mean one thing."""

import base64
import hashlib
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_maker import AUTHORITY, HARDWARE_DEVICE, STRANGER, dumps, sealed, sha256
from setapart_evidence import message, statement
from setapart_evidence.bundle import PackRef, PolicyBundle, list_digest, make_bundle, read_bundle
from setapart_evidence.errors import EvidenceError, KeyFormatError, SignatureError, SizeError, StatementError
from setapart_evidence.keys import Signer

SUBJECTS = (statement.subject("pack", b"pack"),)


def _spelt(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


BUNDLE = PolicyBundle(
    version=3,
    issued_at=datetime(2026, 11, 1, tzinfo=UTC),
    expires_at=datetime(2027, 2, 1, tzinfo=UTC),
    authority=_spelt(AUTHORITY.public.spki),
    pack=PackRef(id="no-2023", version=1, digest="sha256:" + "0" * 64),
    identifiers=("android:com.zhiliaoapp.musically", "origin:telegram.org"),
    clients=("android:com.fsck.k9",),
    own_store=("android:com.fsck.k9",),
    internal=("domain:agency.example",),
    id_key=_spelt(b"i" * 32),
    address_key=_spelt(b"a" * 32),
)


def _changed(signer: Signer = AUTHORITY, **fields: object) -> bytes:
    return make_bundle(msgspec.structs.replace(BUNDLE, **fields), SUBJECTS, signer)


def test_a_bundle_comes_back_with_its_digest_and_its_key() -> None:
    raw = make_bundle(BUNDLE, SUBJECTS, AUTHORITY)
    found = read_bundle(raw)
    payload = base64.b64decode(msgspec.json.decode(raw)["payload"])
    assert found.bundle == BUNDLE
    assert found.keyid == AUTHORITY.public.keyid
    assert found.digest == f"sha256:{sha256(payload)}"
    assert (found.bundle.id_secret(), found.bundle.address_secret()) == (b"i" * 32, b"a" * 32)
    assert read_bundle(raw, AUTHORITY.public.keyid) == found


def test_an_authority_may_have_a_hardware_key() -> None:
    raw = _changed(HARDWARE_DEVICE, authority=_spelt(HARDWARE_DEVICE.public.spki))
    assert read_bundle(raw).keyid == HARDWARE_DEVICE.public.keyid


def test_another_authority_is_refused_where_one_is_pinned() -> None:
    raw = _changed(STRANGER, authority=_spelt(STRANGER.public.spki))
    assert read_bundle(raw).keyid == STRANGER.public.keyid
    with pytest.raises(SignatureError):
        read_bundle(raw, AUTHORITY.public.keyid)


def test_a_bundle_that_names_an_authority_which_did_not_sign_is_refused() -> None:
    for pinned in (None, AUTHORITY.public.keyid):
        with pytest.raises(SignatureError):
            read_bundle(make_bundle(BUNDLE, SUBJECTS, STRANGER), pinned)


_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()


@pytest.mark.parametrize(
    "authority",
    [
        "",
        "not base64!",
        "é",
        "AAAA",
        AUTHORITY.public.pem().decode(),
        _spelt(AUTHORITY.public.spki + b"\0"),
        _spelt(b"0" * 100_000),
        _spelt(_RSA.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    ],
)
def test_a_hostile_authority_is_a_key_error(authority: str) -> None:
    with pytest.raises(KeyFormatError):
        read_bundle(_changed(authority=authority))


@pytest.mark.parametrize("name", ["id_key", "address_key"])
@pytest.mark.parametrize("value", ["", "x", "é" * 44, _spelt(b"x" * 31), _spelt(b"x" * 33), "0x" + "0" * 64])
def test_keys_of_another_length_are_refused(name: str, value: str) -> None:
    with pytest.raises(StatementError) as refused:
        read_bundle(_changed(**{name: value}))
    assert name in str(refused.value)
    assert len(value) < 10 or value not in str(refused.value)  # secrets stay out of messages


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 0),
        ("version", 2**53),
        ("level", "none"),
        ("addresses", "some"),
        ("identifiers", ("a\nb",)),
        ("identifiers", ("",)),
        ("internal", ("a\rb",)),
        ("clients", ("a\0",)),
        ("own_store", ("x" * 513,)),
        ("identifiers", None),
        ("issued_at", "2026-11-01T00:00:00"),
        ("expires_at", "9999-12-31T00:00:00Z"),
        ("issued_at", "0001-01-01T00:00:00+09:00"),
        ("pack", {"id": "x", "version": 1, "digest": "0" * 64}),
    ],
)
def test_a_bundle_out_of_shape_is_a_statement_error(name: str, value: object) -> None:
    predicate = msgspec.to_builtins(BUNDLE) | {name: value}
    payload = dumps(
        {
            "_type": statement.STATEMENT_TYPE,
            "subject": [{"name": "pack", "digest": {"sha256": "0" * 64}}],
            "predicateType": statement.POLICY_BUNDLE,
            "predicate": predicate,
        }
    )
    with pytest.raises(StatementError):
        read_bundle(sealed(payload, AUTHORITY))


def test_a_bundle_may_be_larger_than_evidence_and_no_larger_than_four_mib() -> None:
    many = tuple(f"android:com.example.app{number}" for number in range(20_000))
    assert read_bundle(_changed(identifiers=many)).bundle.identifiers == many
    with pytest.raises(SizeError):
        read_bundle(b" " * (4 * 1024 * 1024 + 1))


def test_any_changed_bit_of_the_payload_is_refused() -> None:
    raw = make_bundle(BUNDLE, SUBJECTS, AUTHORITY)
    for at in range(12, raw.index(b'"payloadType"'), 7):
        with pytest.raises(EvidenceError):
            read_bundle(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])


@settings(deadline=None, max_examples=100)
@given(raw=st.binary(max_size=200))
def test_arbitrary_bytes_are_an_evidence_error(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_bundle(raw)


def test_list_digest_is_that_of_sorted_lines() -> None:
    lines = hashlib.sha256(b"a\nb\n\xc3\xa9\n").hexdigest()
    assert list_digest(["b", "a", "é", "b"]) == list_digest(("é", "a", "b")) == f"sha256:{lines}"
    assert list_digest([]) == f"sha256:{hashlib.sha256(b'').hexdigest()}"


@pytest.mark.parametrize("items", [["a\nb"], ["\n"], ["a", "b\n"], ["\ud800"]])
def test_no_item_can_stand_for_two(items: list[str]) -> None:
    with pytest.raises(StatementError):
        list_digest(items)


@settings(deadline=None, max_examples=200)
@given(one=st.frozensets(st.text(max_size=4), max_size=4), other=st.frozensets(st.text(max_size=4), max_size=4))
def test_different_lists_have_different_digests(one: frozenset[str], other: frozenset[str]) -> None:
    try:
        same = list_digest(one) == list_digest(other)
    except StatementError:
        return
    assert same == (one == other)


def test_a_signature_of_the_authority_over_something_else_makes_no_bundle() -> None:
    raw = message.make(statement.EPOCH, SUBJECTS, BUNDLE, (AUTHORITY,))
    with pytest.raises(StatementError):
        read_bundle(raw)
