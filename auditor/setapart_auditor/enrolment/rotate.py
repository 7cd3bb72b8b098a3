"""Changes of keys: signed by the device's present key and by the new one; the device keeps its id."""

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Row, select

from setapart_auditor.errors import ConflictError, NotAllowedError, RegisterError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.trail import record
from setapart_auditor.register.database import RegisteredDevice, bind_key
from setapart_auditor.store.schema import device, device_key
from setapart_evidence.enrolment import EnrolmentAnswer, encoded_key, make_answer, read_rotation, unverified_rotation
from setapart_evidence.errors import UnknownKeyError
from setapart_evidence.keys import PublicKey

from .enrol import check_auditor
from .place import numbered


def rotate(connection: Connection, installation: Installation, raw: bytes, now: dt.datetime) -> bytes:
    """Gives a device a new key; the old one is valid until now. The same rotation again gets the same answer.

    Nobody vouches for where the new key lives, so it counts as one in software, whatever the message says.

    Returns:
        The signed answer, of state `accepted`, with the moment of the change.

    Raises:
        EvidenceError: no rotation, not signed by both keys, or of no key of this device.
        ConflictError: the old key is no longer the device's, or the new one is in the register already.
        NotAllowedError: it is for another auditor, or the device is not active.
    """
    claimed = unverified_rotation(raw)
    old = _key(connection, claimed.device, claimed.old)
    if old is None:
        raise UnknownKeyError("a rotation of no key of this device", expected="its present key and the new one")
    message, new = read_rotation(raw, PublicKey.from_spki(old.spki))
    check_auditor(installation, message.predicate.auditor)
    found = numbered(connection, old.device_no)
    if found.state != "active":
        raise NotAllowedError(f"this device is {found.state}", expected="an active one")
    changed_at = now
    if old.valid_until is None:
        _change(connection, found, old, new, now)
    else:
        done = _key(connection, claimed.device, new.keyid)
        if done is None or done.origin != "rotated" or done.valid_from != old.valid_until:
            raise ConflictError(
                "a rotation of a key that was replaced", expected="the device's present key",
                cure="if that is lost, ask an officer for a token that replaces it",
            )  # fmt: skip
        changed_at = done.valid_from
    signer = installation.authority.signer
    answer = EnrolmentAnswer(
        state="accepted",
        device=found.registration.id,
        name=found.name,
        authority=encoded_key(signer.public),
        answered_at=changed_at,
    )
    return make_answer(answer, message.digest, signer)


def _change(connection: Connection, found: RegisteredDevice, old: "Row[Any]", new: PublicKey, now: dt.datetime) -> None:
    try:
        bind_key(connection, found.no, new, hardware=False, origin="rotated", now=now)
    except RegisterError as exc:
        raise ConflictError(exc.got, expected=exc.expected, cure="make a new key, then rotate") from None
    detail = {"old": old.keyid, "key": new.keyid, "was_hardware": str(old.hardware).lower()}
    record(connection, f"device:{found.registration.id}", "rotate", now, about=found.name, detail=detail)


def _key(connection: Connection, device_id: str, keyid: str) -> "Row[Any] | None":
    query = select(device_key).join(device, device.c.no == device_key.c.device_no)
    return connection.execute(query.where(device.c.id == device_id, device_key.c.keyid == keyid)).one_or_none()
