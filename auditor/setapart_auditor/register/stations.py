"""Stations in the store."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from setapart_auditor.errors import RegisterError
from setapart_auditor.store.schema import device_key, station
from setapart_evidence.keys import PublicKey

from .database import bump, check_texts, fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A workstation that may sign for devices that it reads, and when it may."""

    name: str
    keyid: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None


def add_station(connection: Connection, name: str, key: PublicKey, now: dt.datetime) -> None:
    """Adds a station.

    Raises:
        RegisterError: a name or key that is taken, or no name.
    """
    check_texts({"name": name})
    for table in (station, device_key):
        if connection.execute(select(table.c.no).where(table.c.keyid == key.keyid)).one_or_none() is not None:
            raise RegisterError("a key that is in the register already", expected="a key of its own")
    if connection.execute(select(station.c.no).where(station.c.folded == fold(name))).one_or_none() is not None:
        raise RegisterError(f"`{name}` is a station already", expected="a new name")
    connection.execute(
        insert(station).values(name=name.strip(), folded=fold(name), keyid=key.keyid, spki=key.spki, valid_from=now)
    )
    bump(connection)


def stations(connection: Connection) -> tuple[Station, ...]:
    """Every station, by name."""
    return tuple(
        Station(name=row.name, keyid=row.keyid, valid_from=row.valid_from, valid_until=row.valid_until)
        for row in connection.execute(select(station).order_by(station.c.folded))
    )


def revoke_station(connection: Connection, name: str, now: dt.datetime) -> None:
    """Ends a station's time.

    Raises:
        RegisterError: there is none of this name, or it has ended.
    """
    ended = connection.execute(
        update(station).where(station.c.folded == fold(name), station.c.valid_until.is_(None)).values(valid_until=now)
    )
    if not ended.rowcount:
        raise RegisterError(f"no station `{name[:128]}`", expected="a name of `setapart-auditor device station list`")
    bump(connection)
