"""Enrolment: the token that an officer hands out, what the agent sends with it, and what the auditor answers.

A token is `spt1.` and three parts in URL-safe base64 without padding: 32 secret bytes, the id of the auditor's key (32
bytes), the auditor's URL. Whoever has it may register one key, as often as its quota says; the auditor keeps a hash.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from . import message
from .errors import EvidenceError, KeyFormatError, SignatureError, StatementError
from .keys import PublicKey, Signer
from .message import Message
from .model import Platform
from .statement import (
    ENROLMENT,
    ENROLMENT_ANSWER,
    ROTATION,
    DeviceId,
    Hex256,
    KeyId,
    Moment,
    Sha256,
    ShortText,
    Statement,
    Subject,
    check_moment,
    named,
    subject,
)

PREFIX = "spt1"
SECRET_BYTES = 32
_LONGEST_URL = 512
_PARTS = 4
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Spki = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"\A[A-Za-z0-9+/]+={0,2}\Z")]
"""A SubjectPublicKeyInfo (DER) in base64."""
Nonce = Annotated[str, Meta(min_length=16, max_length=256)]
"""What an auditor gives for one report; long enough that nobody guesses it."""


class TokenError(EvidenceError):
    """A text is no enrolment token."""

    reason = "bad-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token: its secret, the id of the auditor's key, and where the auditor is (empty: by files only)."""

    secret: bytes = field(repr=False)
    auditor: str
    url: str

    @property
    def hash(self) -> bytes:
        """What the auditor keeps of it: SHA-256 of the secret."""
        return hashlib.sha256(self.secret).digest()

    def spelled(self) -> str:
        """The token as it is handed out."""
        return ".".join((PREFIX, *map(_b64, (self.secret, bytes.fromhex(self.auditor), self.url.encode()))))


def parse_token(text: str) -> Token:
    """Reads a token.

    Raises:
        TokenError: it is none, or was cut; or its URL is neither https nor plain http on this machine.
    """
    parts = text.strip().split(".")
    if len(parts) != _PARTS or parts[0] != PREFIX:
        raise TokenError("no enrolment token", expected=f"{PREFIX}.… as `device token` printed it")
    try:
        secret, auditor, url = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts[1:])
        spelled = url.decode("ascii")
    except (binascii.Error, ValueError):
        secret, auditor, spelled = b"", b"", ""
    if len(secret) != SECRET_BYTES or len(auditor) != SECRET_BYTES:
        raise TokenError("a token that was cut or changed", expected="all of it", cure="copy it again")
    found = Token(secret=secret, auditor=auditor.hex(), url=check_url(spelled) if spelled else "")
    if found.spelled() != text.strip():  # the decoder skips what is not of its alphabet
        raise TokenError("a token that was changed", expected="it as it was printed", cure="copy it again")
    return found


def check_url(url: str) -> str:
    """An auditor's URL without a slash at its end.

    Raises:
        TokenError: neither https, nor http on the loopback interface.
    """
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        plain = bool(parts.hostname) and parts.username is None and not set(url) & set(" ?#\\")
        _ = parts.port
    except ValueError:
        secure = plain = False
    if not secure or not plain or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable():
        raise TokenError("another URL", expected="https://HOST[:PORT][/PATH], or http:// on this machine alone")
    return url.rstrip("/")


class Enrolment(Struct, frozen=True, kw_only=True):
    """The predicate of a request to enrol, signed by the new key: that is the proof of possession.

    Attributes:
        token: the token's secret, hex.
        auditor: the id of the auditor's key as the token names it: a request for one auditor is no request for another.
        key: the new public key.
        hardware: whether a TPM or token made the key and holds it, as the agent says.
        name: what the machine calls itself; names the record that an unbound token makes.
        serial, platform: of the device; what a token may be bound to.
    """

    token: Hex256
    auditor: KeyId
    key: Spki
    hardware: bool = False
    name: ShortText
    serial: Annotated[str, Meta(max_length=128)] | None = None
    platform: Platform
    agent: ShortText
    requested_at: Moment

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.requested_at)


class EnrolmentAnswer(Struct, frozen=True, kw_only=True):
    """The predicate of the auditor's answer; its one subject is the request's statement (`request`).

    Attributes:
        state: `waiting` until an officer has compared the key's words.
        device, name: the device's id in evidence and its name in the register, once accepted.
        authority: the auditor's public key; its id is what the token named.
        nonce: for the first report; always fresh, never empty.
        bundle: digest of the policy bundle to fetch, if there is one.
    """

    state: Literal["accepted", "waiting"]
    device: DeviceId | None = None
    name: ShortText | None = None
    authority: Spki
    nonce: Nonce | None = None
    bundle: Sha256 | None = None
    answered_at: Moment

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone, and an acceptance of nobody."""
        check_moment(self.answered_at)
        if self.state == "accepted" and (self.device is None or self.name is None):
            raise ValueError("an acceptance that names no device")


class Rotation(Struct, frozen=True, kw_only=True):
    """The predicate of a change of keys, signed by the old and the new one; the device keeps its id."""

    device: DeviceId
    auditor: KeyId
    old: KeyId
    key: Spki
    hardware: bool = False
    requested_at: Moment

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.requested_at)


_ENROLMENT = msgspec.json.Decoder(Statement[Enrolment])
_ANSWER = msgspec.json.Decoder(Statement[EnrolmentAnswer])
_ROTATION = msgspec.json.Decoder(Statement[Rotation])


def make_enrolment(request: Enrolment, signer: Signer) -> bytes:
    """Signs a request to enrol with the key that it names."""
    return message.make(ENROLMENT, (subject("key", signer.public.spki),), request, (signer,))


def read_enrolment(raw: bytes) -> tuple[Message[Enrolment], PublicKey]:
    """Verifies that a request is signed by the key that it names; whether its token is good is the auditor's to say.

    Raises:
        EvidenceError: no such request, or signed by another key.
    """
    key = public_key(message.unverified(raw, _ENROLMENT, ENROLMENT).key)
    found = message.read(raw, _ENROLMENT, ENROLMENT, (key,))
    _check_subject(found.subjects, key)
    return found, key


def make_answer(answer: EnrolmentAnswer, request_digest: str, signer: Signer) -> bytes:
    """Signs the answer to the request whose statement has this digest (`sha256:…`)."""
    return message.make(ENROLMENT_ANSWER, (named("request", request_digest),), answer, (signer,))


def read_answer(raw: bytes, auditor: str, request_digest: str) -> tuple[Message[EnrolmentAnswer], PublicKey]:
    """Verifies an answer.

    Args:
        raw: the answer.
        auditor: the id of the auditor's key, from the token.
        request_digest: of the statement that was sent.

    Raises:
        EvidenceError: not an answer to this request, or not from this auditor.
    """
    key = public_key(message.unverified(raw, _ANSWER, ENROLMENT_ANSWER).authority)
    if key.keyid != auditor:
        raise SignatureError(
            f"an answer of auditor {key.keyid[:16]}…",
            expected=f"one of {auditor[:16]}…, as the token says",
            cure="somebody else answers at the auditor's address: tell your security officer",
        )
    found = message.read(raw, _ANSWER, ENROLMENT_ANSWER, (key,))
    if found.subjects != (named("request", request_digest),):
        raise StatementError("an answer to another request", expected="the answer to this one")
    return found, key


def make_rotation(rotation: Rotation, old: Signer, new: Signer) -> bytes:
    """Signs a change of keys with both."""
    return message.make(ROTATION, (subject("key", new.public.spki),), rotation, (old, new))


def unverified_rotation(raw: bytes) -> Rotation:
    """A change of keys that nobody has verified: only for finding the device's present key."""
    return message.unverified(raw, _ROTATION, ROTATION)


def read_rotation(raw: bytes, old: PublicKey) -> tuple[Message[Rotation], PublicKey]:
    """Verifies that the device's present key and the new one have both signed.

    Raises:
        EvidenceError: one of them has not, or the message names another key as the old one.
    """
    new = public_key(unverified_rotation(raw).key)
    if new.keyid == old.keyid:
        raise StatementError("a rotation to the same key", expected="a new key")
    found = message.read(raw, _ROTATION, ROTATION, (old, new), threshold=2)
    if found.predicate.old != old.keyid:
        raise StatementError("a rotation of another key", expected=f"of {old.keyid[:16]}…")
    _check_subject(found.subjects, new)
    return found, new


def public_key(encoded: str) -> PublicKey:
    """A public key in base64.

    Raises:
        KeyFormatError: not base64, or no key of an accepted type.
    """
    try:
        found = PublicKey.from_spki(base64.b64decode(encoded, validate=True))
    except ValueError:
        raise KeyFormatError("a key that is not base64", expected="a public key (DER) in base64") from None
    if encoded_key(found) != encoded:
        raise KeyFormatError("another spelling of a key", expected="its one encoding (DER, RFC 4648 base64)")
    return found


def encoded_key(key: PublicKey) -> str:
    """A public key as the messages carry it."""
    return base64.b64encode(key.spki).decode()


def _check_subject(subjects: tuple[Subject, ...], key: PublicKey) -> None:
    if subjects != (subject("key", key.spki),):
        raise StatementError("statement: another subject", expected="the new key alone")


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
