"""Delivery: spooled reports go to the auditor, the oldest first; one is let go only for the auditor's receipt for it.

Whatever else comes back, the report stays: no status, no time-out and no text makes an agent enrol again, change its
auditor or forget a report. Only the auditor's own word that a report can't be taken puts that report aside.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, structs

from setapart_agent.backoff import is_due, wait
from setapart_agent.delivery_record import Trouble, read_record, write_record
from setapart_agent.errors import AgentError, KeyFileError, NetworkError, RefusedError, SpoolError, TrustError
from setapart_agent.membership import (
    MOST_BUNDLE,
    Membership,
    accept_bundle,
    lacks_bundle,
    leave_bundle,
    write_membership,
)
from setapart_agent.questions import Question, bundle_question, make_question
from setapart_agent.receipts import keep_receipt
from setapart_agent.spool import Rejection, Spool, Spooled
from setapart_evidence import envelope as dsse
from setapart_evidence.errors import EvidenceError, SetapartError, StatementError
from setapart_evidence.statement import digest as statement_digest
from setapart_evidence.text import printable

if TYPE_CHECKING:
    from setapart_agent.http import Client
    from setapart_evidence.keys import Signer
    from setapart_evidence.receipt import Receipt

REPORT_PATH = "/v1/report"
REQUEST_PATH = "/v1/request"
_FAILING = 500
_UNKNOWN = "unknown-key"
_FORGED = "bad-signature"
_WAIT_STATUS = frozenset({429, 503})
_MOST_FAILING = 3
"""Reports in a row that the auditor fails at before it counts as failing at all: one bad one holds up no other."""


class _Device(Struct, frozen=True):
    id: str


class _Origin(Struct, frozen=True):
    station: str | None = None


class _Predicate(Struct, frozen=True):
    device: _Device
    origin: _Origin = _Origin()


class _Report(Struct, frozen=True):
    predicate: _Predicate


_REPORT = msgspec.json.Decoder(_Report)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a receipt has to be for, and whether a station signed it."""

    digest: str
    device: str
    by_station: bool


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a delivery came to.

    Attributes:
        delivered, rejected: the reports.
        trouble: why it stopped; None if everything was tried.
        next_at: when it is tried again.
    """

    delivered: list[Spooled] = field(default_factory=list)
    rejected: list[Spooled] = field(default_factory=list)
    trouble: SetapartError | None = None
    next_at: datetime | None = None


class Courier:
    """Carries reports to the auditor, and what it has for the agent back. Used under `locked_state`.

    Args:
        folder: the state folder.
        membership: of an enrolled agent.
        connect: makes the client; called when something is sent.
        signer: the device's key, for questions; called when one is asked. Where its file can't be read, the question
            for the bundle is the one that whoever reports has signed beforehand, and the bundle is left to be pinned.
        clock: the time.
        draw: random numbers from 0 to 1, for the waits.
    """

    def __init__(
        self,
        folder: Path,
        membership: Membership,
        *,
        connect: "Callable[[], Client]",
        signer: "Callable[[], Signer]",
        clock: Callable[[], datetime],
        draw: Callable[[], float],
    ) -> None:
        self.membership = membership
        self.spool = Spool(folder)
        self._folder = folder
        self._connect = connect
        self._signer = signer
        self._clock = clock
        self._draw = draw
        self._client: Client | None = None

    def close(self) -> None:
        """Lets go of the connection."""
        if self._client is not None:
            self._client.close()

    def is_due(self) -> bool:
        """Whether the wait after the last failure is over."""
        return is_due(read_record(self._folder).next_at, self._clock())

    def deliver(self) -> Outcome:
        """Sends what is spooled, then fetches the policy bundle if the auditor has named another one.

        Never raises for what the auditor or the network does: that is in the outcome, and on disk for the next run. So
        is what the spool refuses for a single report, which holds up no other.

        Raises:
            ChainError: the state folder can't be written.
            SpoolError: the spool can't be read at all.
        """
        outcome = Outcome()
        try:
            self._send_all(outcome)
        except (NetworkError, RefusedError) as exc:
            outcome.trouble = exc
        outcome.next_at = self._note(outcome.trouble, delivered=bool(outcome.delivered))
        if outcome.trouble is None or isinstance(outcome.trouble, SpoolError):
            self.fetch_bundle()
        return outcome

    def refresh(self) -> SetapartError | None:
        """Asks for a fresh nonce, and for the policy bundle that is valid now. Returns why nothing can be sent now.

        A refusal of this question is no reason not to send reports.
        """
        from setapart_evidence.receipt import read_challenge

        try:
            raw = make_question(self.membership, self._signer(), self._clock(), ask="challenge").raw
            answer = self._post(REQUEST_PATH, raw)
            challenge = read_challenge(answer, self.membership.key, _payload_digest(raw)).predicate
        except EvidenceError as exc:
            trouble: SetapartError = _not_the_auditor(exc)
        except RefusedError as exc:
            if exc.status not in _WAIT_STATUS:
                return None
            trouble = exc
        except NetworkError as exc:
            trouble = exc
        else:
            self.membership = self.membership.with_nonce(challenge.nonce, challenge.issued_at, challenge.bundle)
            write_membership(self._folder, self.membership)
            self.fetch_bundle()
            return None
        self._note(trouble, delivered=False)
        return trouble

    def fetch_bundle(self) -> None:
        """Fetches the policy bundle that the auditor named, if another one is here.

        What is here stays unless the new one is acceptable. What went wrong is on disk, for `status`.
        """
        record = read_record(self._folder)
        trouble = None
        if lacks_bundle(self._folder, self.membership) and self.membership.device is not None:
            try:
                question = self._question()
                raw = self._post(REQUEST_PATH, question.raw, most=MOST_BUNDLE)
                take = leave_bundle if question.is_of_before else accept_bundle
                take(self._folder, self.membership, raw, self._clock())
            except (AgentError, EvidenceError) as exc:
                trouble = Trouble.of(exc, self._clock())
        if trouble != record.bundle_trouble:
            write_record(self._folder, structs.replace(record, bundle_trouble=trouble))

    def take_receipt(self, raw: bytes) -> Spooled | None:
        """A receipt that was carried here: lets go of the report that it is for. None if that is not in the spool.

        Raises:
            EvidenceError: no receipt, or not of our auditor.
        """
        from setapart_evidence.receipt import unverified_receipt

        claimed = unverified_receipt(raw)
        wrong: EvidenceError | None = None
        for report in self.spool.reports():
            if report.sequence != claimed.sequence:
                continue
            kept = self.spool.read(report)
            if kept is None:
                continue
            try:
                sent = _sent(kept)
            except EvidenceError:
                continue  # damaged here, which says nothing about the receipt
            try:
                found = self._checked(raw, sent)
            except EvidenceError as exc:
                wrong = exc
                continue
            self._let_go(report, raw, found)
            return report
        if wrong is not None and "another report" not in wrong.got:
            raise wrong
        return None

    def _send_all(self, outcome: Outcome) -> None:
        failing = 0
        denied: Counter[str] = Counter()
        for report in self.spool.reports():
            opened = self._opened(report, outcome)
            if opened is None:
                continue
            raw, sent = opened
            if denied[sent.device] >= _MOST_FAILING:
                continue
            try:
                self._send(report, raw, sent, outcome)
            except RefusedError as exc:
                outcome.trouble = exc
                if exc.status in _WAIT_STATUS or not (exc.reason or exc.status >= _FAILING):
                    raise
                if exc.reason == _UNKNOWN or (sent.by_station and exc.reason == _FORGED):
                    # A station goes on with its other devices. A bad signature may be a single report's damage.
                    denied[sent.device] += _MOST_FAILING if exc.reason == _UNKNOWN else 1
                    continue
                failing += 1
                if failing >= _MOST_FAILING:
                    raise
            else:
                failing = 0

    def _opened(self, report: Spooled, outcome: Outcome) -> "tuple[bytes, _Sent] | None":
        """A report, and what its receipt has to be for; None if it can't be sent now, or is none and was put aside."""
        try:
            raw = self.spool.read(report)
            return None if raw is None else (raw, _sent(raw))  # None: it had to make room
        except SpoolError as exc:
            outcome.trouble = exc
        except EvidenceError:
            damage = AgentError("a file that is no report", expected="what the agent wrote")
            self._put_aside(report, damage, "damaged on this disk", outcome)
        return None

    def _send(self, report: Spooled, raw: bytes, sent: "_Sent", outcome: Outcome) -> None:
        try:
            answer = self._post(REPORT_PATH, raw)
        except RefusedError as exc:
            if not exc.is_about_the_message and not self._is_of_a_former_key(exc, raw, sent):
                raise
            self._put_aside(report, exc, exc.reason, outcome)
            return
        receipt = self._receipt(answer, sent)
        try:
            self._let_go(report, answer, receipt)
        except SpoolError as exc:
            outcome.trouble = exc
        outcome.delivered.append(report)

    def _is_of_a_former_key(self, exc: RefusedError, raw: bytes, sent: "_Sent") -> bool:
        """Whether a report was signed by a key that has been changed since: no auditor takes it any more.

        A station's reports never are: of a device that has a key of its own an auditor says the same while the station
        is not registered, and takes them once it is.
        """
        if sent.by_station or exc.reason != _FORGED:
            return False
        try:
            present = self._question().keyid
        except KeyFileError:
            return False  # nobody can say; the next delivery may
        return present not in {signature.keyid for signature in dsse.parse(dsse.split(raw)[0]).signatures}

    def _question(self) -> Question:
        return bundle_question(self._folder, self.membership, self._signer, self._clock())

    def _receipt(self, answer: bytes, sent: "_Sent") -> "Receipt":
        try:
            return self._checked(answer, sent)
        except EvidenceError as exc:
            raise _not_the_auditor(exc) from None

    def _checked(self, raw: bytes, sent: "_Sent") -> "Receipt":
        """A receipt that was verified, and that names the report's device: the nonce in it is for that one."""
        from setapart_evidence.receipt import read_receipt

        found = read_receipt(raw, self.membership.key, sent.digest).predicate
        if found.device != sent.device:
            raise StatementError(
                f"a receipt for device {printable(found.device, 80)}", expected=f"one for {printable(sent.device, 80)}"
            )
        return found

    def _let_go(self, report: Spooled, raw: bytes, receipt: "Receipt") -> None:
        """The receipt was verified: it is on disk before the report goes, unless a later one for this device is."""
        known = self.membership
        if receipt.device != known.device or known.nonce_at is None or receipt.received_at >= known.nonce_at:
            keep_receipt(self._folder, receipt.device, raw)
        if receipt.device == known.device:
            self.membership = known.with_nonce(receipt.nonce, receipt.received_at, receipt.bundle)
        self.spool.remove(report)

    def _put_aside(self, report: Spooled, exc: SetapartError, reason: str, outcome: Outcome) -> None:
        why = Rejection(reason=reason, got=exc.got, expected=exc.expected, cure=exc.cure, at=self._clock())
        try:
            self.spool.reject(report, why)
        except SpoolError as stuck:
            outcome.trouble = stuck
        else:
            outcome.rejected.append(report)

    def _post(self, path: str, body: bytes, *, most: int | None = None) -> bytes:
        if self._client is None:
            self._client = self._connect()
        return self._client.post(path, body) if most is None else self._client.post(path, body, most=most)

    def _note(self, trouble: SetapartError | None, *, delivered: bool) -> datetime | None:
        """Writes down how an attempt went. Returns when the next one is due."""
        record, now = read_record(self._folder), self._clock()
        failures = 0 if trouble is None else (1 if delivered else record.failures + 1)
        asked = trouble.retry_after if isinstance(trouble, RefusedError) else None
        next_at = None if trouble is None else now + wait(failures, self._draw(), asked)
        write_record(
            self._folder,
            structs.replace(
                record,
                failures=failures,
                next_at=next_at,
                tried_at=now,
                delivered_at=now if trouble is None or delivered else record.delivered_at,
                trouble=None if trouble is None else Trouble.of(trouble, now),
            ),
        )
        return next_at


def _sent(raw: bytes) -> _Sent:
    """What is really in a file, whatever its name says.

    Raises:
        EvidenceError: no report.
    """
    payload = _payload(dsse.split(raw)[0])
    try:
        found = _REPORT.decode(payload).predicate
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise StatementError("a file that is no report", expected="what the agent wrote") from None
    return _Sent(statement_digest(payload), found.device.id, found.origin.station is not None)


def _payload_digest(envelope: bytes) -> str:
    return statement_digest(_payload(envelope))


def _payload(envelope: bytes) -> bytes:
    return dsse.parse(envelope.removesuffix(b"\n")).payload_bytes()


def _not_the_auditor(exc: EvidenceError) -> TrustError:
    return TrustError(
        f"an answer that proves nothing: {printable(exc.got, 200)}",
        expected="the auditor's own signature over exactly this",
        cure="something between here and the auditor changes answers: tell your officer",
    )
