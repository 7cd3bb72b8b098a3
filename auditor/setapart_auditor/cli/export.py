"""`setapart-auditor export`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.output import written
from setapart_auditor.cli.reading import looked, reader, row_of_seen
from setapart_auditor.cli.sweep import rows_of

if TYPE_CHECKING:
    from setapart_auditor.cli.reading import Reader
    from setapart_auditor.export.row import DeviceRow, JudgedBy

FORMATS = ("csv", "json", "jsonl", "junit")


@click.command("export")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("--output", type=click.Path(path_type=Path), help="A file, readable by you alone. Default: printed.")
@click.option(
    "--sweep", "number", type=click.IntRange(1), help="The sweep. Default: the last finished one of all units."
)
@click.option("--now", "as_of_now", is_flag=True, help="Judge as of now instead.")
@acting_options()
def command(
    *,
    form: str,
    output: Path | None,
    number: int | None,
    as_of_now: bool,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """Write the verdicts of a sweep for spreadsheets, programs or CI systems. The export is logged."""
    from setapart_auditor.errors import AuditorError

    if as_of_now and number is not None:
        raise AuditorError("--sweep and --now", expected="one of them")
    detail = {"format": form, "sweep": "now" if as_of_now else str(number or "last")}
    with reader(folder, officer, why, "export", roles=("officer", "auditor"), detail=detail) as at:
        rows, judged, totals = _now(at) if as_of_now else _kept(at, number, counted=form == "junit")
        with written(output) as out:
            _write(form, rows, out, judged, totals)


def _write(form: str, rows: "Iterable[DeviceRow]", out: TextIO, judged: "JudgedBy", totals: Mapping[str, int]) -> None:
    if form == "csv":
        from setapart_auditor.export.csv_file import write_csv

        write_csv(rows, out, judged)
    elif form == "junit":
        from setapart_auditor.export.junit import write_junit

        write_junit(rows, out, judged, totals)
    else:
        from setapart_auditor.export.json_file import write_json, write_json_lines

        if form == "json":
            write_json(rows, out, {"judged": judged})
        else:
            write_json_lines(rows, out, judged)


def _kept(
    at: "Reader", number: int | None, *, counted: bool
) -> "tuple[Iterable[DeviceRow], JudgedBy, Mapping[str, int]]":
    """A sweep's rows, counted where the file begins with that; of the officer's unit alone, if they have one."""
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.export.row import JudgedBy
    from setapart_auditor.sweep.fleet import find_sweep
    from setapart_auditor.sweep.verdicts import count_statuses

    with at.installation.store.read() as connection:
        swept = find_sweep(connection, number, unit=at.unit)
        totals = count_statuses(connection, swept.no, unit=at.unit) if counted else {}
    if swept.finished_at is None:
        raise AuditorError(
            f"sweep {swept.no} was cut off", expected="a finished sweep", cure="run `setapart-auditor sweep` again"
        )
    judged = JudgedBy(
        at=swept.at, sweep=swept.no, policy=None, pack=swept.pack, unit=at.unit or swept.unit, engine=swept.engine
    )
    rows = rows_of(at.installation, swept.no)
    return (row for row in rows if at.actor.sees(row.unit)), judged, totals


def _now(at: "Reader") -> "tuple[Iterable[DeviceRow], JudgedBy, Mapping[str, int]]":
    from setapart_auditor.export.row import JudgedBy
    from setapart_auditor.installation import load_policies
    from setapart_evidence import __version__

    policies = load_policies(at.installation)
    rows = [row_of_seen(one) for one in looked(at, policies, unit=at.unit, jobs=None, quiet=False)]
    totals: dict[str, int] = {}
    for row in rows:
        totals[row.status] = totals.get(row.status, 0) + 1
    judged = JudgedBy(
        at=at.now, sweep=None, policy=policies.default.digest, pack=None, unit=at.unit, engine=__version__
    )
    return rows, judged, totals
