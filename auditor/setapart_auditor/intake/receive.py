"""From the bytes of any signed message to what is to be done with it; its signature holds, or it goes no further.

Order, for a report: size, envelope, key by device, signature, type, digest and decoding (`open_report`), the limit of
the device, its nonce. Then it is the writer's. Nothing but the key is asked of the store before the signature holds.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from sqlalchemy import Connection, func, select

from setapart_auditor.errors import NotAllowedError, StoreError
from setapart_auditor.installation import Installation
from setapart_auditor.store import schema
from setapart_evidence.enrolment import read_enrolment, unverified_rotation
from setapart_evidence.errors import EvidenceError, SignatureError, UnknownKeyError
from setapart_evidence.message import Message
from setapart_evidence.receipt import Challenge, Request, make_challenge, read_request, unverified_request
from setapart_evidence.statement import ENROLMENT, EVIDENCE, REQUEST
from setapart_evidence.text import printable

from .batch import Arrived
from .bundles import Bundles
from .keys import KeyDirectory
from .limits import Limiter
from .nonce import NonceKey
from .peek import Claim
from .verifier import Claimed, Pending
from .verifying import verify
from .writer import Task

Kind = Literal["receipt", "enrolment-answer", "rotation-answer", "challenge", "bundle"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back to the sender.

    Attributes:
        kind: of the message in `body`.
        body: a signed message.
        outcome: a receipt's.
        device, sequence: of the report or the request.
        resent: the report was here before; the receipt is the one that was given then.
    """

    kind: Kind
    body: bytes = field(repr=False)
    outcome: str | None = None
    device: str | None = None
    sequence: int | None = None
    resent: bool = False


class Receiver:
    """Reads messages, in one thread.

    Args:
        installation: the auditor.
        nonces, keys, bundles: what it issues and whom it knows.
        devices: the limit of each device; None for files.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        nonces: NonceKey,
        keys: KeyDirectory,
        bundles: Bundles,
        devices: Limiter | None,
    ) -> None:
        self._installation = installation
        self._nonces = nonces
        self._keys = keys
        self._bundles = bundles
        self._devices = devices

    def learn(self, claims: Iterable[Claim]) -> None:
        """Looks the keys of these reports up together; what then is not known is looked up when it is asked for."""
        with suppress(EvidenceError, StoreError):  # a damaged key is its own device's
            self._keys.learn((one.device, one.station) for one in claims if one.kind == EVIDENCE and one.device)

    def claimed(self, claim: Claim, raw: bytes) -> Claimed | None:
        """What a verifier has to know of a report; None for one that none of our keys can speak for."""
        keys = self._keys.keys_for(claim.device, claim.station) if claim.kind == EVIDENCE and claim.device else ()
        return Claimed(raw=raw, device=claim.device, station=claim.station, keys=keys) if keys else None

    def read(self, kind: str, raw: bytes, now: dt.datetime, begun: Pending | None) -> Arrived | Task[Answer] | Answer:
        """Verifies a message.

        Args:
            kind: its predicate type, as it claims.
            raw: the message.
            now: the moment of its arrival.
            begun: it is being verified already.

        Returns:
            A report or a task for the writer, or the answer itself where nothing is to be written.

        Raises:
            EvidenceError: it is no acceptable message.
            NotAllowedError: it is for another auditor, or its device may not ask.
            TooManyError: the device sends too much.
        """
        if kind == EVIDENCE:
            return self._report(raw, now, begun)
        if kind == REQUEST:
            return self._request(raw, now)
        return self._enrolment(raw, now) if kind == ENROLMENT else self._rotation(raw, now)

    def _report(self, raw: bytes, now: dt.datetime, begun: Pending | None) -> Arrived:
        report, body = self._verified(lambda: verify(raw, self._keys), begun=begun.result if begun else lambda: None)
        self._take(report.device)
        nonce = report.nonce
        return Arrived(
            report=report,
            received_at=now,
            nonce_issued_at=self._nonces.issued_at(report.device, nonce) if nonce is not None else None,
            envelope=raw[: report.envelope],
            body=body,
        )

    def _request(self, raw: bytes, now: dt.datetime) -> Answer:
        found = self._verified(lambda: self._read_request(raw))
        request = found.predicate
        self._check_auditor(request.auditor)
        self._take(request.device)
        unit, moved = self._active_unit(request.device, found.keyids)
        bundle = self._bundles.of(unit, now, moved=moved)
        if request.ask == "bundle":
            return Answer(kind="bundle", body=bundle.raw, device=request.device)
        challenge = Challenge(
            device=request.device,
            nonce=self._nonces.issue(request.device, now),
            issued_at=now,
            bundle=bundle.signed.digest,
        )
        body = make_challenge(challenge, found.digest, self._installation.authority.signer)
        return Answer(kind="challenge", body=body, device=request.device)

    def _read_request(self, raw: bytes) -> Message[Request]:
        device = unverified_request(raw).device
        keys = tuple(binding.key for binding in self._keys.keys_for(device, None))
        if not keys:
            raise UnknownKeyError(
                f"device {printable(device, 80)!r} has no registered key",
                expected="an enrolled device",
                cure="enrol it with a token of `setapart-auditor device token`",
            )
        return read_request(raw, keys)

    def _enrolment(self, raw: bytes, now: dt.datetime) -> Task[Answer]:
        """The signature first; the token is looked at in the transaction that uses it up."""
        from setapart_auditor.enrolment.enrol import enrol

        message, _ = read_enrolment(raw)
        self._check_auditor(message.predicate.auditor)

        def run(connection: Connection) -> Answer:
            body = enrol(
                connection,
                self._installation,
                raw,
                now,
                bundle_of=lambda unit: self._bundles.digest_of(unit, now),
                nonce=lambda device: self._nonces.issue(device, now),
            )
            return Answer(kind="enrolment-answer", body=body)

        return Task(run=run)

    def _rotation(self, raw: bytes, now: dt.datetime) -> Task[Answer]:
        from setapart_auditor.enrolment.rotate import rotate

        claimed = unverified_rotation(raw)
        self._check_auditor(claimed.auditor)
        if not self._keys.keys_for(claimed.device, None):
            raise UnknownKeyError(
                f"device {printable(claimed.device, 80)!r} has no registered key", expected="an enrolled device"
            )

        def run(connection: Connection) -> Answer:
            return Answer(
                kind="rotation-answer", body=rotate(connection, self._installation, raw, now), device=claimed.device
            )

        return Task(run=run)

    def _verified(self, read: Callable[[], T], *, begun: Callable[[], T | None] = lambda: None) -> T:
        """Reads with the keys that are known, and once more if the register has changed meanwhile.

        What a verifier has found, with the keys that were known then, stands for the first time.
        """
        try:
            return begun() or read()
        except (UnknownKeyError, SignatureError):
            if not self._keys.look_again():
                raise
        return read()

    def _check_auditor(self, keyid: str) -> None:
        if keyid != self._installation.keyid:
            raise NotAllowedError("a message for another auditor", expected=f"one for {self._installation.keyid[:16]}…")

    def _take(self, device: str) -> None:
        """Counts a message whose signature holds: nobody else can use a device's share up."""
        if self._devices is not None:
            self._devices.take(device, time.monotonic())

    def _active_unit(self, device: str, keyids: tuple[str, ...]) -> tuple[str, dt.datetime | None]:
        """The unit of a device, if one of these is its key now, whatever is remembered of keys; when it came there."""
        change = schema.device_change
        moved = (
            select(func.max(change.c.at))
            .where(change.c.device_no == schema.device.c.no, change.c.field == "unit")
            .scalar_subquery()
        )
        query = (
            select(schema.device.c.state, schema.device.c.unit, moved.label("moved"))
            .join(schema.device_key, schema.device_key.c.device_no == schema.device.c.no)
            .where(
                schema.device.c.id == device,
                schema.device_key.c.keyid.in_(keyids),
                schema.device_key.c.valid_until.is_(None),
            )
        )
        with self._installation.store.read() as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            self._keys.look_again()
            raise UnknownKeyError(
                "a key that no longer speaks for this device",
                expected="the device's present key",
                cure="use the new key, or enrol again with a new token",
            )
        if found.state != "active":
            raise NotAllowedError(f"this device is {found.state}", expected="an active one")
        return str(found.unit), found.moved
