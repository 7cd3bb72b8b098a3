"""Key files of every kind that somebody will try, and signatures that must not hold."""

import base64
import hashlib
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_maker import DEVICE, HARDWARE_DEVICE, OTHER_DEVICE
from setapart_evidence.errors import EvidenceError, KeyFormatError, SignatureError
from setapart_evidence.keys import EcdsaP256Signer, Ed25519Signer, PublicKey, generate, load_signer, low_s

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# RFC 8032, section 7.1, test 3.
RFC_SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
RFC_PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
RFC_SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
# RFC 8410, section 10: a private key in PKCS #8, and the public key of section 10.1.
RFC_PEM = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
"""
RFC_PUBLIC_PEM = b"""-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


def _spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]


def _pkcs8(key: object) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]


def _block(label: str, der: bytes) -> bytes:
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode()}\n-----END {label}-----\n".encode()


def test_ed25519_is_that_of_rfc_8032() -> None:
    signer = Ed25519Signer(RFC_SEED)
    assert signer.public.spki[-32:] == RFC_PUBLIC
    assert signer.sign(bytes.fromhex("af82")) == RFC_SIGNATURE
    signer.public.verify(RFC_SIGNATURE, bytes.fromhex("af82"))


def test_ed25519_files_are_those_of_rfc_8410() -> None:
    signer = load_signer(RFC_PEM)
    assert signer.pem() == RFC_PEM
    assert signer.public.pem() == RFC_PUBLIC_PEM
    assert PublicKey.from_pem(RFC_PUBLIC_PEM) == PublicKey.from_pem(RFC_PEM) == signer.public


def test_key_id_is_the_digest_of_the_public_key_in_der() -> None:
    der = base64.b64decode("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")
    assert PublicKey.from_pem(RFC_PUBLIC_PEM).keyid == hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
def test_a_key_file_gives_the_same_key_back(algorithm: str) -> None:
    signer = generate(algorithm)  # type: ignore[arg-type]
    again = load_signer(signer.pem())
    assert again.public == signer.public
    assert PublicKey.from_pem(signer.public.pem()) == signer.public
    assert PublicKey.from_spki(signer.public.spki).algorithm == algorithm
    signer.public.verify(again.sign(b"x"), b"x")
    assert generate(algorithm).public != signer.public  # type: ignore[arg-type]


def test_other_tools_spellings_of_our_kinds_are_read() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    sec1 = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert load_signer(sec1).public.spki == _spki(key.public_key())
    seed = base64.b64decode(b"".join(RFC_PEM.splitlines()[1:-1]))[-32:]
    attributes = bytes.fromhex("3030020100300506032b657004220420") + seed + bytes.fromhex("a000")  # RFC 5208: none
    assert load_signer(_block("PRIVATE KEY", attributes)).pem() == RFC_PEM
    for raw in (RFC_PUBLIC_PEM.replace(b"\n", b"\r\n"), b"# from Ann\n" + RFC_PUBLIC_PEM + b"\n\n"):
        assert PublicKey.from_pem(raw).pem() == RFC_PUBLIC_PEM


def test_one_p256_key_has_one_id_however_its_point_is_encoded() -> None:
    """Else one key could count twice where two signatures are demanded."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    compressed = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    assert PublicKey.from_spki(compressed) == PublicKey.from_spki(_spki(public))
    assert PublicKey.from_pem(_block("PUBLIC KEY", compressed)).keyid == hashlib.sha256(_spki(public)).hexdigest()


_ENCRYPTED = DEVICE._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
_P384 = ec.generate_private_key(ec.SECP384R1())
_K1 = ec.generate_private_key(ec.SECP256K1())
_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)
_SPKI = DEVICE.public.spki


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"\xff\xfe" * 40,
        b"-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----",
        b"-----END PRIVATE KEY-----\n-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----",
        RFC_PEM.replace(b"MC4C", b"MC4D"),
        RFC_PEM[:60],
        RFC_PUBLIC_PEM,
        _ENCRYPTED,
        _pkcs8(_P384),
        _pkcs8(_K1),
        _pkcs8(_RSA),
        _pkcs8(ed448.Ed448PrivateKey.generate()),
        _pkcs8(x25519.X25519PrivateKey.generate()),
        _block("PRIVATE KEY", bytes.fromhex("302e020100300506032b657004220420") + bytes(31)),
        _block("PRIVATE KEY", bytes.fromhex("302e020100300506032b657004220420") + bytes(33)),
        _block("PRIVATE KEY", b"\x30\x80" + bytes(100)),
        DEVICE._key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())[:100],
    ],
)
def test_what_is_no_private_key_of_ours_is_a_key_error(raw: bytes) -> None:
    with pytest.raises(KeyFormatError) as refused:
        load_signer(raw)
    assert refused.value.cure


@pytest.mark.parametrize(
    "spki",
    [
        b"",
        _SPKI[:-1],
        _SPKI + b"\0",
        _SPKI[:12],
        b"\x30" * 44,
        _spki(_P384.public_key()),
        _spki(_K1.public_key()),
        _spki(_RSA.public_key()),
        _spki(ed448.Ed448PrivateKey.generate().public_key()),
        _spki(x25519.X25519PrivateKey.generate().public_key()),
        HARDWARE_DEVICE.public.spki + b"\0",
        HARDWARE_DEVICE.public.spki[:-1],
        HARDWARE_DEVICE.public.spki[:27] + bytes(64),  # no point of the curve
    ],
    ids=lambda spki: f"{len(spki)}-bytes",
)
def test_what_is_no_public_key_of_ours_is_a_key_error(spki: bytes) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_spki(spki)
    with pytest.raises(KeyFormatError):
        PublicKey.from_pem(_block("PUBLIC KEY", spki))


def test_a_certificate_is_no_public_key() -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_pem(_block("CERTIFICATE", _SPKI))


@settings(deadline=None, max_examples=150)
@given(
    raw=st.binary(max_size=200)
    | st.tuples(st.sampled_from(["PRIVATE KEY", "PUBLIC KEY", "EC PRIVATE KEY"]), st.binary(max_size=150)).map(
        lambda found: _block(*found)
    )
)
def test_arbitrary_key_files_are_a_key_error(raw: bytes) -> None:
    for read in (load_signer, PublicKey.from_pem, PublicKey.from_spki):
        with pytest.raises(KeyFormatError):
            read(raw)  # type: ignore[operator]


@settings(deadline=None, max_examples=150)
@given(at=st.integers(min_value=0, max_value=90), value=st.integers(min_value=0, max_value=255))
def test_a_changed_byte_of_a_key_is_a_key_or_our_error(at: int, value: int) -> None:
    for spki in (_SPKI, HARDWARE_DEVICE.public.spki):
        changed = spki[:at] + bytes([value]) + spki[at + 1 :]
        try:
            key = PublicKey.from_spki(changed)
        except EvidenceError:
            continue
        if key.spki != spki:
            with pytest.raises(SignatureError):
                key.verify(DEVICE.sign(b"x"), b"x")


@settings(deadline=None, max_examples=60)
@given(message=st.binary(max_size=100))
def test_low_s_verifies_is_low_and_is_final(message: bytes) -> None:
    r, s = decode_dss_signature(HARDWARE_DEVICE.sign(message))
    high = encode_dss_signature(r, P256_ORDER - s)
    assert s <= P256_ORDER // 2
    assert low_s(high) == low_s(low_s(high)) == encode_dss_signature(r, s)
    HARDWARE_DEVICE.public.verify(low_s(high), message)
    HARDWARE_DEVICE.public.verify(high, message)


def test_our_p256_signer_never_emits_the_high_s() -> None:
    signer = EcdsaP256Signer(HARDWARE_DEVICE.key)
    for _ in range(20):
        assert decode_dss_signature(signer.sign(b"x"))[1] <= P256_ORDER // 2


@pytest.mark.parametrize("signature", [b"", b"\0", bytes(64), bytes(65), b"\xff" * 64, b"\x30\x06\x02\x01\0\x02\x01\0"])
def test_no_odd_signature_holds_or_leaks_an_error(signature: bytes) -> None:
    for key in (DEVICE.public, HARDWARE_DEVICE.public):
        with pytest.raises(SignatureError):
            key.verify(signature, b"x")


def test_a_key_whose_parts_do_not_fit_verifies_nothing() -> None:
    """A register row that was edited by hand."""
    signature = DEVICE.sign(b"x")
    for key in (
        PublicKey(algorithm="ecdsa-p256", spki=_SPKI),
        PublicKey(algorithm="ed25519", spki=HARDWARE_DEVICE.public.spki),
        PublicKey(algorithm="ed25519", spki=_SPKI[:-1]),
        PublicKey(algorithm="ed25519", spki=b""),
    ):
        with pytest.raises(EvidenceError):
            key.verify(signature, b"x")


def test_another_devices_signature_does_not_hold() -> None:
    with pytest.raises(SignatureError):
        DEVICE.public.verify(OTHER_DEVICE.sign(b"x"), b"x")


def test_a_key_that_has_verified_can_go_to_another_process() -> None:
    for signer in (DEVICE, HARDWARE_DEVICE):
        signer.public.verify(signer.sign(b"x"), b"x")
        assert pickle.loads(pickle.dumps(signer.public)) == signer.public


def test_a_private_key_never_shows_in_a_repr() -> None:
    signer = Ed25519Signer(RFC_SEED)
    assert RFC_SEED.hex() not in repr(signer) + repr(vars(signer).keys())
    assert ed25519.Ed25519PrivateKey.__name__ not in repr(signer.public)
