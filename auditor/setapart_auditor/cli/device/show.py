"""`setapart-auditor device list` and `show`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setapart_auditor.cli.acting import Acting, acting_in
from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.output import print_fields, print_json, print_table, said_change
from setapart_auditor.looks.readers import READERS
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from setapart_auditor.register.database import RegisteredDevice, State

STATES = ("active", "retired", "replaced", "revoked")


@click.command("list")
@click.option("--unit", help="Only this unit's.")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def list_(
    *, unit: str | None, state: "State | None", as_json: bool, folder: Path | None, officer: str | None, why: str
) -> None:
    """List the devices of the register; `setapart-auditor list` also judges them."""
    from setapart_auditor.register.database import devices

    with acting_in(folder, officer, *READERS, why=why) as at:
        at.record("device-list", unit or "")
        found = [one for one in devices(at.connection, unit=unit, state=state) if at.actor.sees(one.registration.unit)]
    if as_json:
        print_json({"devices": [_told(one) for one in found]})
        return
    print_table(
        ("device", "class", "holder", "unit", "state", "enrolled"),
        [
            (
                one.name,
                one.registration.device_class,
                one.registration.holder,
                one.registration.unit,
                one.state,
                "yes" if one.enrolled else "no",
            )
            for one in found
        ],
    )


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def show(*, name: str, as_json: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Show what the register knows of the device NAME: fields, keys, changes with their dates. The look is logged."""
    with acting_in(folder, officer, *READERS, why=why) as at:
        found = at.device(name)
        told = _told(found) | _more(at, found)
        at.record("device-read", found.name)
    if as_json:
        print_json(told)
        return
    for change in told["changes"]:
        change |= {side: said_change(change["field"], change[side]) for side in ("old", "new")}
    print_fields(told)


def _told(one: "RegisteredDevice") -> dict[str, Any]:
    registration = one.registration
    return {
        "name": registration.name,
        "id": registration.id if one.enrolled else None,
        "class": registration.device_class,
        "ownership": registration.ownership,
        "holder": registration.holder,
        "role": registration.role,
        "unit": registration.unit,
        "since": registration.since,
        "state": one.state,
        "state_since": one.state_since,
        "serial": one.serial,
        "platform": one.platform,
        "legal_hold": one.legal_hold,
    }


def _more(at: Acting, one: "RegisteredDevice") -> dict[str, Any]:
    from sqlalchemy import select

    from setapart_auditor.store.schema import attestation, device_change, device_key, settlement
    from setapart_evidence.statement import digest_text

    keys = at.connection.execute(select(device_key).where(device_key.c.device_no == one.no).order_by(device_key.c.no))
    changes = at.connection.execute(
        select(device_change).where(device_change.c.device_no == one.no).order_by(device_change.c.no)
    )
    settled = at.connection.execute(
        select(settlement).where(settlement.c.device_no == one.no).order_by(settlement.c.no)
    )
    attested = at.connection.execute(select(attestation).where(attestation.c.device_no == one.no))
    return {
        "last_read": _last_read(at, one.name),
        "keys": [
            {
                "id": row.keyid,
                **_key(row.keyid, row.spki),
                "hardware": row.hardware,
                "origin": row.origin,
                "from": row.valid_from,
                "until": row.valid_until,
            }
            for row in keys
        ],
        "attestations": [
            {"client": row.client, "by": row.by, "date": row.date, "until": row.until} for row in attested
        ],
        "settled": [
            {
                "digest": digest_text(row.digest),
                "first_by": row.first_by,
                "first_at": row.first_at,
                "second_by": row.second_by,
                "second_at": row.second_at,
                "why": row.why,
            }
            for row in settled
        ],
        "changes": [
            {"at": row.at, "by": row.by, "field": row.field, "old": row.old, "new": row.new, "why": row.why}
            for row in changes
        ],
    }


def _last_read(at: Acting, name: str) -> str | None:
    from setapart_auditor.errors import StoreError
    from setapart_auditor.register.readers import last_read

    try:
        read = last_read(at.connection, name)
    except StoreError as exc:
        return f"not known: {exc}"
    return f"{moment_text(read.at)} by {read.who}" if read is not None else None


def _key(keyid: str, spki: bytes) -> dict[str, str | None]:
    """A key's words and algorithm; a damaged one has none, and the device's evidence is invalid."""
    from setapart_evidence.errors import EvidenceError
    from setapart_evidence.keys import PublicKey
    from setapart_evidence.words import words_of

    try:
        key = PublicKey.from_spki(spki)
    except EvidenceError:
        key = None
    if key is None or key.keyid != keyid:
        return {"words": None, "algorithm": "damaged"}
    return {"words": words_of(keyid), "algorithm": key.algorithm}
