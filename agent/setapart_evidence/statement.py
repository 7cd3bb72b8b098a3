"""in-toto Statement v1 (https://in-toto.io/Statement/v1) as the signed part of evidence and of every other message.

Each kind of message has its own predicate type, and none is accepted as another.
"""

import hashlib
from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from . import strict_json
from .errors import StatementError
from .limits import DEFAULT_LIMITS, Limits
from .model import Count
from .text import printable

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
HELD_SOURCES = frozenset({"androidqf", "bugreport", "ios-backup", "mdm", "root"})
"""Sources that are read out of a capture: what they show is as old as the capture, whenever it is signed."""
SUBJECT_NAME = "inventory"
"""The one subject of evidence."""
EVIDENCE = "urn:setapart:evidence:v1"
POLICY_BUNDLE = "urn:setapart:policy-bundle:v1"
EPOCH = "urn:setapart:epoch:v1"
EXCEPTIONS = "urn:setapart:exceptions:v1"
EXCEPTION = "urn:setapart:exception:v1"
ENROLMENT = "urn:setapart:enrolment:v1"
ENROLMENT_ANSWER = "urn:setapart:enrolment-answer:v1"
ROTATION = "urn:setapart:rotation:v1"
RECEIPT = "urn:setapart:receipt:v1"
REQUEST = "urn:setapart:request:v1"
CHALLENGE = "urn:setapart:challenge:v1"

Grade = Literal["hardware-key", "agent-key", "station", "imported", "self-declared"]
Maturity = Literal["real-hardware", "captures", "untested"]
Level = Literal["scoped", "full"]
Moment = Annotated[datetime, Meta(tz=True)]
Sha256 = Annotated[str, Meta(pattern=r"\Asha256:[0-9a-f]{64}\Z")]
Hex256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
KeyId = Hex256
_OF_AN_ID = "[A-Za-z0-9._:-]"
DEVICE_ID = _OF_AN_ID + "{1,128}"
"""A regular expression of ids of devices, not anchored."""
DeviceId = Annotated[str, Meta(min_length=1, max_length=128, pattern=rf"\A{_OF_AN_ID}+\Z")]
ShortText = Annotated[str, Meta(max_length=256)]


def check_moment(*moments: datetime) -> None:
    """Refuses the first and the last year of `datetime`, where a change of time zone overflows.

    Raises:
        ValueError: msgspec turns it into its own error while it decodes.
    """
    if not all(MINYEAR < moment.year < MAXYEAR for moment in moments):
        raise ValueError(f"a moment outside the years {MINYEAR + 1} to {MAXYEAR - 1}")


class SubjectDigest(Struct, frozen=True, kw_only=True):
    """in-toto's DigestSet; only SHA-256 is used here."""

    sha256: Hex256


class Subject(Struct, frozen=True, kw_only=True):
    """in-toto's ResourceDescriptor: the artefact that the predicate speaks of."""

    name: ShortText
    digest: SubjectDigest


class DeviceRef(Struct, frozen=True, kw_only=True):
    """Which device: its own key's id, `hw-` and a keyed digest of its serial, or `local-` and a random value."""

    id: DeviceId


class Observation(Struct, frozen=True, kw_only=True):
    """Where this report stands in its device's chain, and what shows that it is fresh.

    `previous` is the digest of the previous statement's payload; `collected_at` is informative only.
    """

    collected_at: Moment
    sequence: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    previous: Sha256 | None = None
    nonce: ShortText | None = None
    epoch: ShortText | None = None

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.collected_at)


class Disclosure(Struct, frozen=True, kw_only=True):
    """Which filter was applied: the digests of the bundle, its identifiers and its internal domains."""

    level: Level
    bundle: Sha256 | None = None
    identifiers: Sha256 | None = None
    domains: Sha256 | None = None


class CollectorRef(Struct, frozen=True, kw_only=True):
    """One collector that ran: its name, version, the digest of its code, and how far it has been tried."""

    name: ShortText
    version: Count
    digest: Sha256 | None = None
    maturity: Maturity = "untested"


class Origin(Struct, frozen=True, kw_only=True):
    """Who observed and how; `station` is the key id of the station that signs for another device."""

    agent: ShortText
    grade: Grade
    station: KeyId | None = None
    source: ShortText
    collectors: Annotated[tuple[CollectorRef, ...], Meta(max_length=256)] = ()


class Predicate(Struct, frozen=True, kw_only=True):
    """The predicate of evidence."""

    device: DeviceRef
    observation: Observation
    disclosure: Disclosure
    origin: Origin


_SHA256 = "sha256:"
T = TypeVar("T")


class Statement(Struct, Generic[T], frozen=True, kw_only=True):
    """in-toto Statement v1."""

    type_: str = msgspec.field(name="_type")
    subject: Annotated[tuple[Subject, ...], Meta(min_length=1, max_length=16)]
    predicateType: str  # noqa: N815 - in-toto's own name
    predicate: T


def encode(predicate_type: str, subjects: tuple[Subject, ...], predicate: Struct) -> bytes:
    """The payload bytes to sign: compact UTF-8 JSON."""
    return msgspec.json.encode(
        Statement(type_=STATEMENT_TYPE, subject=subjects, predicateType=predicate_type, predicate=predicate)
    )


def decode(
    payload: bytes, decoder: "msgspec.json.Decoder[Statement[T]]", predicate_type: str, limits: Limits = DEFAULT_LIMITS
) -> "Statement[T]":
    """Reads the payload of a signature that has been verified. Unknown fields are ignored.

    Args:
        payload: the exact bytes that were signed.
        decoder: for `Statement[...]` of the message's own predicate.
        predicate_type: the one predicate type that this place accepts.
        limits: the nesting that is read.

    Raises:
        StatementError: malformed, ambiguous, or a message of another type.
    """
    try:
        found = strict_json.decode(
            payload,
            decoder,
            nesting=limits.nesting,
            error=StatementError,
            what="statement",
            expected=f"a statement of type {predicate_type}",
        )
    except StatementError:
        refuse_other_type(payload, predicate_type)  # its fields would only distract
        raise
    _check_kind(found, predicate_type)
    return found


def refuse_other_type(payload: bytes, predicate_type: str) -> None:
    """Names a message of another type as such; says nothing about a payload that names no type.

    Raises:
        StatementError: another type.
    """
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _check_kind(_KIND.decode(payload), predicate_type)


def digest(payload: bytes) -> str:
    """`sha256:` and the hex digest: the identity of a statement, an inventory or a bundle."""
    return f"{_SHA256}{hashlib.sha256(payload).hexdigest()}"


def subject(name: str, content: bytes) -> Subject:
    """The subject that names these bytes."""
    return Subject(name=name, digest=SubjectDigest(sha256=hashlib.sha256(content).hexdigest()))


def named(name: str, digest: str) -> Subject:
    """The subject of a name and a `sha256:` digest."""
    return Subject(name=name, digest=SubjectDigest(sha256=digest.removeprefix(_SHA256)))


def raw_digest(digest: str) -> bytes:
    """The 32 bytes of a `sha256:` digest."""
    return bytes.fromhex(digest.removeprefix(_SHA256))


def digest_text(digest: bytes) -> str:
    """`sha256:` and the hex of these 32 bytes; `raw_digest` takes it back."""
    return f"{_SHA256}{digest.hex()}"


class _Kind(Struct, frozen=True, kw_only=True):
    type_: str = msgspec.field(name="_type")
    predicateType: str  # noqa: N815


def _check_kind(found: "_Kind | Statement[T]", predicate_type: str) -> None:
    for got, expected in ((found.type_, STATEMENT_TYPE), (found.predicateType, predicate_type)):
        if got != expected:
            raise StatementError(f"statement: a message of type {printable(got, 80)!r}", expected=expected)


_KIND = msgspec.json.Decoder(_Kind)
EVIDENCE_DECODER = msgspec.json.Decoder(Statement[Predicate])
