"""What the intake asks of the store and writes to it: every statement, compiled once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, cast

from sqlalchemy import Connection, bindparam, func, select

from setapart_auditor.store.bulk import insert_rows, put_rows, update_rows
from setapart_auditor.store.schema import chain, current, device, device_key, evidence, inventory, station


class DeviceRow(Protocol):
    """The columns of a device that the intake needs."""

    no: int
    id: str
    unit: str
    state: str


_DEVICES = select(device.c.no, device.c.id, device.c.unit, device.c.state).where(
    device.c.id.in_(bindparam("ids", expanding=True))
)
_KEYS = select(device_key.c.keyid, device_key.c.device_no).where(
    device_key.c.keyid.in_(bindparam("ids", expanding=True)), device_key.c.valid_until.is_(None)
)
_STATIONS = select(station.c.keyid).where(
    station.c.keyid.in_(bindparam("ids", expanding=True)), station.c.valid_until.is_(None)
)
_AT = (
    select(evidence.c.digest, evidence.c.receipt, evidence.c.outcome)
    .where(evidence.c.device_no == bindparam("device"), evidence.c.sequence == bindparam("at"))
)  # fmt: skip
_CHAINS = select(chain).where(chain.c.device_no.in_(bindparam("numbers", expanding=True)))
_LAST_EVIDENCE = select(func.max(evidence.c.no))
_LAST_CHAIN = select(func.max(chain.c.no))
_BRANCH = select(func.max(evidence.c.branch)).where(
    evidence.c.chain_no == bindparam("chain"), evidence.c.sequence == bindparam("at")
)
Rows = Sequence[Mapping[str, Any]]


def devices_of(connection: Connection, ids: Collection[str]) -> dict[str, DeviceRow]:
    """The devices of these ids."""
    return {row.id: cast("DeviceRow", row) for row in connection.execute(_DEVICES, {"ids": sorted(ids)})}


def owners_of(connection: Connection, keyids: Collection[str]) -> dict[str, int | None]:
    """Of the keys that are valid now: the number of the device whose own it is, None for a station's."""
    wanted = {"ids": sorted(keyids)}
    found: dict[str, int | None] = {row.keyid: row.device_no for row in connection.execute(_KEYS, wanted)}
    if len(found) < len(keyids):
        found.update(dict.fromkeys(connection.execute(_STATIONS, wanted).scalars()))
    return found


def stored_at(connection: Connection, device_no: int, sequence: int) -> Sequence[Any]:
    """The reports of a device with this sequence, whichever chains they are of: digest, receipt, outcome."""
    return connection.execute(_AT, {"device": device_no, "at": sequence}).all()


def chains_of(connection: Connection, numbers: Collection[int]) -> Sequence[Any]:
    """The chains of these devices."""
    return connection.execute(_CHAINS, {"numbers": sorted(numbers)}).all()


def last_numbers(connection: Connection) -> tuple[int, int]:
    """The highest numbers of evidence and of chains: the only writer gives the next."""
    return (
        int(connection.execute(_LAST_EVIDENCE).scalar_one() or 0),
        int(connection.execute(_LAST_CHAIN).scalar_one() or 0),
    )


def highest_branch(connection: Connection, chain_no: int, sequence: int) -> int | None:
    """The highest branch at a place of a chain, None where nothing is."""
    found = connection.execute(_BRANCH, {"chain": chain_no, "at": sequence}).scalar_one()
    return None if found is None else int(found)


def add_reports(connection: Connection, reports: Rows, inventories: Rows) -> None:
    """Adds evidence and its inventories."""
    insert_rows(connection, evidence, reports)
    insert_rows(connection, inventory, inventories)


def write_chains(connection: Connection, new: Rows, moved: Rows) -> None:
    """Adds chains, and moves the heads of others."""
    insert_rows(connection, chain, new)
    update_rows(connection, chain, "no", moved)


def write_current(connection: Connection, rows: Rows) -> None:
    """Says which report is the latest of a device, signer and source."""
    put_rows(connection, current, rows)
