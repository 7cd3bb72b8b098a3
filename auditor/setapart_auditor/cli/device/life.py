"""`setapart-auditor device change`, `retire`, `replace`, `revoke` and `hold`."""

import datetime as dt
from pathlib import Path

import click

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.device.add import CLASSES, day
from setapart_auditor.cli.device.desk import desk


@click.command("change")
@click.argument("name")
@click.option("--class", "device_class", type=click.Choice(CLASSES), help="What the device is for from now on.")
@click.option("--holder", help="Who has it from now on.")
@click.option("--unit", help="The unit that it belongs to from now on.")
@click.option("--role", help="The holder's role.")
@click.option("--ownership", type=click.Choice(["organisation", "private"]), help="Whose it is.")
@click.option("--since", metavar="DATE", help="Since when. Default, for class and holder: today.")
@acting_options()
def change(
    *,
    name: str,
    device_class: str | None,
    holder: str | None,
    unit: str | None,
    role: str | None,
    ownership: str | None,
    since: str | None,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Change what the register says of the device NAME. Exceptions do not go along with a new class or holder."""
    from setapart_auditor.errors import RegisterError
    from setapart_auditor.register.database import change_device

    given = {"class": device_class, "holder": holder, "unit": unit, "role": role, "ownership": ownership}
    changes: dict[str, object] = {key: " ".join(value.split()) for key, value in given.items() if value is not None}
    if since is not None:
        changes["since"] = day(since, "--since")
    if not changes:
        raise RegisterError("nothing to change", expected="--class, --holder, --unit, --role, --ownership or --since")
    with desk(folder, officer, why, "officer") as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        if unit is not None:
            at.actor.require("officer", unit=unit)
        changed = change_device(at.connection, found, changes, at.actor.name, at.now, why=why)
        at.record("device-change", changed.name, **{key: str(value) for key, value in changes.items()})
    click.echo(f"changed {changed.name}")


@click.command("retire")
@click.argument("name")
@acting_options()
def retire(*, name: str, folder: Path | None, officer: str | None, why: str) -> None:
    """Take the device NAME out of use: it is judged no more. What it reports later is kept, and not judged."""
    _end(name, "retired", folder, officer, why)


@click.command("replace")
@click.argument("name")
@click.option("--by", "new_name", required=True, metavar="NEW", help="The new device's name.")
@acting_options()
def replace(*, name: str, new_name: str, folder: Path | None, officer: str | None, why: str) -> None:
    """Put a new device in the place of NAME: same class, holder, role and unit, and no exception."""
    from setapart_auditor.register.database import NewDevice, add_device, change_device

    with desk(folder, officer, why, "officer") as at:
        old = at.device(name)
        at.actor.require("officer", unit=old.registration.unit)
        change_device(at.connection, old, {"state": "replaced"}, at.actor.name, at.now, why=why)
        registration = old.registration
        new = NewDevice(
            name=new_name,
            device_class=registration.device_class,
            ownership=registration.ownership,
            holder=registration.holder,
            role=registration.role,
            unit=registration.unit,
            since=at.now.date(),
        )
        added = add_device(at.connection, new, at.actor.name, at.now)
        at.record("device-replace", old.name, by=added.name)
    click.echo(f"{added.name} takes the place of {old.name}; next: `setapart-auditor device token {added.name}`")


@click.command("revoke")
@click.argument("name")
@click.option("--effective", metavar="TIME", help="Since when it is lost (RFC 3339, or a date). Default: now.")
@acting_options()
def revoke(*, name: str, effective: str | None, folder: Path | None, officer: str | None, why: str) -> None:
    """Trust the device NAME no more: it was stolen, or its key was. Later reports are kept apart and never judged."""
    from setapart_auditor.cli.verify import moment

    _end(name, "revoked", folder, officer, why, since=moment(effective, "--effective") if effective else None)


@click.command("hold")
@click.argument("name")
@click.option("--release", is_flag=True, help="End the hold.")
@acting_options()
def hold(*, name: str, release: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Put the device NAME on legal hold: nothing of it is erased by retention."""
    from setapart_auditor.register.database import change_device

    with desk(folder, officer, why, "officer") as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        change_device(at.connection, found, {"legal_hold": not release}, at.actor.name, at.now, why=why)
        at.record("device-hold", found.name, hold="released" if release else "held")
    click.echo(f"{found.name}: {'released' if release else 'on hold'}")


def _end(
    name: str, state: str, folder: Path | None, officer: str | None, why: str, *, since: dt.datetime | None = None
) -> None:
    from setapart_auditor.register.database import change_device

    with desk(folder, officer, why, "officer") as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        when = since or at.now
        change_device(at.connection, found, {"state": state, "state_since": when}, at.actor.name, at.now, why=why)
        at.record(f"device-{state}", found.name, since=f"{when:%Y-%m-%dT%H:%M:%SZ}")
    click.echo(f"{found.name} is {state} since {when:%Y-%m-%d %H:%M} UTC")
