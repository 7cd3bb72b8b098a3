"""An exception as it is signed: by the officer who asks, then over the same bytes by the one who grants it."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from . import envelope as dsse
from . import message
from .errors import SignatureError
from .keys import PublicKey, Signer
from .message import Message
from .statement import EXCEPTION, DeviceId, Moment, ShortText, Statement, check_moment, subject

ExceptionId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")]
NEED_CHARACTERS = 1000
_Name = Annotated[str, Meta(min_length=1, max_length=128)]


class ExceptionRequest(Struct, frozen=True, kw_only=True):
    """The predicate of a request: one app, on one device, for one holder, from a day to a day, both inclusive.

    Attributes:
        id: of the exception; signatures over one exception are none over another.
        device, name: the device's id in evidence (None before it is enrolled) and its name in the register.
        ground: of the grounds that the pack knows; may be empty.
        requested_by: the officer who signs it first.
    """

    id: ExceptionId
    device: DeviceId | None = None
    name: _Name
    app: Annotated[str, Meta(min_length=1, max_length=64)]
    holder: _Name
    need: Annotated[str, Meta(min_length=1, max_length=NEED_CHARACTERS)]
    ground: ShortText = ""
    valid_from: dt.date = msgspec.field(name="from")
    until: dt.date
    requested_by: _Name
    requested_at: Moment

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.requested_at)


_DECODER = msgspec.json.Decoder(Statement[ExceptionRequest])


def make_request(request: ExceptionRequest, requester: Signer) -> bytes:
    """Signs a request."""
    return message.make(EXCEPTION, (subject("exception", request.id.encode()),), request, (requester,))


def read_request(raw: bytes, requester: PublicKey) -> Message[ExceptionRequest]:
    """Verifies a request, whether or not it was granted.

    Raises:
        EvidenceError: no request, altered, or not signed by this key.
    """
    return message.read(raw, _DECODER, EXCEPTION, (requester,))


def grant(raw: bytes, requester: PublicKey, approver: Signer) -> bytes:
    """Adds the second signature to a request, over the same bytes as the first.

    Raises:
        EvidenceError: no request of this requester; it was signed by another besides; or one key for both.
    """
    read_request(raw, requester)
    envelope = dsse.parse(raw.removesuffix(b"\n"))
    if len(envelope.signatures) != 1:
        raise SignatureError(f"{len(envelope.signatures)} signatures", expected="a request that nobody has granted yet")
    if approver.public.keyid == requester.keyid:
        raise SignatureError("one key for both signatures", expected="another officer's key")
    second = dsse.parse(dsse.seal(envelope.payload_bytes(), (approver,))).signatures
    both = msgspec.structs.replace(envelope, signatures=(*envelope.signatures, *second))
    return msgspec.json.encode(both) + b"\n"


def read_granted(raw: bytes, requester: PublicKey, approver: PublicKey) -> Message[ExceptionRequest]:
    """Verifies an exception: both keys, which are different ones, have signed the same bytes.

    Raises:
        EvidenceError: no request, altered, or one signature is missing.
    """
    return message.read(raw, _DECODER, EXCEPTION, (requester, approver), threshold=2)
