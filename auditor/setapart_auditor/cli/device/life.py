"""`setapart-auditor device change`, `retire`, `replace`, `revoke` and `hold`."""

import shlex
from pathlib import Path

import click

from setapart_auditor.cli.acting import acting_in
from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.device.add import CLASSES, Identity, day, identity_options
from setapart_evidence.moments import moment_text
from setapart_evidence.text import printable


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
    from setapart_auditor.register.lifecycle import check_active

    given = {"class": device_class, "holder": holder, "unit": unit, "role": role, "ownership": ownership}
    changes: dict[str, object] = {key: " ".join(value.split()) for key, value in given.items() if value is not None}
    if since is not None:
        changes["since"] = day(since, "--since")
    if not changes:
        raise RegisterError("nothing to change", expected="--class, --holder, --unit, --role, --ownership or --since")
    with acting_in(folder, officer, "officer", why=why) as at:
        found = at.device(name)
        check_active(found)
        at.actor.require("officer", unit=found.registration.unit)
        if unit is not None:
            at.actor.require("officer", unit=unit)
        changed = change_device(at.connection, found, changes, at.actor.name, at.now, why=why)
        at.record("device-change", changed.name, **{key: str(value) for key, value in changes.items()})
    click.echo(f"changed {printable(changed.name)}")


@click.command("retire")
@click.argument("name")
@acting_options()
def retire(*, name: str, folder: Path | None, officer: str | None, why: str) -> None:
    """Take the device NAME out of use: it is judged no more. What it reports later is kept, and not judged."""
    from setapart_auditor.register.lifecycle import retire as end

    with acting_in(folder, officer, "officer", why=why) as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        end(at.connection, found, at.actor.name, at.now, why=why)
        at.record("device-retire", found.name)
    click.echo(f"{printable(found.name)} is retired")


@click.command("replace")
@click.argument("name")
@click.option("--by", "new_name", required=True, metavar="NEW", help="The new device's name.")
@identity_options()
@acting_options()
def replace(
    *, name: str, new_name: str, identity: Identity, folder: Path | None, officer: str | None, why: str
) -> None:
    """Put a new device in the place of NAME: same class, holder, role and unit, and no exception."""
    from setapart_auditor.register.database import NewDevice
    from setapart_auditor.register.lifecycle import replace as put

    identity.check()
    with acting_in(folder, officer, "officer", why=why) as at:
        old = at.device(name)
        registration = old.registration
        at.actor.require("officer", unit=registration.unit)
        new = NewDevice(
            name=new_name,
            device_class=registration.device_class,
            ownership=registration.ownership,
            holder=registration.holder,
            role=registration.role,
            unit=registration.unit,
            since=at.now.date(),
            id=identity.device_id(at),
            serial=identity.serial,
            platform=identity.platform,
        )
        added = put(at.connection, old, new, at.actor.name, at.now, why=why)
        identity.bind(at, added)
        at.record("device-replace", old.name, by=added.name)
    click.echo(f"{printable(added.name)} takes the place of {printable(old.name)}")
    if identity.is_empty:
        click.echo(f"next: `setapart-auditor device token {shlex.quote(added.name)}`", err=True)


@click.command("revoke")
@click.argument("name")
@click.option("--effective", metavar="TIME", help="Since when it is lost (RFC 3339, or a date). Default: now.")
@acting_options()
def revoke(*, name: str, effective: str | None, folder: Path | None, officer: str | None, why: str) -> None:
    """Trust the device NAME no more: it was stolen, or its key was. Later reports are kept apart and never judged."""
    from setapart_auditor.cli.verify import moment
    from setapart_auditor.register.lifecycle import revoke as end

    since = moment(effective, "--effective") if effective is not None else None
    with acting_in(folder, officer, "officer", why=why) as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        since = since or at.now
        already = end(at.connection, found, since, at.actor.name, at.now, why=why)
        at.record("device-revoke", found.name, effective=f"{since:%Y-%m-%dT%H:%M:%SZ}", accepted_since=str(already))
    click.echo(f"{printable(found.name)} is revoked since {moment_text(since)}")
    if already:
        click.echo(f"{already} of its reports arrived since then and were accepted", err=True)


@click.command("hold")
@click.argument("name")
@click.option("--release", is_flag=True, help="End the hold.")
@acting_options()
def hold(*, name: str, release: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Put the device NAME on legal hold: nothing of it is erased by retention."""
    from setapart_auditor.register.database import change_device

    with acting_in(folder, officer, "officer", why=why) as at:
        found = at.device(name)
        at.actor.require("officer", unit=found.registration.unit)
        change_device(at.connection, found, {"legal_hold": not release}, at.actor.name, at.now, why=why)
        at.record("device-hold", found.name, hold="released" if release else "held")
    click.echo(f"{printable(found.name)}: {'released' if release else 'on hold'}")
