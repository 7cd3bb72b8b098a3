"""An auditor with a dedicated phone that Kari holds, and officers: boss (admin), ola (officer), per (approver)."""

import datetime as dt

from sqlalchemy import Connection

from setapart_auditor.exceptions.decide import Wanted, approve, request
from setapart_auditor.installation import Installation, Policies
from setapart_auditor.officers.actor import ROLES, Actor, acting
from setapart_auditor.officers.changes import add
from setapart_auditor.register.database import NewDevice, add_device

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
UNTIL = dt.date(2027, 5, 1)
OPEN = Actor(name="os:root", roles=frozenset(ROLES))


def add_phone(connection: Connection, name: str = "phone", holder: str = "Kari", unit: str = "") -> None:
    """Adds a social-dedicated phone."""
    add_device(
        connection,
        NewDevice(name=name, device_class="social-dedicated", holder=holder, role="staff", unit=unit),
        "os:root",
        NOW,
    )


def add_officers(installation: Installation, connection: Connection) -> None:
    """Adds boss, ola and per; the mode is closed then."""
    for name, roles in (("boss", ("admin",)), ("ola", ("officer",)), ("per", ("approver",))):
        add(installation, connection, OPEN, name, roles=roles, unit=None, key=None, now=NOW)  # type: ignore[arg-type]


def wanted(device: str = "phone", **fields: object) -> Wanted:
    """A need that no-2023 allows."""
    values = {"app": "tiktok", "need": "outreach", "until": UNTIL, "valid_from": NOW.date(), **fields}
    return Wanted(device=device, **values)  # type: ignore[arg-type]


def as_(installation: Installation, connection: Connection, name: str) -> Actor:
    """Who acts by `--as`."""
    return acting(installation, connection, name, NOW)


def ask(installation: Installation, connection: Connection, policies: Policies, name: str = "ola") -> str:
    """Asks for an exception."""
    return request(connection, policies, as_(installation, connection, name), wanted(), NOW)


def granted(installation: Installation, connection: Connection, policies: Policies) -> str:
    """An exception that ola asked for and per granted."""
    id_ = ask(installation, connection, policies)
    approve(connection, policies, as_(installation, connection, "per"), id_, NOW)
    return id_
