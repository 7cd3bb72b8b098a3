"""What a message claims to be, before anything of it is believed: only to know which reader to give it to."""

import binascii
import re
from typing import NamedTuple

import msgspec

from setapart_evidence import envelope as dsse
from setapart_evidence.errors import EnvelopeError, EvidenceError, SizeError
from setapart_evidence.limits import DEFAULT_LIMITS
from setapart_evidence.statement import DEVICE_ID, ENROLMENT, EVIDENCE, REQUEST, ROTATION

KINDS = (ENROLMENT, EVIDENCE, ROTATION, REQUEST)
"""In the order in which those that came together are taken in."""
MOST = DEFAULT_LIMITS.envelope + 1 + DEFAULT_LIMITS.inventory
"""Bytes of the largest message."""


class _Envelope(msgspec.Struct, frozen=True):
    payload: str


class _Device(msgspec.Struct, frozen=True):
    id: str = ""


class _Origin(msgspec.Struct, frozen=True):
    station: str | None = None


class _Observation(msgspec.Struct, frozen=True):
    sequence: int = 0


class _Predicate(msgspec.Struct, frozen=True):
    device: _Device | str = ""
    observation: _Observation = _Observation()
    origin: _Origin = _Origin()


class _Statement(msgspec.Struct, frozen=True):
    predicateType: str  # noqa: N815 - in-toto's own name
    predicate: _Predicate = _Predicate()


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_DEVICE_ID = re.compile(DEVICE_ID)
"""Nothing else is a device's, and goes no further."""
_STATEMENT = msgspec.json.Decoder(_Statement)


class Claim(NamedTuple):
    """What a message claims: its predicate type, its device, and the station that made it; "" for no device's name."""

    kind: str
    device: str
    station: str | None


def claim_of(raw: bytes) -> Claim:
    """What a message claims.

    Raises:
        SizeError: larger than any message.
        EnvelopeError: no envelope, or of no type that is taken in.
    """
    if len(raw) > MOST:
        raise SizeError(f"a message of more than {MOST} bytes", expected="one evidence file or signed message")
    found = _statement_of(raw)
    if found.predicateType not in KINDS:
        raise EnvelopeError(
            "a message of another type", expected="evidence, a request to enrol, a rotation or a request"
        )
    claimed = _device_of(found)
    device = claimed if _DEVICE_ID.fullmatch(claimed) else ""
    return Claim(found.predicateType, device, found.predicate.origin.station)


def order_of(raw: bytes) -> tuple[int, str, int]:
    """Where a message stands among those that came with it: enrolments, reports as they were made, rotations."""
    try:
        found = _statement_of(raw)
    except EvidenceError:
        return len(KINDS), "", 0
    if found.predicateType not in KINDS:
        return len(KINDS), "", 0
    return KINDS.index(found.predicateType), _device_of(found), found.predicate.observation.sequence


def _statement_of(raw: bytes) -> _Statement:
    end = raw.find(b"\n", 0, DEFAULT_LIMITS.envelope + 1)
    first = raw[: end if end >= 0 else DEFAULT_LIMITS.envelope + 1]
    try:
        return _STATEMENT.decode(binascii.a2b_base64(_ENVELOPE.decode(first).payload))
    except (msgspec.DecodeError, ValueError, RecursionError):
        dsse.parse(first)  # says better what is wrong
        raise EnvelopeError("a payload that is no statement", expected="a signed message of setapart") from None


def _device_of(statement: _Statement) -> str:
    device = statement.predicate.device
    return device if isinstance(device, str) else device.id
