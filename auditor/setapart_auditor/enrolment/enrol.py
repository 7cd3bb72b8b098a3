"""Requests to enrol: proof of possession first, then the token, then one transaction that uses it and binds the key.

The order of the checks, none of which a later one can undo:

1. the request is signed by the key that it names, and names this auditor;
2. a key that has asked before gets the answer that it has: no token is used twice for one key;
3. the token is known, and neither revoked, expired nor used up;
4. the record that it leads to is active and has no key, unless an officer said that it gets a new one;
5. the token's use is counted, the key is bound or waits for an officer, the log says so, the answer is signed.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, update

from setapart_auditor.errors import ConflictError, NotAllowedError, TokenRefusedError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.trail import record
from setapart_auditor.register.database import RegisteredDevice
from setapart_auditor.store.schema import enrolment
from setapart_evidence.enrolment import Enrolment, EnrolmentAnswer, encoded_key, make_answer, public_key, read_enrolment
from setapart_evidence.message import Message

from .asked import Asked, Enrolled, asked_of, keep, of_key
from .place import bind, numbered, owner_of, place_of
from .tokens import IssuedToken, bearer, find_token, redeem, token_of_secret

Nonce = Callable[[str], str]
"""A fresh nonce for a device's id."""
Bundle = Callable[[str], str | None]
"""The digest of the policy bundle that a unit's agents should have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What answers are made with: the auditor, the moment, nonces, the digest of the bundle a unit should have."""

    installation: Installation
    now: dt.datetime
    nonce: Nonce = field(repr=False)
    bundle_of: Bundle

    def accepted(self, found: RegisteredDevice, digest: str) -> bytes:
        """The answer to a request whose key is now a device's.

        Raises:
            NotAllowedError: the device is not active.
        """
        if found.state != "active":
            raise NotAllowedError(f"this device is {found.state}", expected="an active one")
        id_ = found.registration.id
        return self._signed(
            EnrolmentAnswer(
                state="accepted",
                device=id_,
                name=found.name,
                authority=self._authority,
                nonce=self.nonce(id_),
                bundle=self.bundle_of(found.registration.unit),
                answered_at=self.now,
            ),
            digest,
        )

    def waiting(self, digest: str) -> bytes:
        """The answer to a request that an officer has not looked at yet."""
        return self._signed(EnrolmentAnswer(state="waiting", authority=self._authority, answered_at=self.now), digest)

    @property
    def _authority(self) -> str:
        return encoded_key(self.installation.authority.signer.public)

    def _signed(self, answer: EnrolmentAnswer, digest: str) -> bytes:
        return make_answer(answer, digest, self.installation.authority.signer)


def enrol(
    connection: Connection,
    installation: Installation,
    raw: bytes,
    now: dt.datetime,
    *,
    nonce: Nonce,
    bundle_of: Bundle,
) -> bytes:
    """Answers a request to enrol; the same request again gets the same answer, however often.

    Args:
        connection: of the only writer; an error must roll its transaction back.
        installation: the auditor.
        raw: the request.
        now: the moment.
        nonce: makes the nonce of a device's first report.
        bundle_of: digest of the policy bundle that a unit's agents should have.

    Returns:
        The signed answer, of state `accepted` or `waiting`.

    Raises:
        EvidenceError: no request, or not signed by the key that it names.
        TokenRefusedError: the token is not accepted; only `real` says why.
        ConflictError: the key or the device is enrolled already, otherwise than this request would have it.
        NotAllowedError: the request is for another auditor; an officer refused the key; the device is not active.
    """
    message, key = read_enrolment(raw)
    check_auditor(installation, message.predicate.auditor)
    desk = Desk(installation=installation, now=now, nonce=nonce, bundle_of=bundle_of)
    before = of_key(connection, key.keyid)
    if before is not None:
        return _again(connection, desk, message, before)
    token = _usable(connection, message.predicate, now)
    asked = asked_of(message)
    owner = owner_of(connection, key)
    if owner is not None:
        return _known(connection, desk, token, asked, owner)
    place = place_of(connection, token, asked)
    redeem(connection, token, now)
    if token.confirm:
        device_no = place.no if place is not None else None
        found = keep(connection, asked, key.keyid, now, token_no=token.no, device_no=device_no, state="waiting")
        _log(connection, "enrol-wait", found, place.name if place is not None else asked.name, now)
        return _kept(connection, found, desk.waiting(asked.digest))
    device = bind(connection, token, asked, key, now)
    found = keep(connection, asked, key.keyid, now, token_no=token.no, device_no=device.no, state="accepted")
    _log(connection, "enrol", found, device.name, now)
    return _kept(connection, found, desk.accepted(device, asked.digest))


def check_auditor(installation: Installation, keyid: str) -> None:
    """Returns if a message is for this auditor.

    Raises:
        NotAllowedError: it is for another: whoever passes it on would enrol a device that never asked for this.
    """
    if keyid != installation.keyid:
        raise NotAllowedError("a message for another auditor", expected=f"one for {installation.keyid[:16]}…")


def _again(connection: Connection, desk: Desk, message: Message[Enrolment], before: Enrolled) -> bytes:
    """The answer to a key that has asked before, with the same token or with one that is still good."""
    hashed = hashlib.sha256(bytes.fromhex(message.predicate.token)).digest()
    token = token_of_secret(connection, hashed)
    if token.no != before.token_no:
        _check_usable(token, desk.now)
        if token.device_no is not None and token.device_no != before.device_no:
            raise ConflictError("a key of another device", expected="a key of its own", cure="make a new key")
    if before.state == "refused":
        raise NotAllowedError("an officer refused this key", expected="a key whose words were compared")
    is_same = message.digest == before.asked.digest
    if before.state == "waiting":
        return before.answer if is_same and before.answer is not None else desk.waiting(message.digest)
    assert before.device_no is not None
    device = numbered(connection, before.device_no)
    owner_of(connection, before.key)  # a key that was replaced gets no answer, not even the one that it had
    if is_same and before.answer is not None and device.state == "active":
        return before.answer
    answer = desk.accepted(device, message.digest)
    return _kept(connection, before, answer) if is_same else answer


def _known(connection: Connection, desk: Desk, token: IssuedToken, asked: Asked, owner: RegisteredDevice) -> bytes:
    """The answer to a key that an officer had put into the register: its device needs no second record."""
    if token.device_no is not None and token.device_no != owner.no:
        raise ConflictError("a key of another device", expected="a key of its own", cure="make a new key")
    answer = desk.accepted(owner, asked.digest)
    redeem(connection, token, desk.now)
    keyid = public_key(asked.key).keyid
    found = keep(connection, asked, keyid, desk.now, token_no=token.no, device_no=owner.no, state="accepted")
    _log(connection, "enrol", found, owner.name, desk.now)
    return _kept(connection, found, answer)


def _usable(connection: Connection, request: Enrolment, now: dt.datetime) -> IssuedToken:
    token = token_of_secret(connection, hashlib.sha256(bytes.fromhex(request.token)).digest())
    _check_usable(token, now)
    return token


def _check_usable(token: IssuedToken, now: dt.datetime) -> None:
    why = token.refusal(now)
    if why is not None:
        raise TokenRefusedError(why)


def _kept(connection: Connection, found: Enrolled, answer: bytes) -> bytes:
    connection.execute(update(enrolment).where(enrolment.c.no == found.no).values(answer=answer))
    return answer


def _log(connection: Connection, kind: str, found: Enrolled, name: str, now: dt.datetime) -> None:
    token = find_token(connection, found.token_no)
    detail = {
        "enrolment": str(found.no),
        "key": found.keyid,
        "hardware": str(token.hardware and found.asked.hardware).lower(),
        "replaces": str(token.replaces).lower(),
        "agent": found.asked.agent,
    }
    record(connection, bearer(found.token_no), kind, now, about=name, detail=detail)
