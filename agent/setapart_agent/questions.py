"""What an agent asks its auditor, signed: at once, or beforehand for a process that is kept from the key."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from setapart_agent.errors import KeyFileError
from setapart_agent.membership import Membership
from setapart_agent.private_files import read_private, write_private
from setapart_evidence import envelope
from setapart_evidence.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from setapart_evidence.keys import Signer

FILE = "bundle.question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A signed question as it is sent, the id of the key that signed it, and whether that was done beforehand."""

    raw: bytes
    keyid: str
    is_of_before: bool = False


def make_question(
    membership: Membership, signer: "Signer", now: datetime, *, ask: Literal["bundle", "challenge"] = "bundle"
) -> Question:
    """Signs a question of an enrolled agent."""
    from setapart_evidence.receipt import Request, make_request

    assert membership.device is not None
    asked = Request(device=membership.device, auditor=membership.auditor, ask=ask, asked_at=now)
    return Question(raw=make_request(asked, signer), keyid=signer.public.keyid)


def keep_question(folder: Path, question: Question) -> None:
    """Keeps the question for the policy bundle, for a process that delivers.

    Raises:
        ChainError: it could not be written.
    """
    write_private(folder / FILE, question.raw)


def bundle_question(folder: Path, membership: Membership, signer: "Callable[[], Signer]", now: datetime) -> Question:
    """The question for the policy bundle: signed now, or the one that was kept if this process can't read the key.

    Raises:
        KeyFileError: the key can't be read, and no question of this enrolment was kept.
    """
    try:
        return make_question(membership, signer(), now)
    except KeyFileError:
        kept = _kept(folder, membership)
        if kept is None:
            raise
        return kept


def _kept(folder: Path, membership: Membership) -> Question | None:
    """Nobody verifies it here: the auditor does."""
    from setapart_evidence.receipt import unverified_request

    try:
        raw = read_private(folder / FILE)
        asked = unverified_request(raw)
        signatures = envelope.parse(raw.removesuffix(b"\n")).signatures
    except (OSError, EvidenceError):
        return None
    if (asked.device, asked.auditor, asked.ask) != (membership.device, membership.auditor, "bundle"):
        return None
    return Question(raw=raw, keyid=signatures[0].keyid, is_of_before=True)
