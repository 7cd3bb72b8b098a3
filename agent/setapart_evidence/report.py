"""Making evidence: the counterpart of `open`."""

import msgspec

from . import envelope, statement
from .errors import InventoryError
from .keys import Signer
from .model import Inventory
from .statement import SUBJECT_NAME, Predicate


def encode_inventory(inventory: Inventory) -> bytes:
    """The inventory's bytes, exactly as they are signed, shown and sent.

    Raises:
        InventoryError: a text holds half of a surrogate pair: it was not made `printable`.
    """
    try:
        return msgspec.json.encode(inventory)
    except UnicodeEncodeError:
        raise InventoryError("a text with half of a surrogate pair", expected="what `printable` returns") from None


def make_report(
    predicate: Predicate, inventory: bytes, signer: Signer, *, coming: Signer | None = None
) -> tuple[bytes, str]:
    """Signs one report.

    Args:
        predicate: what is said.
        inventory: its bytes.
        signer: the key that counts.
        coming: the key that takes its place soon, and signs as well: the report is good before and after.

    Returns:
        The evidence file's bytes, and the statement's digest: the `previous` of the next report.

    Raises:
        SizeError: larger than an auditor reads; nothing should be sent.
    """
    payload = statement.encode(statement.EVIDENCE, (statement.subject(SUBJECT_NAME, inventory),), predicate)
    signers = (signer,) if coming is None else (signer, coming)
    raw = envelope.join(envelope.seal(payload, signers), inventory)
    envelope.split(raw)  # refuses what is over the limits
    return raw, statement.digest(payload)
