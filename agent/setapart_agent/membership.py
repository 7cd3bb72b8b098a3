"""What an agent knows of its auditor: `auditor.json` in the state folder, and the pinned policy bundle beside it.

A process that is kept from the key is kept from changing these two: the last receipt says what is newer, and a bundle
that it fetched waits in `receipts/` until whoever reports has verified and pinned it.
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from setapart_agent.errors import AgentError, NotEnrolledError, PolicyError
from setapart_agent.private_files import read_private, write_private
from setapart_agent.receipts import FOLDER, keep, last_receipt
from setapart_evidence.errors import EvidenceError
from setapart_evidence.statement import DeviceId, KeyId, Moment, Sha256, ShortText

if TYPE_CHECKING:
    from setapart_evidence.bundle import SignedBundle
    from setapart_evidence.keys import PublicKey

FILE = "auditor.json"
BUNDLE_FILE = "bundle.json"
LEFT_FILE = f"{FOLDER}/bundle.json"
"""The bundle that waits for whoever reports."""
MOST_BUNDLE = 4 * 1024 * 1024
_CURE = "run `setapart-agent reset-identity`, and enrol again with a token that an officer issues for it"


class Membership(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To which auditor this agent belongs.

    Attributes:
        state: `waiting` while a request to enrol has no final answer.
        url: of the auditor; empty if everything is carried by hand.
        auditor: the id of its key, from the token: the root of all trust here.
        authority: its public key in base64, of its answer.
        device, name: the device's id in evidence, and its name in the register.
        nonce, nonce_at: for the next report, and when the auditor issued it; in the file, the last that no receipt
            brought.
        bundle: digest of the policy bundle that the auditor named then.
        ca: the file with the CA that vouches for the auditor, if it is not one of the system's.
        request, rotation: the signed message that has no final answer yet; the same bytes are sent again.
    """

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    state: Literal["waiting", "enrolled"]
    url: str
    auditor: KeyId
    authority: str | None = None
    device: DeviceId | None = None
    name: ShortText | None = None
    nonce: ShortText | None = None
    nonce_at: Moment | None = None
    bundle: Sha256 | None = None
    ca: str | None = None
    request: str | None = None
    rotation: str | None = None

    @property
    def is_enrolled(self) -> bool:
        """Whether the auditor has accepted this agent's key."""
        return self.state == "enrolled" and self.device is not None and self.authority is not None

    @property
    def key(self) -> "PublicKey":
        """The auditor's public key.

        Raises:
            NotEnrolledError: it has not answered yet.
        """
        from setapart_evidence.enrolment import public_key

        if self.authority is None:
            raise NotEnrolledError("the auditor has not answered yet", cure="run `setapart-agent enrol` again")
        return public_key(self.authority)

    def with_nonce(self, nonce: str, issued_at: datetime, bundle: str | None) -> "Membership":
        """After a receipt or challenge: its nonce and bundle, unless a later one is known."""
        if self.nonce_at is not None and issued_at <= self.nonce_at:
            return self
        return msgspec.structs.replace(self, nonce=nonce, nonce_at=issued_at, bundle=bundle)


def read_membership(folder: Path) -> Membership | None:
    """What is known of the auditor, None if nothing is: the file, and what the last receipt for this device says.

    Raises:
        AgentError: the file is damaged or can't be read.
    """
    path = folder / FILE
    try:
        found = msgspec.json.decode(read_private(path), type=Membership)
        if found.authority is not None and found.key.keyid != found.auditor:
            raise AgentError(f"{path}: the key of another auditor", expected=f"{found.auditor[:16]}…", cure=_CURE)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise AgentError(f"{path} can't be read: {exc.strerror}", cure="make it readable") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, EvidenceError):
        raise AgentError(f"{path} is damaged", expected="what `setapart-agent enrol` wrote", cure=_CURE) from None
    if found.device is None or found.authority is None:
        return found
    receipt = last_receipt(folder, found.device, found.key)
    return found if receipt is None else found.with_nonce(receipt.nonce, receipt.received_at, receipt.bundle)


def write_membership(folder: Path, membership: Membership) -> None:
    """Writes down what is known of the auditor.

    Raises:
        ChainError: it could not be written; what was known before is still there.
    """
    write_private(folder / FILE, msgspec.json.encode(membership))


def enrolled(folder: Path) -> Membership:
    """What is known of the auditor that has accepted this agent.

    Raises:
        NotEnrolledError: none has.
    """
    found = read_membership(folder)
    if found is None:
        raise NotEnrolledError(
            "no auditor is enrolled", expected="an enrolled agent", cure="run `setapart-agent enrol TOKEN`"
        )
    if not found.is_enrolled:
        raise NotEnrolledError(
            "the enrolment waits for an officer", expected="an enrolled agent", cure="run `setapart-agent enrol` again"
        )
    return found


def pinned_bundle(folder: Path, membership: Membership) -> "SignedBundle | None":
    """The auditor's policy bundle, None if the auditor has named none.

    Raises:
        AgentError: it was never fetched, or is damaged. The built-in filter would let more out, so it is no way out.
    """
    from setapart_evidence.bundle import read_bundle

    path = folder / BUNDLE_FILE
    cure = "fetch it with `setapart-agent deliver`, or give a bundle file with --bundle"
    try:
        raw = read_private(path, MOST_BUNDLE)
    except FileNotFoundError:
        if membership.bundle is None:
            return None
        raise AgentError("the auditor's policy bundle is not here yet", expected=str(path), cure=cure) from None
    except OSError as exc:
        raise AgentError(f"{path} can't be read: {exc.strerror}", cure="make it readable") from None
    try:
        return read_bundle(raw, pinned=membership.auditor)
    except EvidenceError as exc:
        raise AgentError(f"{path}: {exc.got}", expected=exc.expected, cure=cure) from None


def accept_bundle(folder: Path, membership: Membership, raw: bytes, now: datetime) -> "SignedBundle":
    """Pins a policy bundle if it is the auditor's, newer than the one that is here, and valid.

    Raises:
        EvidenceError: no bundle, or of another authority.
        PolicyError: older than the one that is here, or expired. What is here stays.
        ChainError: it could not be written.
    """
    found, is_new = _acceptable(folder, membership, raw, now)
    if is_new:
        write_private(folder / BUNDLE_FILE, raw)
    return found


def leave_bundle(folder: Path, membership: Membership, raw: bytes, now: datetime) -> None:
    """Leaves a policy bundle for whoever reports, if it could be pinned.

    Raises:
        SetapartError: as `accept_bundle`.
    """
    _, is_new = _acceptable(folder, membership, raw, now)
    if is_new:
        keep(folder / LEFT_FILE, raw)


def lacks_bundle(folder: Path, membership: Membership) -> bool:
    """Whether the policy bundle that the auditor named last is neither pinned nor left to be."""
    from setapart_evidence.bundle import read_bundle

    if membership.bundle is None:
        return False
    for file in (BUNDLE_FILE, LEFT_FILE):
        with suppress(OSError, EvidenceError):
            raw = read_private(folder / file, MOST_BUNDLE)
            if read_bundle(raw, pinned=membership.auditor).digest == membership.bundle:
                return False
    return True


def take_left_bundle(folder: Path, membership: Membership, now: datetime) -> None:
    """Pins the policy bundle that waits, as `accept_bundle` does; acceptable or not, it waits no longer.

    Raises:
        SetapartError: as `accept_bundle`; or it can't be read.
    """
    path = folder / LEFT_FILE
    try:
        accept_bundle(folder, membership, read_private(path, MOST_BUNDLE), now)
    except FileNotFoundError:
        pass
    except OSError as exc:
        raise AgentError(f"{path} can't be read: {exc.strerror}", cure="remove it if it is still there") from None
    finally:
        with suppress(OSError):
            path.unlink()


def _acceptable(folder: Path, membership: Membership, raw: bytes, now: datetime) -> "tuple[SignedBundle, bool]":
    """A bundle that may be pinned, and whether it is another one than is here."""
    from setapart_evidence.bundle import read_bundle

    found = read_bundle(raw, pinned=membership.auditor)
    try:
        present = pinned_bundle(folder, membership)
    except AgentError:
        present = None  # damaged or missing: any valid one is better
    if present is not None and present.digest == found.digest:
        return present, False
    if present is not None and found.bundle.version <= present.bundle.version:
        raise PolicyError(
            f"policy bundle {found.bundle.version}",
            expected=f"one after {present.bundle.version}, which is here",
            cure="somebody may be holding back the newest bundle: tell your officer",
        )
    if found.bundle.expires_at <= now:
        raise PolicyError(
            f"a policy bundle that expired on {found.bundle.expires_at:%Y-%m-%d}",
            expected="a valid one",
            cure="set this machine's clock, or tell your officer that no new bundle is issued",
        )
    return found, True
