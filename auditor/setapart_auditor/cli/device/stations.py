"""`setapart-auditor device station`: workstations that read other devices and sign for them."""

from pathlib import Path

import click

from setapart_auditor.cli.acting import acting_in
from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.output import print_json, print_table
from setapart_evidence.text import printable


@click.group("station")
def station() -> None:
    """Stations: workstations that read other devices and sign for them."""


@station.command("add")
@click.argument("name")
@click.option("--key", required=True, type=click.Path(path_type=Path), help="The station's public key.")
@acting_options()
def add(*, name: str, key: Path, folder: Path | None, officer: str | None, why: str) -> None:
    """Let the station NAME speak for the devices that it reads."""
    from setapart_auditor.cli.device.add import read_public_key
    from setapart_auditor.register.stations import add_station

    public = read_public_key(key)
    with acting_in(folder, officer, "officer", why=why) as at:
        at.require_all_units("a station speaks for every unit")
        add_station(at.connection, name, public, at.now)
        at.record("station-add", name, key=public.keyid)
    click.echo(f"added station {printable(name)}")


@station.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def list_(*, as_json: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """List the stations."""
    from setapart_auditor.register.stations import stations

    with acting_in(folder, officer, "viewer", "technician", "officer", "auditor", why=why) as at:
        found = stations(at.connection)
    if as_json:
        print_json({"stations": found})
        return
    print_table(
        ("station", "key", "since", "until"),
        [
            (
                one.name,
                one.keyid[:16] + "…",
                f"{one.valid_from:%Y-%m-%d}",
                f"{one.valid_until:%Y-%m-%d}" if one.valid_until else None,
            )
            for one in found
        ],
    )


@station.command("revoke")
@click.argument("name")
@acting_options()
def revoke(*, name: str, folder: Path | None, officer: str | None, why: str) -> None:
    """Let the station NAME speak for nobody from now on; what it has reported stays."""
    from setapart_auditor.register.stations import revoke_station

    with acting_in(folder, officer, "officer", why=why) as at:
        at.require_all_units("a station speaks for every unit")
        revoke_station(at.connection, name, at.now)
        at.record("station-revoke", name)
    click.echo(f"revoked station {name}")
