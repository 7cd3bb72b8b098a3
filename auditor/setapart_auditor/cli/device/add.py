"""`setapart-auditor device add`."""

import datetime as dt
from pathlib import Path

import click

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.device.desk import desk
from setapart_auditor.policy.model import DeviceClass
from setapart_evidence.model import Platform

CLASSES = ("ordinary", "personal", "social-dedicated")
PLATFORMS = ("linux", "macos", "windows", "android", "ios")


@click.command("add")
@click.argument("name")
@click.option("--class", "device_class", required=True, type=click.Choice(CLASSES), help="What the device is for.")
@click.option("--holder", default="", help="Who has it.")
@click.option("--unit", default="", help="The unit that it belongs to.")
@click.option("--role", default="", help="The holder's role, as packs know them (`minister`, `staff` …).")
@click.option("--ownership", type=click.Choice(["organisation", "private"]), default="organisation", show_default=True)
@click.option("--since", metavar="DATE", help="Since when it is what it is now. Default: today.")
@click.option("--serial", help="Of a device that a station reads or a manager exports; with --platform.")
@click.option("--platform", type=click.Choice(PLATFORMS), help="The serial's platform.")
@click.option("--id", "id_", help="What its evidence calls it, instead of a serial or a key.")
@click.option("--key", type=click.Path(path_type=Path), help="Its public key, where it does not enrol by itself.")
@click.option("--hardware", is_flag=True, help="The key never leaves the device's hardware: you saw it being made.")
@acting_options()
def add(
    *,
    name: str,
    device_class: DeviceClass,
    holder: str,
    unit: str,
    role: str,
    ownership: str,
    since: str | None,
    serial: str | None,
    platform: Platform | None,
    id_: str | None,
    key: Path | None,
    hardware: bool,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Add the device NAME to the register."""
    from setapart_auditor.errors import RegisterError
    from setapart_auditor.register.database import NewDevice, add_device, bind_key
    from setapart_evidence.identity import hardware_id
    from setapart_evidence.keys import PublicKey

    if (serial is None) != (platform is None):
        raise RegisterError("serial or platform alone", expected="--serial and --platform together")
    if sum(one is not None for one in (serial, id_, key)) > 1:
        raise RegisterError("a device that is named twice", expected="one of --serial, --id and --key")
    if hardware and key is None:
        raise RegisterError("--hardware for a device without a key", expected="--key")
    public = PublicKey.from_pem(_read(key)) if key is not None else None
    with desk(folder, officer, why, "technician", "officer") as at:
        at.actor.require("technician", "officer", unit=unit)
        if serial is not None and platform is not None:
            id_ = hardware_id(at.installation.authority.secrets.id_key, platform, serial)
        new = NewDevice(
            name=name,
            device_class=device_class,
            ownership="private" if ownership == "private" else "organisation",
            holder=" ".join(holder.split()),
            role=role,
            unit=" ".join(unit.split()),
            since=day(since, "--since") if since is not None else at.now.date(),
            id=id_,
            serial=serial,
            platform=platform,
        )
        added = add_device(at.connection, new, at.actor.name, at.now)
        if public is not None:
            bind_key(at.connection, added.no, public, hardware=hardware, origin="registered", now=at.now)
        at.record("device-add", added.name, **{"class": device_class})
    click.echo(f"added {added.name}, {device_class}")


def day(text: str, option: str) -> dt.date:
    """A day as typed.

    Raises:
        RegisterError: it is none, or of a year that nobody means.
    """
    from setapart_auditor.errors import RegisterError
    from setapart_auditor.policy.refusals import YEARS

    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise RegisterError(f"{option} {text[:40]!r}", expected="a day like 2026-11-22")
    return found


def _read(path: Path) -> bytes:
    from setapart_auditor.errors import RegisterError

    try:
        with path.open("rb") as file:
            return file.read(64 * 1024)
    except OSError as exc:
        raise RegisterError(exc.strerror or "input failed", expected="a public key in PEM", where=str(path)) from None
