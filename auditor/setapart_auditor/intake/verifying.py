"""Verifying a report, and the process that does so beside the intake: it has neither the store nor any key of ours.

The process is told on its standard input which reports lie where in the memory that it shares with its parent, and
which keys may speak for them. It answers each on its standard output, and puts the compressed inventory into the
memory in the report's place. It ends when its input does.
"""

import datetime as dt
import mmap
import sys
from typing import Literal

import msgspec
from msgspec import Struct

from setapart_auditor.children import leave_signals_to_the_parent
from setapart_auditor.frames import Frames, send
from setapart_auditor.store.bodies import deflate
from setapart_evidence import envelope as dsse
from setapart_evidence import errors
from setapart_evidence.errors import EvidenceError, SetapartError
from setapart_evidence.keys import PublicKey
from setapart_evidence.open import KeyBinding, KeyLookup, open_report
from setapart_evidence.statement import Grade, raw_digest
from setapart_evidence.text import printable


class Verified(Struct, frozen=True, kw_only=True, tag=True, array_like=True):
    """What is kept of a report whose signature holds, but for the bytes themselves.

    The inventory is not among it: what was decoded to be verified is let go, or a batch would hold all of theirs.

    Attributes:
        digest, previous: of its statement, which tells it from every other, and of the one before it.
        nonce: that it carries.
        envelope: bytes of the file's first part.
        size: bytes of the inventory.
        body: bytes of the inventory, compressed.
    """

    device: str
    keyid: str
    role: Literal["device", "station"]
    grade: Grade
    source: str
    sequence: int
    digest: bytes
    previous: bytes | None
    inventory_digest: bytes
    collected_at: dt.datetime
    nonce: str | None
    envelope: int
    size: int
    body: int


class Rejected(Struct, frozen=True, kw_only=True, tag=True, array_like=True):
    """An EvidenceError; `reason` is None where the process itself failed."""

    reason: str | None
    got: str
    expected: str = ""
    cure: str = ""
    where: str = ""

    @classmethod
    def of(cls, exc: SetapartError) -> "Rejected":
        """The error, to be sent."""
        reason = exc.reason if isinstance(exc, EvidenceError) else None
        return cls(reason=reason, got=exc.got, expected=exc.expected, cure=exc.cure, where=exc.where)

    def error(self) -> EvidenceError:
        """The error, as it was raised; `reason` is one of an EvidenceError."""
        kind = _ERRORS[self.reason or EvidenceError.reason]
        return kind(self.got, expected=self.expected, cure=self.cure, where=self.where)


class Key(Struct, frozen=True, kw_only=True, array_like=True):
    """A key that may speak for the report's device, as a KeyBinding has it."""

    spki: bytes
    role: Literal["device", "station"]
    grade: Grade


class Entry(Struct, frozen=True, kw_only=True, array_like=True):
    """A report: where it lies, which device and station it names, and whose signature is awaited."""

    offset: int
    size: int
    device: str
    station: str | None
    keys: tuple[Key, ...]


class Order(Struct, frozen=True, kw_only=True):
    """Reports to be verified, in this order."""

    entries: tuple[Entry, ...]


_ERRORS: dict[str, type[EvidenceError]] = {
    kind.reason: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, EvidenceError)
}


def verify(raw: bytes, keys: KeyLookup) -> tuple[Verified, bytes]:
    """Verifies a report.

    Returns:
        What is kept of it, and its inventory, compressed.

    Raises:
        EvidenceError: it is no acceptable report.
    """
    report = open_report(raw, keys)
    envelope, inventory = dsse.split(raw)
    body = deflate(inventory)
    observation = report.predicate.observation
    found = Verified(
        device=report.device,
        keyid=report.keyid,
        role=report.role,
        grade=report.grade,
        source=report.predicate.origin.source,
        sequence=observation.sequence,
        digest=raw_digest(report.statement_digest),
        previous=None if observation.previous is None else raw_digest(observation.previous),
        inventory_digest=raw_digest(report.inventory_digest),
        collected_at=observation.collected_at,
        nonce=observation.nonce,
        envelope=len(envelope),
        size=len(inventory),
        body=len(body),
    )
    return found, body


class _Given(KeyLookup):
    """The keys that came with a report; they speak for the device and station that they were looked up for."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """The keys of the entry."""
        if (device, station) != (self._entry.device, self._entry.station):
            return ()
        return tuple(
            KeyBinding(key=PublicKey.from_spki(one.spki), role=one.role, grade=one.grade) for one in self._entry.keys
        )


def _answer(memory: mmap.mmap, entry: Entry) -> Verified | Rejected:
    try:
        found, body = verify(memory[entry.offset : entry.offset + entry.size], _Given(entry))
    except EvidenceError as exc:
        return Rejected.of(exc)
    except Exception as exc:  # noqa: BLE001 - whoever waits must hear of it
        return Rejected(reason=None, got=f"a report could not be verified: {printable(repr(exc), 200)}")
    if len(body) > entry.size:  # zstd adds less to what it can't shorten than an envelope is long
        return Rejected(reason=None, got="a compressed inventory that is longer than its report")
    memory[entry.offset : entry.offset + len(body)] = body
    return found


def main(handle: int) -> int:
    """Verifies until there are no more orders. Returns the exit code.

    Args:
        handle: of the memory that is shared.
    """
    leave_signals_to_the_parent()
    decode = msgspec.msgpack.Decoder(Order).decode
    frames, output = Frames(sys.stdin.fileno()), sys.stdout.fileno()
    try:
        with mmap.mmap(handle, 0) as memory:
            while frames.wait():
                for order in frames.take(1):
                    for entry in decode(order).entries:
                        send(output, _answer(memory, entry))
    except BrokenPipeError:  # the parent has gone
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
