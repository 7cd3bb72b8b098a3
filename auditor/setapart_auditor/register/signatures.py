"""The signatures of two officers over a register: `register.toml.dsse` beside `register.toml`."""

import datetime as dt
import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from setapart_auditor.errors import RegisterError
from setapart_evidence import message
from setapart_evidence.errors import EvidenceError
from setapart_evidence.keys import PublicKey, Signer
from setapart_evidence.statement import EXCEPTIONS, Moment, Statement, subject

SUFFIX = ".dsse"
OFFICERS_NEEDED = 2
_SUBJECT = "register.toml"


class Approval(Struct, frozen=True, kw_only=True):
    """The predicate of the officers' message; its one subject is the register's exact bytes."""

    signed_at: Moment


_DECODER = msgspec.json.Decoder(Statement[Approval])


def sign_register(raw: bytes, signers: Sequence[Signer], signed_at: dt.datetime) -> bytes:
    """The message that approves these exact bytes of a register and with them its exceptions."""
    return message.make(EXCEPTIONS, (subject(_SUBJECT, raw),), Approval(signed_at=signed_at), signers)


def check_signatures(raw: bytes, signatures: bytes, officers: Sequence[PublicKey], name: str) -> None:
    """Returns if two different officers have signed the register.

    Args:
        raw: the register's bytes.
        signatures: the message's.
        officers: one key each, all different.
        name: of the message's file.

    Raises:
        RegisterError: not such a message, too few officers, or signed over another state of the register.
    """
    try:
        found = message.read(signatures, _DECODER, EXCEPTIONS, officers, threshold=OFFICERS_NEEDED)
    except EvidenceError as exc:
        raise RegisterError(
            exc.got,
            expected=exc.expected,
            cure=f"have two officers of the register sign it again, or remove {name}",
            where=name,
        ) from None
    if [one.digest.sha256 for one in found.subjects] != [hashlib.sha256(raw).hexdigest()]:
        raise RegisterError(
            "signatures over another state of the register",
            expected="signatures over the register as it is now",
            cure="have two officers sign it again",
            where=name,
        )
