"""The intake as a service: takes any signed message, answers it once what it says is on disk.

Order, for a report: size, envelope, key by device, signature, type, digest and decoding (`open_report`), limits of the
device, then the writer: sequence, nonce and chain, the disk, the signed receipt. Nothing but the key is asked of the
database before the signature holds.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import zstandard
from sqlalchemy import Connection

from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.installation import Installation, Policies
from setapart_evidence import envelope as dsse
from setapart_evidence.enrolment import read_enrolment, unverified_rotation
from setapart_evidence.errors import EvidenceError, SignatureError, UnknownKeyError
from setapart_evidence.message import Message
from setapart_evidence.open import open_report
from setapart_evidence.receipt import Challenge, Request, make_challenge, read_request, unverified_request
from setapart_evidence.statement import ENROLMENT, EVIDENCE, REQUEST

from .batch import Arrived, Desk, Stored
from .bundles import Bundles
from .keys import KeyDirectory
from .limits import Limiter
from .nonce import NonceKey
from .peek import claim_of
from .rejections import Rejections
from .writer import Task, Writer

T = TypeVar("T")
Kind = Literal["receipt", "enrolment-answer", "rotation-answer", "challenge", "bundle"]
_VERIFIERS = 2
_RETRY_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back to the sender; `outcome` is a receipt's, `resent` says that the report was here before."""

    kind: Kind
    body: bytes = field(repr=False)
    outcome: str | None = None
    device: str | None = None
    sequence: int | None = None
    resent: bool = False


class IntakeFull(AuditorError):  # noqa: N818 - a state, told to the sender
    """More is waiting than the auditor takes on; `retry_after` in seconds."""

    def __init__(self, retry_after: int = _RETRY_SECONDS) -> None:
        super().__init__("the intake is full", expected="less", cure=f"try again in {retry_after} seconds")
        self.retry_after = retry_after


class Intake:
    """Takes messages in. Start it, submit, close it.

    Args:
        installation: the auditor.
        policies: of its units: which bundle agents should have.
        limited: whether devices and addresses are held to their limits; files are not.
    """

    def __init__(self, installation: Installation, policies: Policies, *, limited: bool = True) -> None:
        settings = installation.settings.serve
        self._installation = installation
        self.bundles = Bundles(installation, policies)
        self._nonces = NonceKey.load(installation.folder)
        self._keys = KeyDirectory(installation.store)
        desk = Desk(signer=installation.authority.signer, nonces=self._nonces, bundle_of=self.bundles.digest_of)
        self.rejections = Rejections(installation.store)
        self.writer = Writer(installation.store, desk, on_idle=self.rejections.flush)
        self._devices = Limiter("device", settings.per_device) if limited else None
        self._addresses = Limiter("address", settings.per_address) if limited else None
        self._most = settings.queue
        self._room = threading.Semaphore(settings.queue)
        self._pending = 0
        self._counting = threading.Lock()
        self._pool = ThreadPoolExecutor(_VERIFIERS, thread_name_prefix="intake-verifier")
        self._local = threading.local()

    def start(self) -> None:
        """Starts the writer."""
        self.writer.start()

    def close(self) -> None:
        """Finishes what was submitted, and writes the counts of rejections down."""
        self._pool.shutdown(wait=True)
        self.writer.close()
        self.rejections.flush()

    @property
    def pending(self) -> int:
        """Messages that were submitted and not answered yet."""
        return self._pending

    def submit(self, raw: bytes, *, address: str, now: dt.datetime, wait: bool = False) -> "Future[Answer]":
        """Takes a message in.

        Args:
            raw: the message.
            address: whose limit it counts against.
            now: the moment of its arrival.
            wait: for room, instead of refusing.

        Returns:
            The answer to come, or the error: an EvidenceError for what is no acceptable message, NotAllowedError for a
            token or device that may not, StoreError where the disk is not to be had.

        Raises:
            IntakeFull: too much is waiting.
            TooManyError: the address sends too much.
        """
        if self._addresses is not None:
            self._addresses.take(address, time.monotonic())
        if not self._room.acquire(blocking=wait):
            raise IntakeFull
        answer: Future[Answer] = Future()
        with self._counting:
            self._pending += 1
        answer.add_done_callback(self._done)
        self._pool.submit(self._open, raw, now, answer)
        return answer

    def receive_all(self, messages: Iterable[bytes], now: dt.datetime) -> "Iterator[Future[Answer]]":
        """Takes in what came as files, in order; each answer is to come."""
        for raw in messages:
            yield self.submit(raw, address="file", now=now, wait=True)

    def _done(self, _answer: "Future[Answer]") -> None:
        with self._counting:
            self._pending -= 1
        self._room.release()

    def _open(self, raw: bytes, now: dt.datetime, answer: "Future[Answer]") -> None:
        claimed = ""
        try:
            kind, claimed = claim_of(raw)
            if kind == EVIDENCE:
                self._report(raw, now, answer)
            elif kind == REQUEST:
                answer.set_result(self._request(raw, now))
            else:
                self._enrolment(kind, raw, now, answer)
        except Exception as exc:  # noqa: BLE001 - whoever waits must hear of it
            self._fail(answer, exc, claimed, now)

    def _fail(self, answer: "Future[Answer]", exc: BaseException, claimed: str, now: dt.datetime) -> None:
        if isinstance(exc, EvidenceError | NotAllowedError):
            self.rejections.add(exc, claimed, now)
        answer.set_exception(exc)

    def _verify(self, read: Callable[[], T]) -> T:
        """Reads with the keys that are known; once more if they have changed meanwhile."""
        try:
            return read()
        except (UnknownKeyError, SignatureError):
            if not self._keys.look_again():
                raise
        return read()

    def _report(self, raw: bytes, now: dt.datetime, answer: "Future[Answer]") -> None:
        report = self._verify(lambda: open_report(raw, self._keys))
        self._take(report.device)
        envelope, inventory = dsse.split(raw)
        nonce = report.predicate.observation.nonce
        item = Arrived(
            report=report,
            envelope=envelope,
            body=self._compressor().compress(inventory),
            size=len(inventory),
            received_at=now,
            nonce_issued_at=self._nonces.issued_at(report.device, nonce) if nonce is not None else None,
        )

        def stored(done: "Future[Stored]") -> None:
            if exc := done.exception():
                self._fail(answer, exc, report.device, now)
                return
            found = done.result()
            answer.set_result(
                Answer(
                    kind="receipt",
                    body=found.receipt,
                    outcome=found.outcome,
                    device=found.device,
                    sequence=found.sequence,
                    resent=found.resent,
                )
            )

        item.done.add_done_callback(stored)
        self.writer.put(item)

    def _request(self, raw: bytes, now: dt.datetime) -> Answer:
        found = self._verify(lambda: self._read_request(raw))
        request = found.predicate
        self._check_auditor(request.auditor)
        self._take(request.device)
        bundle = self.bundles.of(self._active_unit(request.device), now)
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
            raise UnknownKeyError(f"device {device!r} has no registered key", expected="an enrolled device")
        return read_request(raw, keys)

    def _enrolment(self, kind: str, raw: bytes, now: dt.datetime, answer: "Future[Answer]") -> None:
        """The signature first; the token, or the present key, is looked at in the transaction that uses it up."""
        from setapart_auditor.enrolment.enrol import enrol
        from setapart_auditor.enrolment.rotate import rotate

        def nonce(device: str) -> str:
            return self._nonces.issue(device, now)

        if kind == ENROLMENT:
            message, key = read_enrolment(raw)
            self._check_auditor(message.predicate.auditor)
            claimed = key.keyid
            bundle = self.bundles.digest_of("", now)
        else:
            claimed = unverified_rotation(raw).device
            self._check_auditor(unverified_rotation(raw).auditor)

        def run(connection: Connection) -> bytes:
            if kind == ENROLMENT:
                return enrol(connection, self._installation, raw, now, bundle=bundle, nonce=nonce)
            return rotate(connection, self._installation, raw, now)

        def written(done: "Future[bytes]") -> None:
            if exc := done.exception():
                self._fail(answer, exc, claimed, now)
                return
            kind_: Kind = "enrolment-answer" if kind == ENROLMENT else "rotation-answer"
            answer.set_result(Answer(kind=kind_, body=done.result()))

        task = Task(run=run)
        task.done.add_done_callback(written)
        self.writer.put(task)

    def _check_auditor(self, keyid: str) -> None:
        if keyid != self._installation.keyid:
            raise NotAllowedError("a message for another auditor", expected=f"one for {self._installation.keyid[:16]}…")

    def _take(self, device: str) -> None:
        """Counts a message whose signature holds: nobody else can use a device's share up."""
        if self._devices is not None:
            self._devices.take(device, time.monotonic())

    def _active_unit(self, device: str) -> str:
        from setapart_auditor.register.database import find_device

        with self._installation.store.read() as connection:
            found = find_device(connection, device)
        if found.state != "active":
            raise NotAllowedError(f"this device is {found.state}", expected="an active one")
        return found.registration.unit

    def _compressor(self) -> zstandard.ZstdCompressor:
        """One for each thread: they are not to be shared."""
        found = getattr(self._local, "compressor", None)
        if found is None:
            found = self._local.compressor = zstandard.ZstdCompressor(level=1)
        return found
