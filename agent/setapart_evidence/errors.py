"""The errors of setapart: every one says what came, what was expected, and what to do next.

`SetapartError` is the base of the agent's and the auditor's errors as well; the command lines show it and end with 2.
"""


class SetapartError(Exception):
    """Something is not acceptable, or not usable.

    Args:
        got: what was found, already safe to print (see `text.printable`).
        expected: what would have been accepted.
        cure: the smallest next step for the person who reads this.
        where: the file, and the line or table and key in it, if that is known.
    """

    def __init__(self, got: str, *, expected: str = "", cure: str = "", where: str = "") -> None:
        super().__init__(got)
        self.got = got
        self.expected = expected
        self.cure = cure
        self.where = where

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.got}" if self.where else self.got]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.cure:
            parts.append(self.cure)
        return "; ".join(parts)


class EvidenceError(SetapartError):
    """Something about a piece of evidence, a key or a signed message is not acceptable; `reason` is its kind."""

    reason = "evidence"


class SizeError(EvidenceError):
    """Larger than the limits allow, before anything was read into it."""

    reason = "too-large"


class EnvelopeError(EvidenceError):
    """The first line is not a DSSE envelope as DSSE v1.0.2 and docs/evidence.md define it."""

    reason = "bad-envelope"


class StatementError(EvidenceError):
    """The signed payload is not the in-toto Statement that this place accepts."""

    reason = "bad-statement"


class UnknownKeyError(EvidenceError):
    """No registered key may speak for the device that the statement names."""

    reason = "unknown-key"


class SignatureError(EvidenceError):
    """No signature of the envelope verifies with a key that may speak for the device."""

    reason = "bad-signature"


class DigestError(EvidenceError):
    """The inventory is not the one that the statement was signed over."""

    reason = "wrong-digest"


class InventoryError(EvidenceError):
    """The inventory is signed, but is not an inventory of this schema."""

    reason = "bad-inventory"


class KeyFormatError(EvidenceError):
    """A key file is not a key of an accepted type."""

    reason = "bad-key"
