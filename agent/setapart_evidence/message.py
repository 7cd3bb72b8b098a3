"""Signed messages other than evidence: one envelope, one statement, its own predicate type."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from . import envelope as dsse
from . import statement as intoto
from .errors import SignatureError
from .keys import PublicKey, Signer
from .limits import DEFAULT_LIMITS, Limits
from .statement import Statement, Subject

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Generic[T]):
    """A message whose signatures hold: its predicate, its subjects, its digest and the ids of the keys that signed."""

    predicate: T
    subjects: tuple[Subject, ...]
    digest: str
    keyids: tuple[str, ...]


def make(
    predicate_type: str, subjects: tuple[Subject, ...], predicate: msgspec.Struct, signers: Sequence[Signer]
) -> bytes:
    """Signs a message. Returns the envelope on one line, with a line feed."""
    return dsse.seal(intoto.encode(predicate_type, subjects, predicate), signers) + b"\n"


def read(
    raw: bytes,
    decoder: "msgspec.json.Decoder[Statement[T]]",
    predicate_type: str,
    keys: Sequence[PublicKey],
    *,
    threshold: int = 1,
    limits: Limits = DEFAULT_LIMITS,
) -> Message[T]:
    """Verifies a message.

    Args:
        raw: the envelope, with or without a final line feed.
        decoder: for `Statement[...]` of the message's predicate.
        predicate_type: the one type that is accepted here.
        keys: who may sign it.
        threshold: how many different keys must have signed; less than one counts as one.
        limits: sizes and depths.

    Raises:
        EvidenceError: the subclass names what does not hold.
    """
    envelope = dsse.parse(raw.removesuffix(b"\n"), limits)
    payload = envelope.payload_bytes()
    message = dsse.pae(dsse.PAYLOAD_TYPE, payload)
    signatures = envelope.signature_bytes()
    signed = tuple(dict.fromkeys(key.keyid for key in keys if _signed(key, signatures, message)))
    if len(signed) < max(threshold, 1):
        raise SignatureError(
            f"{len(signed)} accepted signatures", expected=f"{threshold} by different keys that may sign this"
        )
    found = intoto.decode(payload, decoder, predicate_type, limits)
    return Message(predicate=found.predicate, subjects=found.subject, digest=intoto.digest(payload), keyids=signed)


def unverified(
    raw: bytes, decoder: "msgspec.json.Decoder[Statement[T]]", predicate_type: str, limits: Limits = DEFAULT_LIMITS
) -> T:
    """The predicate of a message that nobody has verified yet: only for finding the key to verify it with."""
    envelope = dsse.parse(raw.removesuffix(b"\n"), limits)
    return intoto.decode(envelope.payload_bytes(), decoder, predicate_type, limits).predicate


def _signed(key: PublicKey, signatures: tuple[bytes, ...], message: bytes) -> bool:
    for signature in signatures:
        try:
            key.verify(signature, message)
        except SignatureError:
            continue
        return True
    return False
