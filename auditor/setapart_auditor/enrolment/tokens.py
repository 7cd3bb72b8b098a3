"""Enrolment tokens: 256 random bits, of which the store holds the SHA-256 alone."""

import datetime as dt
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import Connection, insert, select, update

from setapart_auditor.errors import AuditorError, TokenRefusedError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.trail import record
from setapart_auditor.policy.model import DeviceClass
from setapart_auditor.register.database import RegisteredDevice, bump, numbers_of_serial
from setapart_auditor.store.schema import device as device_table
from setapart_auditor.store.schema import device_key, token
from setapart_evidence.enrolment import SECRET_BYTES, Token, check_url

MOST_DAYS = 366
MOST_KEYS = 100_000
_LONGEST_SERIAL = 128
_LONGEST_UNIT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """What the store knows of a token.

    Attributes:
        no: its number in lists and in the log.
        device_no, device: the one record that it is bound to, and that record's name.
        serial: the one serial that it is bound to.
        device_class, unit: of the record that it makes.
        quota, used: how many keys it enrols, and how many it has.
        confirm: an officer compares the fingerprint's words before a key counts.
        hardware: an officer vouches that hardware holds the key.
        replaces: the bound device may get a new key.
    """

    no: int
    device_no: int | None
    device: str | None
    serial: str | None
    device_class: DeviceClass | None
    unit: str | None
    quota: int
    used: int
    confirm: bool
    hardware: bool
    replaces: bool
    created_at: dt.datetime
    created_by: str
    expires_at: dt.datetime
    revoked_at: dt.datetime | None

    def refusal(self, now: dt.datetime) -> str | None:
        """Why it is not accepted now, None if it is."""
        if self.revoked_at is not None:
            return f"token {self.no} was revoked"
        if now >= self.expires_at:
            return f"token {self.no} has expired"
        if self.used >= self.quota:
            return f"token {self.no} is used up"
        return None


def issue_token(
    connection: Connection,
    installation: Installation,
    *,
    url: str,
    device: RegisteredDevice | None = None,
    serial: str | None = None,
    device_class: DeviceClass | None = None,
    unit: str | None = None,
    quota: int = 1,
    days: int = 7,
    confirm: bool = False,
    hardware: bool = False,
    replaces: bool = False,
    actor_name: str,
    now: dt.datetime,
    why: str = "",
) -> Token:
    """Issues a token; what is returned is the only copy of its secret.

    Args:
        connection: of the only writer.
        installation: whose key the token names.
        url: of the auditor; empty if agents hand files over.
        device: the record that it is bound to.
        serial: the serial that it is bound to: of a registered device, or, with a class, of a record to make.
        device_class: of the records that it makes; needed where it is bound to no record.
        unit: of the records that it makes.
        quota: how many keys it enrols; 1 where it is bound.
        days: until it expires.
        confirm: keys wait until an officer has compared the fingerprint's words.
        hardware: the officer vouches that the key will be in hardware; keys that say they are not are refused.
        replaces: the device has a key, and gets a new one.
        actor_name: who issues it; whether they may is the caller's to ask.
        now: the moment.
        why: for the log.

    Raises:
        AuditorError: a choice that contradicts another, or the register.
        TokenError: no usable URL.
    """
    url = check_url(url) if url else ""
    serial = serial.strip() if serial is not None else None
    _check_numbers(quota, days, bound=device is not None or serial is not None)
    if device is not None:
        _check_record(connection, device, replaces=replaces, others=(serial, device_class, unit))
    elif replaces:
        raise AuditorError("a token that replaces the key of no device", expected="the device whose key is replaced")
    else:
        _check_new(connection, serial, device_class, unit)
    made = Token(secret=secrets.token_bytes(SECRET_BYTES), auditor=installation.keyid, url=url)
    values: dict[str, Any] = {
        "device_no": device.no if device is not None else None,
        "serial": serial,
        "class": device_class,
        "unit": unit.strip() if unit is not None else None,
        "quota": quota,
        "confirm": confirm,
        "hardware": hardware,
        "replaces": replaces,
        "expires_at": now + dt.timedelta(days=days),
    }
    number = connection.execute(
        insert(token).values(hash=made.hash, created_at=now, created_by=actor_name, **values)
    ).inserted_primary_key[0]  # type: ignore[index]
    detail = {name: str(value) for name, value in values.items() if value not in (None, False) and name != "device_no"}
    record(
        connection,
        actor_name,
        "token-issue",
        now,
        about=device.name if device is not None else serial or "",
        why=why,
        detail={"token": str(number), **detail},
    )
    bump(connection)
    return made


def tokens(connection: Connection) -> Iterator[IssuedToken]:
    """Every token that was issued, by number."""
    for row in connection.execute(_select().order_by(token.c.no)).mappings():
        yield _issued(row)


def list_tokens(
    connection: Connection, *, actor_name: str, now: dt.datetime, why: str = "", unit: str | None = None
) -> tuple[IssuedToken, ...]:
    """Every token, or those for one unit; that somebody read the list goes into the log."""
    record(connection, actor_name, "token-list", now, why=why, detail={"unit": unit} if unit is not None else {})
    units = dict(connection.execute(select(device_table.c.no, device_table.c.unit)).all()) if unit is not None else {}

    def unit_of(one: IssuedToken) -> str:
        return str(units.get(one.device_no, "")) if one.device_no is not None else one.unit or ""

    return tuple(one for one in tokens(connection) if unit is None or unit_of(one).casefold() == unit.casefold())


def revoke_token(connection: Connection, no: int, *, actor_name: str, now: dt.datetime, why: str = "") -> IssuedToken:
    """Revokes a token; keys that it has enrolled stay. Doing so again changes nothing.

    Raises:
        AuditorError: there is no such token.
    """
    found = find_token(connection, no)
    if found.revoked_at is not None:
        return found
    connection.execute(update(token).where(token.c.no == no).values(revoked_at=now))
    record(connection, actor_name, "token-revoke", now, about=found.device or "", why=why, detail={"token": str(no)})
    bump(connection)
    return find_token(connection, no)


def find_token(connection: Connection, no: int) -> IssuedToken:
    """The token of a number.

    Raises:
        AuditorError: there is none.
    """
    row = connection.execute(_select().where(token.c.no == no)).mappings().one_or_none()
    if row is None:
        raise AuditorError(f"no token {no}", expected="a number of `setapart-auditor device tokens list`")
    return _issued(row)


def token_of_secret(connection: Connection, hashed: bytes) -> IssuedToken:
    """The token of a secret's hash. The look-up is by the hash: how long it takes tells nothing of a secret.

    Raises:
        TokenRefusedError: there is none.
    """
    row = connection.execute(_select().where(token.c.hash == hashed)).mappings().one_or_none()
    if row is None:
        raise TokenRefusedError("no such token was ever issued")
    return _issued(row)


def redeem(connection: Connection, found: IssuedToken, now: dt.datetime) -> None:
    """Uses a token once, in the transaction of what it is used for.

    Raises:
        TokenRefusedError: it is revoked, expired or used up, whatever else happened meanwhile.
    """
    changed = connection.execute(
        update(token)
        .where(
            token.c.no == found.no,
            token.c.used < token.c.quota,
            token.c.revoked_at.is_(None),
            token.c.expires_at > now,
        )
        .values(used=token.c.used + 1)
    )
    if changed.rowcount != 1:
        raise TokenRefusedError(find_token(connection, found.no).refusal(now) or f"token {found.no} is used up")


def bearer(no: int) -> str:
    """Who acts, in the log, where a token does."""
    return f"token:{no}"


def had_key(connection: Connection, device_no: int) -> bool:
    """Whether a device has, or ever had, a key of its own."""
    query = select(device_key.c.no).where(device_key.c.device_no == device_no).limit(1)
    return connection.execute(query).one_or_none() is not None


def _select() -> Any:  # noqa: ANN401 - SQLAlchemy's
    return select(token, device_table.c.name.label("device_name")).join_from(
        token, device_table, token.c.device_no == device_table.c.no, isouter=True
    )


def _issued(row: Mapping[Any, Any]) -> IssuedToken:
    return IssuedToken(
        no=row["no"],
        device_no=row["device_no"],
        device=row["device_name"],
        serial=row["serial"],
        device_class=row["class"],
        unit=row["unit"],
        quota=row["quota"],
        used=row["used"],
        confirm=row["confirm"],
        hardware=row["hardware"],
        replaces=row["replaces"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _check_numbers(quota: int, days: int, *, bound: bool) -> None:
    if not 1 <= days <= MOST_DAYS:
        raise AuditorError(f"a token for {days} days", expected=f"1 to {MOST_DAYS}")
    if not 1 <= quota <= MOST_KEYS:
        raise AuditorError(f"a token for {quota} keys", expected=f"1 to {MOST_KEYS}")
    if bound and quota != 1:
        raise AuditorError(f"a token for {quota} keys of one device", expected="one key", cure="leave the quota out")


def _check_record(
    connection: Connection, found: RegisteredDevice, *, replaces: bool, others: tuple[object, ...]
) -> None:
    if any(other is not None for other in others):
        raise AuditorError(
            f"a token for `{found.name}` with a serial, class or unit", expected="the record alone, which has its own"
        )
    if found.state != "active":
        raise AuditorError(f"`{found.name}` is {found.state}", expected="an active device")
    has_key = had_key(connection, found.no)
    if has_key and not replaces:
        raise AuditorError(
            f"`{found.name}` is enrolled already",
            expected="a device without a key",
            cure="if its key is lost, let the token replace it",
        )
    if replaces and not has_key:
        raise AuditorError(f"`{found.name}` has no key to replace", expected="a device that is enrolled")


def _check_new(connection: Connection, serial: str | None, device_class: str | None, unit: str | None) -> None:
    if serial is not None and (not 1 <= len(serial) <= _LONGEST_SERIAL or not serial.isprintable()):
        raise AuditorError("no serial", expected=f"1 to {_LONGEST_SERIAL} printable characters")
    if unit is not None and (len(unit) > _LONGEST_UNIT or not unit.isprintable()):
        raise AuditorError("no unit", expected=f"at most {_LONGEST_UNIT} printable characters")
    if device_class is not None and device_class not in get_args(DeviceClass):
        raise AuditorError(f"no class `{device_class[:40]}`", expected=", ".join(get_args(DeviceClass)))
    if device_class is None and (serial is None or not numbers_of_serial(connection, serial)):
        raise AuditorError(
            "a token that makes records without a class", expected="the class of its records", cure="give the class"
        )
