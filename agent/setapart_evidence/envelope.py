"""DSSE v1.0.2 envelopes (https://github.com/secure-systems-lab/dsse), and the two-part evidence file.

An evidence file is an envelope on line 1 and, after the first line feed, the inventory's exact bytes.
"""

import base64
import binascii
from collections.abc import Sequence

import msgspec

from . import strict_json
from .errors import EnvelopeError, SizeError
from .keys import Signer
from .limits import DEFAULT_LIMITS, Limits

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_CURE = "make the report again; if it was carried by hand, copy the file again in binary mode"


class Signature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signature over `pae`; `keyid` is an unauthenticated hint and decides nothing."""

    keyid: str = ""
    sig: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A DSSE envelope: the base64 of the exact bytes signed, their type, and the signatures."""

    payload: str
    payloadType: str  # noqa: N815 - DSSE's own name
    signatures: tuple[Signature, ...]

    def payload_bytes(self) -> bytes:
        """The exact bytes that were signed.

        Raises:
            EnvelopeError: the payload is not standard base64 with padding.
        """
        return _unbase64(self.payload, "payload")

    def signature_bytes(self) -> tuple[bytes, ...]:
        """Every signature's bytes, in the envelope's order.

        Raises:
            EnvelopeError: a signature is not standard base64 with padding.
        """
        return tuple(_unbase64(signature.sig, "signature") for signature in self.signatures)


_DECODER = msgspec.json.Decoder(Envelope)


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's Pre-Authentication Encoding; lengths count bytes, not characters."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, signers: Sequence[Signer], payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Signs a payload.

    Returns:
        The envelope on one line, without a line feed.
    """
    message = pae(payload_type, payload)
    signatures = tuple(
        Signature(keyid=signer.public.keyid, sig=base64.b64encode(signer.sign(message)).decode()) for signer in signers
    )
    envelope = Envelope(payload=base64.b64encode(payload).decode(), payloadType=payload_type, signatures=signatures)
    return msgspec.json.encode(envelope)


def parse(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Envelope:
    """Reads an envelope strictly: exactly the known keys, each once; standard base64; at least one signature.

    Raises:
        SizeError: longer than `limits.envelope` bytes.
        EnvelopeError: anything else that is wrong with it.
    """
    if len(raw) > limits.envelope:
        raise SizeError(f"an envelope of more than {limits.envelope} bytes", expected="a small signed statement")
    envelope = strict_json.decode(
        raw,
        _DECODER,
        nesting=limits.nesting,
        error=EnvelopeError,
        what="envelope",
        expected="payload, payloadType and signatures",
    )
    if envelope.payloadType != PAYLOAD_TYPE:
        raise EnvelopeError("envelope: another payloadType", expected=PAYLOAD_TYPE, cure=_CURE)
    if not 1 <= len(envelope.signatures) <= limits.signatures:
        raise EnvelopeError(
            f"envelope: {len(envelope.signatures)} signatures", expected=f"1 to {limits.signatures}", cure=_CURE
        )
    return envelope


def join(envelope: bytes, inventory: bytes) -> bytes:
    """The evidence file of an envelope and the inventory that its statement names."""
    return envelope + b"\n" + inventory


def split(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[bytes, bytes]:
    """Cuts an evidence file at its first line feed, after looking at the sizes alone.

    Returns:
        The envelope's bytes and the inventory's exact bytes.

    Raises:
        SizeError: either part is over its limit.
        EnvelopeError: there is no line feed, so there is no second part; or text-mode copying has changed it.
    """
    end = raw.find(b"\n", 0, limits.envelope + 1)
    if end < 0:
        if len(raw) > limits.envelope:
            raise SizeError(f"an envelope of more than {limits.envelope} bytes", expected="an evidence file")
        raise EnvelopeError("one part only", expected="an envelope, a line feed and the inventory", cure=_CURE)
    if raw[end - 1 : end] == b"\r":
        raise EnvelopeError("a line that ends in CR LF", expected="a line feed alone", cure=_CURE)
    if len(raw) - end - 1 > limits.inventory:
        raise SizeError(
            f"an inventory of more than {limits.inventory} bytes",
            expected="at most that",
            cure="report with scoped disclosure",
        )
    return raw[:end], raw[end + 1 :]


def _unbase64(text: str, what: str) -> bytes:
    try:
        found = binascii.a2b_base64(text)
    except ValueError:
        found = None
    # Encoding again is the only check that leaves no second spelling of the same bytes.
    if found is None or binascii.b2a_base64(found, newline=False).decode() != text:
        raise EnvelopeError(f"envelope: {what} is not standard base64", expected="RFC 4648, section 4", cure=_CURE)
    return found


__all__ = ["PAYLOAD_TYPE", "Envelope", "Signature", "join", "pae", "parse", "seal", "split"]
