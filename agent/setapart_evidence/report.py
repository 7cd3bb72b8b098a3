"""Making evidence: the counterpart of `open`."""

import msgspec

from . import envelope, statement
from .keys import Signer
from .model import Inventory
from .open import SUBJECT_NAME
from .statement import Predicate


def encode_inventory(inventory: Inventory) -> bytes:
    """The inventory's bytes, exactly as they are signed, shown and sent."""
    return msgspec.json.encode(inventory)


def make_report(predicate: Predicate, inventory: bytes, signer: Signer) -> tuple[bytes, str]:
    """Signs one report.

    Returns:
        The evidence file's bytes, and the statement's digest: the `previous` of the next report.
    """
    payload = statement.encode(statement.EVIDENCE, (statement.subject(SUBJECT_NAME, inventory),), predicate)
    return envelope.join(envelope.seal(payload, (signer,)), inventory), statement.digest(payload)
