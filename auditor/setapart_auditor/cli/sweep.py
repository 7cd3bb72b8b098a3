"""`setapart-auditor sweep`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.list_devices import NO_DEVICES, STATUSES
from setapart_auditor.cli.reading import exit_code, progress, reader, refuse_empty, tell_broken, workers_of
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from setapart_auditor.export.row import DeviceRow
    from setapart_auditor.installation import Installation
    from setapart_auditor.sweep.changes import Change, Changes
    from setapart_auditor.sweep.fleet import Swept

_SHOWN = 50
_LISTS = ("worse", "silent", "new", "better", "cured")


@click.command("sweep")
@click.option("--pack", help="What if? A pack (id or file) in place of every unit's; no device's status is changed.")
@click.option("--unit", help="Only this unit's devices.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes. Default: one per core.")
@acting_options()
def command(
    *,
    pack: str | None,
    unit: str | None,
    as_json: bool,
    jobs: int | None,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Judge every active device of the register, keep the verdicts, and say what changed since the last sweep.

    Every signature is verified again. Devices that never reported are judged too. A sweep that was cut off is gone on
    with by the same command. Exceptions that are recorded as granted and are not as two officers signed them count for
    nothing; they are named, and the exit code is then never 0.
    """
    from setapart_auditor.exceptions.database import broken
    from setapart_auditor.export.json_file import write_json
    from setapart_auditor.export.row import JudgedBy
    from setapart_auditor.installation import load_policies
    from setapart_auditor.sweep.changes import changes_of
    from setapart_auditor.sweep.fleet import active_numbers, run_sweep

    detail = {"pack": pack} if pack is not None else {}
    with reader(folder, officer, why, "sweep", roles=("officer", "auditor"), unit=unit, detail=detail) as at:
        installation, unit = at.installation, at.unit
        policies = load_policies(installation, pack)
        with installation.store.read() as connection:
            count = len(active_numbers(connection, unit))
        refuse_empty(count, unit)
        with progress(count, "Judging", quiet=as_json) as step:
            swept = run_sweep(
                installation, policies, at.now, pack=pack, unit=unit, workers=workers_of(jobs), progress=step
            )
        with installation.store.read() as connection:
            changes = changes_of(connection, swept)
            found = broken(connection, unit)
        counts = _counts(installation, swept)
        if as_json:
            judged = JudgedBy(
                at=swept.at, sweep=swept.no, policy=policies.default.digest, pack=pack, unit=unit, engine=swept.engine
            )
            write_json(
                rows_of(installation, swept.no),
                sys.stdout,
                {"changes": changes, "broken_exceptions": found, "judged": judged},
            )
        else:
            _print(swept, counts, changes)
    tell_broken(found)
    raise SystemExit(exit_code(counts, found))


def rows_of(installation: "Installation", sweep_no: int) -> "Iterator[DeviceRow]":
    """The rows of a sweep, by the devices' numbers, read as they are asked for."""
    from setapart_auditor.export.row import row_of
    from setapart_auditor.sweep.verdicts import read_verdicts

    with installation.store.read() as connection:
        for one in read_verdicts(connection, sweep_no):
            yield row_of(one.verdict, one.unit, one.since)


def _counts(installation: "Installation", swept: "Swept") -> "Mapping[str, int]":
    from setapart_auditor.sweep.verdicts import count_statuses

    with installation.store.read() as connection:
        return count_statuses(connection, swept.no)


def _print(swept: "Swept", counts: "Mapping[str, int]", changes: "Changes") -> None:
    from setapart_auditor.cli.output import print_table

    total = sum(counts.values())
    if total:
        print_table(
            ("status", "devices", "share"),
            [(word, str(counts[word]), f"{counts[word] / total:.0%}") for word in reversed(STATUSES) if word in counts],
            colour_by=0,
        )
    else:
        click.echo(NO_DEVICES)
    if changes.since is None:
        click.echo("\nThe first sweep: there is nothing to compare it with.")
    else:
        click.echo(f"\nSince sweep {changes.since}:")
    for name in _LISTS:
        found: tuple[Change, ...] = getattr(changes, name)
        if found:
            click.echo(f"\n{name}: {len(found)}")
            print_table(
                ("device", "before", "now"), [(one.name, one.before, one.status) for one in found[:_SHOWN]], colour_by=2
            )
            if len(found) > _SHOWN:
                click.echo(f"and {len(found) - _SHOWN} more; see --json")
    if changes.since is not None and not any(getattr(changes, name) for name in _LISTS):
        click.echo("nothing changed")
    tried = f", pack {swept.pack} tried out" if swept.pack is not None else ""
    click.echo(
        f"\nsweep {swept.no}{tried}, {total} {'device' if total == 1 else 'devices'}"
        f"{f' of unit {swept.unit}' if swept.unit else ''}, engine {swept.engine}, as of {moment_text(swept.at)}"
    )
