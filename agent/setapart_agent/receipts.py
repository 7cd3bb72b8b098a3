"""What comes back from the auditor: `receipts/`, with the last receipt of each device that this agent reports.

Whoever delivers writes there, and may be kept from everything else: what lies there is verified whenever it is read.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from setapart_agent.errors import ChainError
from setapart_agent.private_files import make_private_folder, read_private, write_private
from setapart_evidence.errors import EvidenceError

if TYPE_CHECKING:
    from setapart_agent.membership import Membership
    from setapart_evidence.keys import PublicKey
    from setapart_evidence.receipt import Receipt

FOLDER = "receipts"


def keep(path: Path, raw: bytes) -> None:
    """Writes a file of the folder, which it makes if need be.

    Raises:
        ChainError: it could not be written.
    """
    try:
        make_private_folder(path.parent)
    except OSError as exc:
        raise ChainError(
            f"{path.parent} can't be made: {exc.strerror}",
            expected="a folder for receipts",
            cure="make the state folder writable, and take away what bears this name",
        ) from None
    write_private(path, raw)


def keep_receipt(folder: Path, device: str, raw: bytes) -> None:
    """Keeps a receipt that was verified, in place of the device's last one.

    Raises:
        ChainError: it could not be written.
    """
    keep(receipt_path(folder, device), raw)


def receipt_path(folder: Path, device: str) -> Path:
    """Where the last receipt of a device is kept."""
    return folder / FOLDER / f"{device.replace(':', '_')}.receipt"


def last_receipt(folder: Path, device: str, auditor: "PublicKey") -> "Receipt | None":
    """The last receipt of a device, if that auditor has signed it."""
    from setapart_evidence.receipt import read_any_receipt

    try:
        found = read_any_receipt(read_private(receipt_path(folder, device)), auditor).predicate
    except (OSError, EvidenceError):
        return None
    return found if found.device == device else None


def nonce_for(folder: Path, membership: "Membership", device: str) -> str | None:
    """The nonce of a device's next report: every nonce was issued to one device."""
    if device == membership.device:
        return membership.nonce
    found = last_receipt(folder, device, membership.key)
    return None if found is None else found.nonce
