"""The last receipt of each device that this agent reports, each verified before it was kept."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from setapart_agent.errors import ChainError
from setapart_agent.membership import Membership
from setapart_agent.private_files import make_private_folder, write_private
from setapart_evidence.errors import EvidenceError

if TYPE_CHECKING:
    from setapart_evidence.receipt import Receipt

FOLDER = "receipts"


def keep_receipt(folder: Path, device: str, raw: bytes) -> None:
    """Keeps a receipt that was verified, in place of the device's last one.

    Raises:
        ChainError: it could not be written.
    """
    try:
        make_private_folder(folder / FOLDER)
    except OSError as exc:
        raise ChainError(
            f"{folder / FOLDER} can't be made: {exc.strerror}",
            expected="a folder for receipts",
            cure="make the state folder writable, and take away what bears this name",
        ) from None
    write_private(receipt_path(folder, device), raw)


def receipt_path(folder: Path, device: str) -> Path:
    """Where the last receipt of a device is kept."""
    return folder / FOLDER / f"{device.replace(':', '_')}.receipt"


def last_receipt(folder: Path, device: str) -> "Receipt | None":
    """The last receipt of a device; it was verified before it was kept."""
    from setapart_evidence.receipt import unverified_receipt

    with suppress(OSError, EvidenceError):
        found = unverified_receipt(receipt_path(folder, device).read_bytes())
        if found.device == device:
            return found
    return None


def nonce_for(folder: Path, membership: Membership, device: str) -> str | None:
    """The nonce of a device's next report: every nonce was issued to one device."""
    if device == membership.device:
        return membership.nonce
    found = last_receipt(folder, device)
    return None if found is None else found.nonce
