"""Which record of the register a token and a request lead to, and what a record is called that they make."""

import datetime as dt
import re

from sqlalchemy import Connection, or_, select

from setapart_auditor.errors import ConflictError, NotAllowedError, RegisterError, TokenRefusedError
from setapart_auditor.register.database import (
    NewDevice,
    RegisteredDevice,
    add_device,
    bind_key,
    devices_by_number,
    fold,
    numbers_of_serial,
)
from setapart_auditor.store.schema import device, device_key
from setapart_evidence.keys import PublicKey
from setapart_evidence.text import printable

from .asked import Asked
from .tokens import IssuedToken, bearer, had_key

_LONGEST_NAME = 100
# What a device's id may look like: a name must never be taken for the id of another device.
_LIKE_AN_ID = re.compile(r"[0-9a-f]{64}|hw-.*|local-.*|unenrolled-.*", re.IGNORECASE)


def place_of(connection: Connection, token: IssuedToken, asked: Asked) -> RegisteredDevice | None:
    """The record that a key would be bound to; None if a new one is to be made.

    Raises:
        TokenRefusedError: the token is bound to another device.
        ConflictError: the device has a key, or the serial is another record's.
        NotAllowedError: the token is for keys in hardware.
    """
    if token.hardware and not asked.hardware:
        raise NotAllowedError(
            "a key in software", expected="a key in hardware, as the token says",
            cure="make the key with `setapart-agent keygen` in the device's TPM, then enrol",
        )  # fmt: skip
    if token.device_no is not None:
        found = numbered(connection, token.device_no)
        if found.serial is not None and asked.serial is not None and not _same(found.serial, asked.serial):
            raise TokenRefusedError(f"token {token.no} is bound to `{found.name}`, which has another serial")
        return _checked(connection, token, found, asked)
    if token.serial is not None and (asked.serial is None or not _same(token.serial, asked.serial)):
        raise TokenRefusedError(f"token {token.no} is bound to another serial")
    registered = _with_serial(connection, asked.serial)
    if not registered:
        if token.device_class is None:
            raise TokenRefusedError(f"token {token.no} is bound to a serial that no active device has")
        return None
    if len(registered) > 1:
        raise ConflictError("a serial that several devices have", expected="a token for one of their records")
    if token.serial is None:
        raise ConflictError(
            "a serial that is in the register", expected="a token for that record",
            cure="ask your security officer for a token of this device",
        )  # fmt: skip
    return _checked(connection, token, registered[0], asked)


def numbered(connection: Connection, no: int) -> RegisteredDevice:
    """The device of a number that the store itself names."""
    return next(devices_by_number(connection, [no]))


def bind(
    connection: Connection, token: IssuedToken, asked: Asked, key: PublicKey, now: dt.datetime
) -> RegisteredDevice:
    """Binds a key to the record that token and request lead to, which is made if there is none.

    Raises:
        NotAllowedError: as `place_of`; the key is in the register already.
    """
    found = place_of(connection, token, asked)
    if found is None:
        assert token.device_class is not None
        new = NewDevice(
            name=free_name(connection, asked.name),
            device_class=token.device_class,
            unit=token.unit or "",
            since=now.date(),
            serial=asked.serial or None,
            platform=asked.platform,
        )
        found = add_device(connection, new, bearer(token.no), now)
    try:
        bind_key(connection, found.no, key, hardware=token.hardware and asked.hardware, origin="enrolled", now=now)
    except RegisterError as exc:
        raise ConflictError(exc.got, expected=exc.expected, cure="make a new key, then enrol") from None
    return numbered(connection, found.no)


def owner_of(connection: Connection, key: PublicKey) -> RegisteredDevice | None:
    """The device whose present key this is.

    Raises:
        ConflictError: it was a device's key, and is no longer.
    """
    query = select(device_key.c.device_no, device_key.c.valid_until).where(device_key.c.keyid == key.keyid)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.valid_until is not None:
        raise ConflictError("a key that was replaced", expected="a new key", cure="make a new key, then enrol")
    return numbered(connection, row.device_no)


def free_name(connection: Connection, wished: str) -> str:
    """A name for a record: printable, nobody else's name or id, and not to be taken for an id."""
    tidy = "".join(letter if letter.isprintable() else "?" for letter in printable(wished, _LONGEST_NAME)).strip()
    base = tidy or "device"
    if _LIKE_AN_ID.fullmatch(base):
        base = f"device {base}"
    name, number = base, 1
    while _is_taken(connection, name):
        number += 1
        name = f"{base}-{number}"
    return name


def _checked(connection: Connection, token: IssuedToken, found: RegisteredDevice, asked: Asked) -> RegisteredDevice:
    if found.state != "active":
        raise TokenRefusedError(f"token {token.no} is of `{found.name}`, which is {found.state}")
    if found.platform is not None and found.platform != asked.platform:
        raise TokenRefusedError(f"`{found.name}` is registered as {found.platform}, not {asked.platform}")
    if had_key(connection, found.no) and not token.replaces:
        raise ConflictError(
            "a device that has a key", expected="its old key, or an officer",
            cure="rotate the key with the old one; if that is lost, an officer issues a token that replaces it",
        )  # fmt: skip
    return found


def _with_serial(connection: Connection, serial: str | None) -> list[RegisteredDevice]:
    if not serial:
        return []
    return list(devices_by_number(connection, list(numbers_of_serial(connection, serial))))


def _is_taken(connection: Connection, name: str) -> bool:
    query = select(device.c.no).where(or_(device.c.folded == fold(name), device.c.id == name)).limit(1)
    return connection.execute(query).one_or_none() is not None


def _same(one: str, other: str) -> bool:
    return fold(one) == fold(other)
