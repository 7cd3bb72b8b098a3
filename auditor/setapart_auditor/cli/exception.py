"""`setapart-auditor exception`: a need for an app, asked for by one officer and granted by another."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from setapart_auditor.cli.acting import acting_in
from setapart_auditor.cli.acting_options import Decorator, acting_options
from setapart_auditor.cli.output import print_fields, print_json, print_table

if TYPE_CHECKING:
    from sqlalchemy import Row

    from setapart_auditor.exceptions.database import Officers

STATES = ("requested", "approved", "rejected", "revoked")
_DAY = click.DateTime(formats=["%Y-%m-%d"])


def _key_option() -> Decorator:
    return click.option(
        "--key",
        type=click.Path(path_type=Path),
        help="The officer's private key. Default: the one in the auditor's folder.",
    )


@click.group()
def command() -> None:
    """Exceptions: asked for by one officer, granted by another, for a device that a third person holds.

    Both officers sign. An exception is for one app on one social-dedicated device, and ends on a day.
    """


@command.command()
@click.option("--device", required=True, metavar="NAME", help="A social-dedicated device.")
@click.option("--app", required=True, help="The app's id in the catalog.")
@click.option("--need", required=True, metavar="TEXT", help="Why this device needs the app.")
@click.option("--until", required=True, type=_DAY, metavar="DATE", help="The last day.")
@click.option("--from", "valid_from", type=_DAY, metavar="DATE", help="The first day. Default: today.")
@click.option("--holder", metavar="NAME", help="Who holds the device. Default: as the register says.")
@click.option("--ground", help="One of the pack's grounds. Default: its only one.")
@_key_option()
@acting_options()
def request(
    *,
    device: str,
    app: str,
    need: str,
    until: dt.datetime,
    valid_from: dt.datetime | None,
    holder: str | None,
    ground: str | None,
    key: Path | None,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Ask for an exception. Prints its id, which another officer needs to approve it."""
    from setapart_auditor.exceptions.decide import Wanted
    from setapart_auditor.exceptions.decide import request as ask
    from setapart_auditor.installation import load_policies

    with acting_in(folder, officer, key=key) as at:
        wanted = Wanted(
            device=device,
            app=app,
            need=need,
            until=until.date(),
            valid_from=valid_from.date() if valid_from else at.now.date(),
            holder=holder,
            ground=ground,
        )
        id_ = ask(at.connection, load_policies(at.installation), at.actor, wanted, at.now, why=why)
    click.echo(id_)


@command.command()
@click.argument("id_", metavar="ID")
@click.option("--role", metavar="OFFICE", help="The office in which it is granted, where the pack names one.")
@_key_option()
@acting_options()
def approve(
    *, id_: str, role: str | None, key: Path | None, folder: Path | None, officer: str | None, why: str
) -> None:
    """Grant the exception ID: the second signature, by somebody who neither asked for it nor holds the device."""
    from setapart_auditor.exceptions.decide import approve as grant
    from setapart_auditor.installation import load_policies

    with acting_in(folder, officer, key=key) as at:
        grant(at.connection, load_policies(at.installation), at.actor, id_, at.now, role=role, why=why)


@command.command()
@click.argument("id_", metavar="ID")
@acting_options()
def reject(*, id_: str, folder: Path | None, officer: str | None, why: str) -> None:
    """Decline the request ID, or take it back. --why is needed."""
    from setapart_auditor.exceptions.decide import reject as decline

    with acting_in(folder, officer) as at:
        decline(at.connection, at.actor, id_, at.now, why=why)


@command.command()
@click.argument("id_", metavar="ID")
@click.option("--on", type=_DAY, metavar="DATE", help="From when it no longer holds. Default and latest: today.")
@acting_options()
def revoke(*, id_: str, on: dt.datetime | None, folder: Path | None, officer: str | None, why: str) -> None:
    """End the exception ID before its last day. --why is needed."""
    from setapart_auditor.exceptions.decide import revoke as end

    with acting_in(folder, officer) as at:
        end(at.connection, at.actor, id_, at.now, why=why, on=on.date() if on else None)


@command.command("list")
@click.option("--device", metavar="NAME", help="Only this device's.")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def list_(
    *, device: str | None, state: str | None, as_json: bool, folder: Path | None, officer: str | None, why: str
) -> None:
    """List exceptions and requests; each one's signatures are verified."""
    from setapart_auditor.exceptions.database import officers_keys, rows
    from setapart_auditor.officers.actor import ROLES

    with acting_in(folder, officer, *ROLES, why=why) as at:
        only = None if device is None else at.device(device).no
        people = officers_keys(at.connection)
        found = [
            _told(row, people)
            for row in rows(at.connection)
            if at.actor.sees(row.unit) and state in (None, row.state) and only in (None, row.device_no)
        ]
        at.record("exception-list", device or "")
    if as_json:
        print_json({"exceptions": found})
        return
    columns = ("id", "device", "app", "from", "until", "state", "requested_by", "decided_by", "broken")
    print_table(
        ("id", "device", "app", "from", "until", "state", "asked by", "decided by", "not as signed"),
        [[None if one[name] is None else str(one[name]) for name in columns] for one in found],
    )


@command.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def show(*, id_: str, as_json: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Show the exception ID with who signed it; the signatures are verified again."""
    from setapart_auditor.exceptions.database import officers_keys
    from setapart_auditor.exceptions.decide import find
    from setapart_auditor.officers.trail import record

    with acting_in(folder, officer) as at:
        row = find(at.connection, at.actor, id_)
        told = _told(row, officers_keys(at.connection))
        record(
            at.connection,
            at.actor.name,
            "exception-read",
            at.now,
            about=row.id,
            why=why,
            detail={"device": row.device_name},
        )
    if as_json:
        print_json(told)
        return
    print_fields(told)


def _told(row: "Row[Any]", people: "Officers") -> dict[str, Any]:
    """What is shown of an exception: its row, who signed it, and whether the row says what they signed."""
    from setapart_auditor.exceptions.database import signers
    from setapart_evidence.errors import SetapartError

    signed_by: tuple[str, ...] = ()
    broken = None
    try:
        signed_by = signers(row, people)
    except SetapartError as exc:
        broken = str(exc)
    return {
        "id": row.id,
        "state": row.state,
        "device": row.device_name,
        "app": row.app,
        "holder": row.holder,
        "need": row.need,
        "ground": row.ground,
        "from": row.valid_from,
        "until": row.until,
        "requested_by": row.requested_by,
        "requested_at": row.requested_at,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
        "approver_role": row.approver_role,
        "revoked_by": row.revoked_by,
        "revoked_at": row.revoked_at,
        "revoked_on": row.revoked_on,
        "why": row.why,
        "signed_by": signed_by,
        "broken": broken,
    }
