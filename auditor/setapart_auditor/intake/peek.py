"""What a message claims to be, before anything of it is believed: only to know which reader to give it to."""

import binascii

import msgspec

from setapart_evidence import envelope as dsse
from setapart_evidence.errors import EnvelopeError, SizeError
from setapart_evidence.limits import DEFAULT_LIMITS
from setapart_evidence.statement import ENROLMENT, EVIDENCE, REQUEST, ROTATION

KINDS = (EVIDENCE, ENROLMENT, ROTATION, REQUEST)
MOST = DEFAULT_LIMITS.envelope + 1 + DEFAULT_LIMITS.inventory
"""Bytes of the largest message."""


class _Envelope(msgspec.Struct, frozen=True):
    payload: str


class _Device(msgspec.Struct, frozen=True):
    id: str = ""


class _Predicate(msgspec.Struct, frozen=True):
    device: _Device | str = ""


class _Statement(msgspec.Struct, frozen=True):
    predicateType: str  # noqa: N815 - in-toto's own name
    predicate: _Predicate = _Predicate()


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_STATEMENT = msgspec.json.Decoder(_Statement)


def claim_of(raw: bytes) -> tuple[str, str]:
    """The predicate type and the device that a message claims.

    Raises:
        SizeError: larger than any message.
        EnvelopeError: no envelope, or of no type that is taken in.
    """
    if len(raw) > MOST:
        raise SizeError(f"a message of more than {MOST} bytes", expected="one evidence file or signed message")
    end = raw.find(b"\n", 0, DEFAULT_LIMITS.envelope + 1)
    first = raw[: end if end >= 0 else DEFAULT_LIMITS.envelope + 1]
    try:
        payload = binascii.a2b_base64(_ENVELOPE.decode(first).payload)
        found = _STATEMENT.decode(payload)
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError, ValueError, RecursionError):
        dsse.parse(first)  # says better what is wrong
        raise EnvelopeError("a payload that is no statement", expected="a signed message of setapart") from None
    if found.predicateType not in KINDS:
        raise EnvelopeError(
            "a message of another type", expected="evidence, a request to enrol, a rotation or a request"
        )
    device = found.predicate.device
    return found.predicateType, device if isinstance(device, str) else device.id
