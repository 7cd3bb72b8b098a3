"""Accounts that stand on a device that is set apart and on another one, too, by their keyed digests."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import zstandard
from sqlalchemy import Connection, select

from setapart_auditor.register.database import RegisteredDevice, devices
from setapart_auditor.store.bodies import inflate
from setapart_auditor.store.schema import device, inventory

from .reading import current_numbers

_AT_ONCE = 200
_DIGEST = re.compile(rb'"address_digest"\s*:\s*"([^"\\]{1,200})"')
_APART = "social-dedicated"

Holders = Mapping[str, tuple[tuple[str, str], ...]]
"""By address digest, name and unit of each device that holds it."""


def shared_by_unit(
    connection: Connection, at: dt.datetime, *, of: Sequence[RegisteredDevice] | None = None
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """For address digests of devices that are set apart, which other devices hold them, as each unit may know it.

    A unit's officers see no other unit's devices: of one there only the unit is told, by which an officer of all units
    finds it. Other devices are only read if there is something to look for: where digests of addresses leave devices.

    Args:
        connection: one state of the store.
        at: the moment to judge as of.
        of: the devices that will be judged, None for all.
    """
    shared = _holders(connection, at, of)
    if not shared:
        return {}
    units = connection.execute(select(device.c.unit).where(device.c["class"] == _APART).distinct()).scalars()
    return {unit: _told_in(unit, shared) for unit in units}


def _holders(connection: Connection, at: dt.datetime, of: Sequence[RegisteredDevice] | None) -> Holders:
    apart = [one for one in of if _is_apart(one)] if of is not None else None
    set_apart = _digests(connection, _of_class(connection, apart=True, only=apart), at)
    wanted = {digest for _, digests in set_apart for digest in digests}
    found: dict[str, set[tuple[str, str]]] = {}
    if wanted:
        for holder, digests in _digests(connection, _of_class(connection, apart=False), at):
            for digest in digests & wanted:
                found.setdefault(digest, set()).add(holder)
    return {digest: tuple(sorted(holders)) for digest, holders in found.items()}


def _told_in(unit: str, shared: Holders) -> Mapping[str, tuple[str, ...]]:
    own = unit.casefold()
    return {
        digest: tuple(
            dict.fromkeys(
                name if other.casefold() == own else f"a device of {f'unit {other}' if other else 'no unit'}"
                for name, other in holders
            )
        )
        for digest, holders in shared.items()
    }


def _of_class(
    connection: Connection, *, apart: bool, only: Sequence[RegisteredDevice] | None = None
) -> Iterator[RegisteredDevice]:
    if only is not None:
        yield from only
        return
    if apart:
        query = select(device.c.no).where(device.c["class"] == _APART, device.c.state == "active").limit(1)
        if connection.execute(query).first() is None:
            return
    for one in devices(connection, state="active"):
        if _is_apart(one) is apart:
            yield one


def _is_apart(one: RegisteredDevice) -> bool:
    return one.registration.device_class == _APART


def _digests(
    connection: Connection, among: Iterator[RegisteredDevice], at: dt.datetime
) -> Iterator[tuple[tuple[str, str], set[str]]]:
    """Name and unit of each device that has current reports, and the address digests in them."""
    while chunk := list(islice(among, _AT_ONCE)):
        yield from _of_chunk(connection, chunk, at)


def _of_chunk(
    connection: Connection, chunk: Sequence[RegisteredDevice], at: dt.datetime
) -> Iterator[tuple[tuple[str, str], set[str]]]:
    owners = current_numbers(connection, chunk, at)
    units = {one.name: one.registration.unit for one in chunk}
    query = select(inventory.c.evidence_no, inventory.c.body).where(
        inventory.c.evidence_no.in_(list(owners)), inventory.c.body.is_not(None)
    )
    for row in connection.execute(query) if owners else ():
        try:
            text = inflate(row.body)
        except zstandard.ZstdError:
            continue  # judging finds it damaged
        digests = {match.decode(errors="replace") for match in _DIGEST.findall(text)}
        if digests:
            name = owners[row.evidence_no]
            yield (name, units[name]), digests
