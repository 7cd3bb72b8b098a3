"""Opening evidence: bytes in, a verified report out, or an error that says why not.

The rules, in the order in which they are applied:

1. size of the envelope, size of the inventory;
2. the envelope is strict DSSE of one payload type;
3. the key is looked up by the device that the payload names (the envelope's key id is only a hint);
4. one signature of the envelope verifies with such a key over the exact payload bytes;
5. the payload is a strict in-toto statement of the evidence type with the inventory as its one subject;
6. a station's key speaks for another device only at grade `station` or `imported`;
7. the inventory's SHA-256 is the subject's;
8. the inventory decodes into the model within the limits.

Nothing that a rule reads before the signature holds is used for anything but finding the key.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from . import envelope as dsse
from . import statement as intoto
from . import strict_json
from .errors import DigestError, InventoryError, SignatureError, StatementError, UnknownKeyError
from .keys import PublicKey
from .limits import DEFAULT_LIMITS, Limits
from .model import Inventory
from .statement import SUBJECT_NAME, DeviceId, Grade, KeyId, Predicate
from .text import printable

GRADES: tuple[Grade, ...] = ("hardware-key", "agent-key", "station", "imported", "self-declared")
"""From the strongest to the weakest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBinding:
    """A key that may speak for a device: as the device's own, or as a station's; `grade` is the best it can give."""

    key: PublicKey
    role: Literal["device", "station"]
    grade: Grade


class KeyLookup(Protocol):
    """Answers which keys may speak for a device."""

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        """The device's own keys, and the key of the named station if that station is registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReport:
    """Evidence whose every rule above holds. Made by `open_report` and by nothing else."""

    predicate: Predicate
    inventory: Inventory
    statement_digest: str
    inventory_digest: str
    keyid: str
    role: Literal["device", "station"]
    grade: Grade

    @property
    def device(self) -> str:
        """The device's id."""
        return self.predicate.device.id


class _PeekDevice(msgspec.Struct, frozen=True):
    id: DeviceId


class _PeekOrigin(msgspec.Struct, frozen=True):
    station: KeyId | None = None


class _PeekPredicate(msgspec.Struct, frozen=True):
    device: _PeekDevice
    origin: _PeekOrigin = _PeekOrigin()


class _Peek(msgspec.Struct, frozen=True):
    predicate: _PeekPredicate


_PEEK = msgspec.json.Decoder(_Peek)
_INVENTORY = msgspec.json.Decoder(Inventory)
_STATION_GRADES: tuple[Grade, ...] = ("station", "imported")


def open_report(raw: bytes, keys: KeyLookup, limits: Limits = DEFAULT_LIMITS) -> VerifiedReport:
    """Verifies one evidence file.

    Args:
        raw: the file's bytes, hostile until the end.
        keys: who may speak for which device.
        limits: sizes, counts and depths.

    Raises:
        EvidenceError: the subclass names the rule that does not hold.
    """
    first, second = dsse.split(raw, limits)
    envelope = dsse.parse(first, limits)
    payload = envelope.payload_bytes()
    binding = _verify(payload, envelope.signature_bytes(), _candidates(payload, keys))
    statement = intoto.decode(payload, intoto.EVIDENCE_DECODER, intoto.EVIDENCE, limits)
    predicate = statement.predicate
    _check_binding(predicate, binding)
    inventory_digest = _check_subject(statement.subject, second)
    inventory = decode_inventory(second, limits)
    return VerifiedReport(
        predicate=predicate,
        inventory=inventory,
        statement_digest=intoto.digest(payload),
        inventory_digest=inventory_digest,
        keyid=binding.key.keyid,
        role=binding.role,
        grade=weaker(predicate.origin.grade, binding.grade),
    )


def weaker(one: Grade, other: Grade) -> Grade:
    """The weaker of two grades."""
    return GRADES[max(GRADES.index(one), GRADES.index(other))]


def decode_inventory(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Inventory:
    """Decodes an inventory's exact bytes.

    Unknown fields are ignored. Read strictly all the same: see `strict_json.decode`.

    Raises:
        InventoryError: not an inventory of this schema, or over a limit.
    """
    inventory = strict_json.decode(
        raw,
        _INVENTORY,
        nesting=limits.nesting,
        error=InventoryError,
        what="inventory",
        expected="the schema inventory-v1.json",
    )
    for name, found, limit in (
        ("apps", len(inventory.apps), limits.apps),
        ("accounts", len(inventory.accounts), limits.accounts),
    ):
        if found > limit:
            raise InventoryError(f"inventory: {found} {name}", expected=f"at most {limit}")
    return inventory


def _candidates(payload: bytes, keys: KeyLookup) -> tuple[KeyBinding, ...]:
    try:
        peek = _PEEK.decode(payload).predicate
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        intoto.refuse_other_type(payload, intoto.EVIDENCE)
        raise StatementError(
            "statement: no device can be read from it", expected=f"a statement of type {intoto.EVIDENCE}"
        ) from None
    found = keys.keys_for(peek.device.id, peek.origin.station)
    if not found:
        raise UnknownKeyError(
            f"device {printable(peek.device.id, 80)!r} has no registered key",
            expected="a device or station of the register",
            cure="add the device's or the station's public key to the register",
        )
    return found


def _verify(payload: bytes, signatures: tuple[bytes, ...], candidates: tuple[KeyBinding, ...]) -> KeyBinding:
    message = dsse.pae(dsse.PAYLOAD_TYPE, payload)
    for binding in candidates:
        for signature in signatures:
            try:
                binding.key.verify(signature, message)
            except SignatureError:
                continue
            return binding
    known = ", ".join(binding.key.keyid[:16] + "…" for binding in candidates)
    raise SignatureError(
        "no signature verifies", expected=f"one by {known}", cure="check which key the device signs with"
    )


def _check_binding(predicate: Predicate, binding: KeyBinding) -> None:
    origin = predicate.origin
    if binding.role == "station" and (origin.grade not in _STATION_GRADES or origin.station != binding.key.keyid):
        raise StatementError(
            f"a station's signature at grade {origin.grade}", expected="grade station or imported, naming the station"
        )


def _check_subject(subjects: tuple[intoto.Subject, ...], inventory: bytes) -> str:
    if len(subjects) != 1 or subjects[0].name != SUBJECT_NAME:
        raise StatementError("statement: another subject", expected=f"one subject named {SUBJECT_NAME}")
    found = hashlib.sha256(inventory).hexdigest()
    if found != subjects[0].digest.sha256:
        raise DigestError(
            f"an inventory with SHA-256 {found[:16]}…",
            expected=f"{subjects[0].digest.sha256[:16]}… as signed",
            cure="the file was changed or cut after signing; fetch it from the device again",
        )
    return f"sha256:{found}"
