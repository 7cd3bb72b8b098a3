"""Signing keys: Ed25519 in software, ECDSA P-256 with SHA-256 (DER) where hardware holds the key.

The algorithm belongs to the key and is never chosen by a message. The key id is the SHA-256 of the key's
SubjectPublicKeyInfo in DER, in hex.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

from .errors import KeyFormatError, SignatureError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Algorithm = Literal["ed25519", "ecdsa-p256"]

# The fixed DER headers of RFC 8410: reading and writing them here keeps a key file's parser out of every start
# (docs/adr/0004-import-budget.md has the figures).
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
_ED25519_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_KEY_BYTES = 32
_CURE = "make one with `setapart-agent keygen --output key.pem`"


@dataclass(frozen=True, slots=False, kw_only=True)
class PublicKey:
    """A public key with the one algorithm that it is used with."""

    algorithm: Algorithm
    spki: bytes = field(repr=False)

    @cached_property
    def keyid(self) -> str:
        """SHA-256 of the SubjectPublicKeyInfo (DER), 64 hex digits."""
        return hashlib.sha256(self.spki).hexdigest()

    @cached_property
    def _key(self) -> "Ed25519PublicKey | EllipticCurvePublicKey":
        if self.algorithm == "ed25519":
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            return Ed25519PublicKey.from_public_bytes(self.spki[len(_ED25519_SPKI) :])
        return _load_p256_public(self.spki)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Returns if the signature is this key's over the message.

        Both halves of ECDSA's s are accepted: a report's identity is its payload, never its envelope.

        Raises:
            SignatureError: it is not.
        """
        from cryptography.exceptions import InvalidSignature

        try:
            if self.algorithm == "ed25519":
                self._key.verify(signature, message)  # type: ignore[call-arg]
            else:
                from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
                from cryptography.hazmat.primitives.hashes import SHA256

                self._key.verify(signature, message, ECDSA(SHA256()))  # type: ignore[call-arg]
        except (InvalidSignature, ValueError):
            raise SignatureError(
                f"a signature that key {self.keyid[:16]}… did not make", expected="a signature over the exact payload"
            ) from None

    def __reduce__(self) -> "tuple[Callable[[bytes], PublicKey], tuple[bytes]]":
        """Pickles the encoded key only: what `verify` keeps of it can't leave the process."""
        return PublicKey.from_spki, (self.spki,)

    def pem(self) -> bytes:
        """The key as a PEM `PUBLIC KEY` block."""
        return _pem("PUBLIC KEY", self.spki)

    @staticmethod
    def from_pem(raw: bytes) -> "PublicKey":
        """Reads a PEM `PUBLIC KEY` block, or the public half of a `PRIVATE KEY` block.

        Raises:
            KeyFormatError: not PEM, or a key of another type.
        """
        if b"PRIVATE KEY-----" in raw:
            return load_signer(raw).public
        return PublicKey.from_spki(_unpem(raw, b"PUBLIC KEY"))

    @staticmethod
    def from_spki(spki: bytes) -> "PublicKey":
        """Reads a SubjectPublicKeyInfo in DER; one P-256 key has one id, however its point was encoded.

        Raises:
            KeyFormatError: a key of another type than Ed25519 or ECDSA P-256.
        """
        if spki.startswith(_ED25519_SPKI) and len(spki) == len(_ED25519_SPKI) + _KEY_BYTES:
            return PublicKey(algorithm="ed25519", spki=spki)
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = _load_p256_public(spki)
        return PublicKey(algorithm="ecdsa-p256", spki=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


class Signer(Protocol):
    """Whatever can sign: a key file, a TPM, a token."""

    @property
    def public(self) -> PublicKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """The signature over the message, in the public key's algorithm."""


class Ed25519Signer:
    """An Ed25519 key held in memory (RFC 8032)."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key: Ed25519PrivateKey = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._key.public_key().public_bytes_raw()
        self.public = PublicKey(algorithm="ed25519", spki=_ED25519_SPKI + raw)
        self._seed = seed

    def sign(self, message: bytes) -> bytes:
        """64 bytes, R and S."""
        return self._key.sign(message)

    def pem(self) -> bytes:
        """The private key as an unencrypted PKCS #8 PEM block."""
        return _pem("PRIVATE KEY", _ED25519_PKCS8 + self._seed)


class EcdsaP256Signer:
    """An ECDSA P-256 key held in memory; signatures are DER with the low s."""

    def __init__(self, key: "EllipticCurvePrivateKey") -> None:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        self._key = key
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public = PublicKey(algorithm="ecdsa-p256", spki=spki)

    def sign(self, message: bytes) -> bytes:
        """DER of r and the lower of s and n - s."""
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
        from cryptography.hazmat.primitives.hashes import SHA256

        return low_s(self._key.sign(message, ECDSA(SHA256())))

    def pem(self) -> bytes:
        """The private key as an unencrypted PKCS #8 PEM block."""
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


FileSigner = Ed25519Signer | EcdsaP256Signer


def generate(algorithm: Algorithm = "ed25519") -> FileSigner:
    """Makes a new key from the system's randomness."""
    if algorithm == "ed25519":
        import secrets

        return Ed25519Signer(secrets.token_bytes(_KEY_BYTES))
    from cryptography.hazmat.primitives.asymmetric import ec

    return EcdsaP256Signer(ec.generate_private_key(ec.SECP256R1()))


def load_signer(raw: bytes) -> FileSigner:
    """Reads an unencrypted private key: PKCS #8 PEM of Ed25519 or ECDSA P-256.

    Raises:
        KeyFormatError: not PEM, encrypted, or a key of another type.
    """
    if b"-----BEGIN PRIVATE KEY-----" in raw:
        der = _unpem(raw, b"PRIVATE KEY")
        if der.startswith(_ED25519_PKCS8) and len(der) == len(_ED25519_PKCS8) + _KEY_BYTES:
            return Ed25519Signer(der[len(_ED25519_PKCS8) :])
    return _load_private(raw)


def low_s(signature: bytes) -> bytes:
    """The same ECDSA P-256 signature with the lower of its two valid values of s."""
    from cryptography.hazmat.primitives.asymmetric.utils import (
        decode_dss_signature,
        encode_dss_signature,
    )

    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _P256_ORDER - s))


def _load_private(raw: bytes) -> FileSigner:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(raw, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFormatError(
            "a file that is no unencrypted private key", expected="PKCS #8 PEM of Ed25519 or ECDSA P-256", cure=_CURE
        ) from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Ed25519Signer(key.private_bytes_raw())
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return EcdsaP256Signer(key)
    raise KeyFormatError("a private key of another type", expected="Ed25519 or ECDSA P-256", cure=_CURE)


def _load_p256_public(spki: bytes) -> "EllipticCurvePublicKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise KeyFormatError("a public key of another type", expected="Ed25519 or ECDSA P-256", cure=_CURE)


def _pem(label: str, der: bytes) -> bytes:
    body = base64.b64encode(der).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()


def _unpem(raw: bytes, label: bytes) -> bytes:
    head, foot = b"-----BEGIN " + label + b"-----", b"-----END " + label + b"-----"
    start, end = raw.find(head), raw.find(foot)
    if start >= 0 and end > start:
        try:
            return base64.b64decode(b"".join(raw[start + len(head) : end].split()), validate=True)
        except (binascii.Error, ValueError):
            pass
    raise KeyFormatError("a file that is no PEM key", expected=f"a {label.decode()} block", cure=_CURE)
