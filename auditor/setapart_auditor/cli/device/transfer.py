"""`setapart-auditor device import` and `export`: the register as CSV or register.toml."""

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting import Acting, acting_in
from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.output import written
from setapart_evidence.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from setapart_auditor.errors import RegisterError
    from setapart_auditor.register.incoming import Incoming, Plan
    from setapart_auditor.register.model import Register
    from setapart_auditor.register.toml_import import Beside

_MOST_ERRORS = 1000


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--update", is_flag=True, help="Change devices that the register has otherwise, as of today.")
@click.option("--dry-run", is_flag=True, help="Check everything and say what would be done; change nothing.")
@acting_options()
def import_(*, file: Path, update: bool, dry_run: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Take the devices of FILE into the register: CSV, or a register.toml with its stations. All of it or nothing."""
    from setapart_auditor.register.incoming import plan
    from setapart_auditor.register.toml_import import beside, without_own

    with acting_in(folder, officer, "officer", why=why) as at:
        incoming, errors, register = _read(file, at)
        for unit in sorted({one.new.unit for one in incoming}):
            at.actor.require("officer", unit=unit)
        incoming = without_own(incoming, at.actor.name)
        name = str(file)

        def where(place: int) -> str:
            return register.source.where("device", place) if register is not None else f"{name}, line {place}"

        wanted = plan(at.connection, incoming, at.now, where=where, may_change=update, sees=at.actor.sees)
        more = (
            beside(at.connection, register, at.actor.name, at.installation.authority.signer.public)
            if register is not None
            else None
        )
        _refuse((*errors, *wanted.errors, *(more.errors if more is not None else ())), file)
        for unit in sorted(wanted.units):
            at.actor.require("officer", unit=unit)
        if more is not None and more.stations:
            at.require_all_units("stations speak for every unit")
        for sentence in more.left_out if more is not None else ():
            click.echo(f"left out: {printable(sentence, 1000)}", err=True)
        if not dry_run:
            _take(at, wanted, more, file)
    would = "would be " if dry_run else ""
    click.echo(
        f"{would}added {len(wanted.added)}, changed {len(wanted.changed)}, unchanged {len(wanted.unchanged)} devices"
        + (f"; {would}added {len(more.stations)} stations" if more is not None and more.stations else "")
    )


@click.command("export")
@click.option("--format", "form", type=click.Choice(["csv", "toml"]), help="Default: by --output's name, else csv.")
@click.option("--output", type=click.Path(path_type=Path), help="Where it goes. Default: printed.")
@click.option("--unit", help="Only this unit's devices.")
@acting_options()
def export(
    *, form: str | None, output: Path | None, unit: str | None, folder: Path | None, officer: str | None, why: str
) -> None:
    """Write the register down: every device as CSV, or the active ones as a register.toml that `verify` takes."""
    from setapart_auditor.register.csv_file import write_csv
    from setapart_auditor.register.database import devices
    from setapart_auditor.register.stored_keys import present_keys
    from setapart_auditor.register.toml_export import export_toml

    form = form or ("toml" if output is not None and output.suffix == ".toml" else "csv")
    with acting_in(folder, officer, "officer", "auditor", why=why) as at:
        found = [one for one in devices(at.connection, unit=unit) if at.actor.sees(one.registration.unit)]
        keys = present_keys(at.connection)
        if form == "csv":
            lines: Iterable[str] = write_csv(found, keys)
            left = _not_in_csv(at)
        else:
            exported = export_toml(at.connection, found, keys, at.installation.authority.secrets.id_key)
            lines, left = (exported.text,), exported.left_out
        at.record("device-export", unit or "", format=form, devices=str(len(found)))
        content = "".join(lines)
    with written(output) as out:
        out.write(content)
    for sentence in left:
        click.echo(f"left out: {sentence}", err=True)


def _read(file: Path, at: Acting) -> "tuple[tuple[Incoming, ...], tuple[RegisterError, ...], Register | None]":
    """What the file says, and of what kind it is: a register.toml ends in .toml, anything else is CSV."""
    from setapart_auditor.errors import RegisterError
    from setapart_auditor.register.csv_file import MAX_BYTES, read_csv
    from setapart_auditor.register.load import load_register
    from setapart_auditor.register.toml_import import incoming_of

    id_key = at.installation.authority.secrets.id_key
    if file.suffix == ".toml":
        register = load_register(file, id_key=id_key)
        return incoming_of(register), (), register
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as exc:
        raise RegisterError(exc.strerror or "input failed", expected="CSV or TOML", where=str(file)) from None
    incoming, errors = read_csv(raw, file, id_key)
    return incoming, errors, None


def _refuse(errors: "Sequence[RegisterError]", file: Path) -> None:
    from setapart_auditor.errors import RegisterError

    if not errors:
        return
    for one in errors[:_MOST_ERRORS]:
        click.echo(printable(str(one), 4000), err=True)
    if len(errors) > _MOST_ERRORS:
        click.echo(f"and {len(errors) - _MOST_ERRORS} more", err=True)
    raise RegisterError(
        f"{len(errors)} entries can't be taken; nothing was imported", cure="correct them, then try again",
        where=str(file),
    )  # fmt: skip


def _take(at: Acting, wanted: "Plan", more: "Beside | None", file: Path) -> None:
    from setapart_auditor.register.incoming import carry_out
    from setapart_auditor.register.toml_import import settle_first, take_beside

    total = len(wanted.added) + len(wanted.changed) + len(wanted.unchanged)
    with click.progressbar(length=total, label="devices", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        carry_out(at.connection, wanted, at.actor.name, at.now, why=at.why, progress=bar.update)
    counts = {"added": len(wanted.added), "changed": len(wanted.changed)}
    if more is not None:
        take_beside(at.connection, more, at.now)
        counts["stations"] = len(more.stations)
        for name, count in settle_first(at.connection, wanted, at.actor.name, at.now).items():
            click.echo(
                f"{printable(name)}: {count} settled statements wait for a second officer's "
                "`setapart-auditor device settle`",
                err=True,
            )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    at.record("device-import", file.name, sha256=digest, **{name: str(count) for name, count in counts.items()})


def _not_in_csv(at: Acting) -> tuple[str, ...]:
    from sqlalchemy import func, select

    from setapart_auditor.store.schema import attestation, exception, settlement, station

    tables = {"stations": station, "attestations": attestation, "settled statements": settlement}
    tables["exceptions"] = exception
    counts = {
        name: at.connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in tables.items()
    }
    return tuple(f"{count} {name}: CSV holds devices alone" for name, count in counts.items() if count)
