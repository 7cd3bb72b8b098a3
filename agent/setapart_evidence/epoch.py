"""Epochs: signed markers that show, offline, that a report is no older than the marker.

An agent puts the epoch's value into its report; whoever verifies knows when that value was issued.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from . import message
from .keys import PublicKey, Signer
from .message import Message
from .statement import EPOCH, Hex256, Moment, Statement, check_moment, subject


class Epoch(Struct, frozen=True, kw_only=True):
    """The predicate of an epoch file: 256 random bits in hex, when they were issued and until when to use them."""

    value: Hex256
    issued_at: Moment
    use_until: Moment

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.issued_at, self.use_until)


_DECODER = msgspec.json.Decoder(Statement[Epoch])


def make_epoch(epoch: Epoch, signer: Signer) -> bytes:
    """Signs an epoch."""
    return message.make(EPOCH, (subject("epoch", epoch.value.encode()),), epoch, (signer,))


def read_epoch(raw: bytes, keys: Sequence[PublicKey]) -> Message[Epoch]:
    """Verifies an epoch file.

    Raises:
        EvidenceError: not an epoch, altered, or signed by nobody of `keys`.
    """
    return message.read(raw, _DECODER, EPOCH, keys)


def unverified_epoch(raw: bytes) -> Epoch:
    """An epoch as an agent without the authority's key reads it: it only passes the value on.

    Raises:
        EvidenceError: not an epoch file.
    """
    return message.unverified(raw, _DECODER, EPOCH)
