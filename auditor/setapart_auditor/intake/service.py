"""The intake as a service: takes any signed message, answers it once what it says is on disk."""

import datetime as dt
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from setapart_auditor.errors import AuditorError, NotAllowedError, StoreError
from setapart_auditor.installation import Installation, Policies
from setapart_evidence.errors import EvidenceError

from .batch import Arrived, Desk, Stored
from .bundles import Bundles
from .keys import KeyDirectory
from .limits import Limiter, TooManyError
from .nonce import NonceKey
from .peek import claim_of
from .receive import Answer, Receiver
from .rejections import Rejections
from .verifier import Claimed, Verifiers
from .writer import Message, Task, Writer

__all__ = ["Answer", "Figures", "Intake", "IntakeFull", "TooManyError"]

_RETRY_SECONDS = 2
_MOST_BYTES = 256 * 1024 * 1024
"""Of messages that wait, however few they are."""
_AHEAD = 256
"""Files that are read before the answer to the first of them is waited for."""


class IntakeFull(AuditorError):  # noqa: N818 - a state, told to the sender
    """More is waiting than the auditor takes on; `retry_after` in seconds."""

    def __init__(self, retry_after: int = _RETRY_SECONDS) -> None:
        super().__init__("the intake is full", expected="less", cure=f"try again in {retry_after} seconds")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the intake has done since it was started.

    Attributes:
        pending: messages that were submitted and not answered yet; at most `room`.
        room: of settings: `[serve] queue`.
        answered: by outcome of a receipt (`resent` for a repeated one), or by kind of answer.
        failed: by reason of an EvidenceError, or by the name of another error.
        batches: transactions of reports.
    """

    pending: int
    room: int
    answered: Mapping[str, int]
    failed: Mapping[str, int]
    batches: int


class Intake:
    """Takes messages in. Start it, submit, close it.

    Args:
        installation: the auditor.
        policies: of its units: which bundle agents should have.
        limited: whether devices and addresses are held to their limits; files are not.
        verifiers: processes that verify reports beside it; without any, it does so itself.
    """

    def __init__(
        self, installation: Installation, policies: Policies, *, limited: bool = True, verifiers: int = 0
    ) -> None:
        settings = installation.settings.serve
        store, signer = installation.store, installation.authority.signer
        nonces = NonceKey.load(installation.folder)
        self.bundles = Bundles(installation, policies)
        self._receiver = Receiver(
            installation,
            nonces=nonces,
            keys=KeyDirectory(store),
            bundles=self.bundles,
            devices=Limiter("device", settings.per_device) if limited else None,
        )
        self._addresses = Limiter("address", settings.per_address) if limited else None
        self._rejections = Rejections(store)
        desk = Desk(signer=signer, nonces=nonces, bundle_of=self.bundles.digest_of)
        self.verifiers = Verifiers(verifiers)
        self._writer = Writer(store, desk, self._begin, self._open, on_idle=self._rejections.flush)
        self._most = settings.queue
        self._lock = threading.Lock()
        self._pending = 0
        self._bytes = 0
        self._answered: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def start(self) -> None:
        """Starts the verifiers and the writer."""
        self.verifiers.start()
        self._writer.start()

    def close(self) -> None:
        """Finishes what was submitted, and writes the counts of rejections down."""
        self._writer.close()
        self.verifiers.close()
        self._rejections.flush()

    @property
    def figures(self) -> Figures:
        """What it has done, and what is waiting."""
        with self._lock:
            return Figures(
                pending=self._pending,
                room=self._most,
                answered=dict(self._answered),
                failed=dict(self._failed),
                batches=self._writer.batches,
            )

    def submit(self, raw: bytes, *, address: str, now: dt.datetime) -> Future[Answer]:
        """Takes a message in.

        Args:
            raw: the message.
            address: whose limit it counts against.
            now: the moment of its arrival.

        Returns:
            The answer to come, or the error: an EvidenceError for what is no acceptable message, NotAllowedError for a
            token or device that may not, TooManyError for a device that sends too much, StoreError where the disk is
            not to be had.

        Raises:
            IntakeFull: too much is waiting.
            TooManyError: the address sends too much.
        """
        if self._addresses is not None:
            self._addresses.take(address, time.monotonic())
        with self._lock:
            if self._pending >= self._most or self._bytes + len(raw) > _MOST_BYTES:
                raise IntakeFull
            self._pending += 1
            self._bytes += len(raw)
        message = Message(raw=raw, now=now)
        message.answer.add_done_callback(lambda _: self._leave(len(raw)))
        self._writer.put(message)
        return message.answer

    def receive_all(self, messages: Iterable[bytes], now: dt.datetime) -> Iterator[Answer | Exception]:
        """Takes in what came as files, in their order, and answers in it."""
        waiting: deque[Future[Answer]] = deque()
        for raw in messages:
            message = Message(raw=raw, now=now)
            self._writer.put(message)
            waiting.append(message.answer)
            if len(waiting) > _AHEAD:
                yield _outcome(waiting.popleft())
        yield from map(_outcome, waiting)

    def _begin(self, messages: Sequence[Message]) -> None:
        """Hands reports to the verifiers. What is not handed over is verified when it is opened."""
        if not self.verifiers.count:
            return
        reports: list[tuple[Message, Claimed]] = []
        for message in messages:
            with suppress(EvidenceError):  # said when it is opened
                message.claim = claim_of(message.raw)
        self._receiver.learn(message.claim for message in messages if message.claim is not None)
        for message in messages:
            with suppress(EvidenceError, StoreError):
                claimed = message.claim and self._receiver.claimed(message.claim, message.raw)
                if claimed is not None:
                    reports.append((message, claimed))
        begun = self.verifiers.begin([claimed for _, claimed in reports])
        for (message, _), pending in zip(reports, begun, strict=True):
            message.begun = pending

    def _open(self, message: Message) -> Arrived | Task[Answer] | None:
        """Verifies a message; what needs the writer is given to it, everything else is answered."""
        claimed, now, answer = "", message.now, message.answer
        try:
            kind, claimed, _ = message.claim or claim_of(message.raw)
            found = self._receiver.read(kind, message.raw, now, message.begun)
        except Exception as exc:  # noqa: BLE001 - whoever waits must hear of it
            self._fail(answer, exc, claimed, now)
            return None
        if isinstance(found, Answer):
            self._answer(answer, found)
            return None
        found.done.add_done_callback(lambda done: self._written(done, answer, claimed, now))
        return found

    def _written(
        self, done: Future[Stored] | Future[Answer], answer: Future[Answer], claimed: str, now: dt.datetime
    ) -> None:
        if exc := done.exception():
            self._fail(answer, exc, claimed, now)
        else:
            self._answer(answer, _answer_of(done.result()))

    def _answer(self, answer: Future[Answer], found: Answer) -> None:
        with self._lock:
            self._answered["resent" if found.resent else found.outcome or found.kind] += 1
        answer.set_result(found)

    def _fail(self, answer: Future[Answer], exc: BaseException, claimed: str, now: dt.datetime) -> None:
        if isinstance(exc, EvidenceError | NotAllowedError):
            self._rejections.add(exc, claimed, now)
        with self._lock:
            self._failed[exc.reason if isinstance(exc, EvidenceError) else type(exc).__name__] += 1
        answer.set_exception(exc)

    def _leave(self, size: int) -> None:
        with self._lock:
            self._pending -= 1
            self._bytes -= size


def _answer_of(found: Stored | Answer) -> Answer:
    if isinstance(found, Answer):
        return found
    return Answer(
        kind="receipt",
        body=found.receipt,
        outcome=found.outcome,
        device=found.device,
        sequence=found.sequence,
        resent=found.resent,
    )


def _outcome(answer: Future[Answer]) -> Answer | Exception:
    exc = answer.exception()
    if exc is None:
        return answer.result()
    if not isinstance(exc, Exception):
        raise exc
    return exc
