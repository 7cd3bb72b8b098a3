"""Receipts, and the other things that an agent asks of the auditor: a challenge, its policy bundle.

A receipt says that a report is on the auditor's disk. An agent lets go of a report only for a receipt of its auditor
over exactly this report.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from . import message
from .enrolment import Nonce
from .errors import StatementError
from .keys import PublicKey, Signer
from .message import Message
from .statement import (
    CHALLENGE,
    RECEIPT,
    REQUEST,
    DeviceId,
    KeyId,
    Moment,
    Sha256,
    Statement,
    Subject,
    check_moment,
    named,
    subject,
)

Outcome = Literal["accepted", "late", "forked", "quarantined"]
"""`late`: kept, and older than what is current. `forked`: kept, and its chain is now disputed. `quarantined`: kept, and
not judged, because the device was revoked."""


class Receipt(Struct, frozen=True, kw_only=True):
    """The predicate of a receipt; its subjects are the report's statement and inventory.

    Attributes:
        nonce: for the next report.
        log_index: the place in the auditor's log.
        bundle: digest of the policy bundle that agents should have now, if there is one.
    """

    device: DeviceId
    sequence: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    received_at: Moment
    outcome: Outcome
    nonce: Nonce
    log_index: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    bundle: Sha256 | None = None

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.received_at)


class Request(Struct, frozen=True, kw_only=True):
    """The predicate of an agent's question, signed by the device's key; `auditor` is the id of the auditor's key."""

    device: DeviceId
    auditor: KeyId
    ask: Literal["bundle", "challenge"]
    asked_at: Moment

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.asked_at)


class Challenge(Struct, frozen=True, kw_only=True):
    """The predicate of the answer to `challenge`; its one subject is the request's statement."""

    device: DeviceId
    nonce: Nonce
    issued_at: Moment
    bundle: Sha256 | None = None

    def __post_init__(self) -> None:
        """Refuses a moment that can't be compared in every time zone."""
        check_moment(self.issued_at)


_RECEIPT = msgspec.json.Decoder(Statement[Receipt])
_REQUEST = msgspec.json.Decoder(Statement[Request])
_CHALLENGE = msgspec.json.Decoder(Statement[Challenge])


def make_receipt(receipt: Receipt, statement_digest: str, inventory_digest: str, signer: Signer) -> bytes:
    """Signs the receipt of a report; digests as `sha256:…`."""
    subjects = (named("statement", statement_digest), named("inventory", inventory_digest))
    return message.make(RECEIPT, subjects, receipt, (signer,))


def read_receipt(raw: bytes, auditor: PublicKey, statement_digest: str) -> Message[Receipt]:
    """Verifies the receipt of one report.

    Raises:
        EvidenceError: no receipt, of another auditor, or of another report.
    """
    found = read_any_receipt(raw, auditor)
    if found.subjects[0] != named("statement", statement_digest):
        raise StatementError("the receipt of another report", expected=f"that of {statement_digest[:23]}…")
    return found


def read_any_receipt(raw: bytes, auditor: PublicKey) -> Message[Receipt]:
    """Verifies a receipt, of whatever report: what it says, but that a report is with the auditor.

    Raises:
        EvidenceError: no receipt, or of another auditor.
    """
    found = message.read(raw, _RECEIPT, RECEIPT, (auditor,))
    if tuple(one.name for one in found.subjects) != ("statement", "inventory"):
        raise StatementError("a receipt with other subjects", expected="a statement and its inventory")
    return found


def unverified_receipt(raw: bytes) -> Receipt:
    """A receipt that nobody has verified: only for finding the report that it is about."""
    return message.unverified(raw, _RECEIPT, RECEIPT)


def make_request(request: Request, signer: Signer) -> bytes:
    """Signs a question."""
    return message.make(REQUEST, (_auditor(request.auditor),), request, (signer,))


def unverified_request(raw: bytes) -> Request:
    """A question that nobody has verified: only for finding the device's key."""
    return message.unverified(raw, _REQUEST, REQUEST)


def read_request(raw: bytes, keys: Sequence[PublicKey]) -> Message[Request]:
    """Verifies a question.

    Raises:
        EvidenceError: no question, or not signed by one of `keys`; or its subject is no auditor's key.
    """
    found = message.read(raw, _REQUEST, REQUEST, keys)
    if found.subjects != (_auditor(found.predicate.auditor),):
        raise StatementError("statement: another subject", expected="the auditor whom it asks")
    return found


def make_challenge(challenge: Challenge, request_digest: str, signer: Signer) -> bytes:
    """Signs a fresh nonce for a device."""
    return message.make(CHALLENGE, (named("request", request_digest),), challenge, (signer,))


def read_challenge(raw: bytes, auditor: PublicKey, request_digest: str) -> Message[Challenge]:
    """Verifies the answer to one question.

    Raises:
        EvidenceError: no challenge, of another auditor, or the answer to another question.
    """
    found = message.read(raw, _CHALLENGE, CHALLENGE, (auditor,))
    if found.subjects != (named("request", request_digest),):
        raise StatementError("a challenge for another request", expected="the answer to this one")
    return found


def _auditor(keyid: str) -> Subject:
    return subject("auditor", bytes.fromhex(keyid))
