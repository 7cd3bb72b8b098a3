"""`setapart-auditor db`: the database."""

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting import act, opened
from setapart_auditor.cli.acting_options import acting_options, folder_option
from setapart_auditor.cli.output import print_json
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from setapart_auditor.installation import Installation

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """The database: upgrade, back up, restore, check, and erase what was kept long enough."""


@command.command()
@folder_option()
@_json
def upgrade(*, folder: Path | None, as_json: bool) -> None:
    """Bring the schema up to date: all of it, or, if anything interrupts it, nothing. Back up first."""
    from setapart_auditor.store.migrate import upgrade as bring

    with opened(folder, any_schema=True) as installation:
        before, after = bring(installation.store.engine)
    if as_json:
        print_json({"before": before, "after": after})
    else:
        click.echo(f"schema {after}" + (", as it was" if before == after else f", was {before or 'none'}"))


@command.command()
@folder_option()
@click.argument("archive", type=click.Path(path_type=Path))
@_json
def backup(*, folder: Path | None, archive: Path, as_json: bool) -> None:
    """Write a backup to ARCHIVE, a new file: the database as it is at this moment, the keys, settings and bundles.

    The auditor may go on working. The file holds every key: keep it as you keep them.
    """
    from setapart_auditor.store.backup import back_up

    with opened(folder, any_schema=True) as installation, _progress("rows") as done:
        manifest = back_up(
            installation.store,
            installation.folder.absolute(),  # as the database's own files are named
            archive,
            dt.datetime.now(dt.UTC),
            leave_out=_database_files(installation),
            progress=done,
        )
        outside = _outside(installation)
    rows, size = sum(one.rows for one in manifest.tables), archive.stat().st_size
    for path in outside:
        click.echo(f"not in the backup, as it is not in the folder: {path}", err=True)
    if as_json:
        answer = {"archive": str(archive), "schema": manifest.schema, "rows": rows, "bytes": size, "outside": outside}
        print_json(answer)
    else:
        click.echo(f"{archive}: {rows} rows, {size} bytes, schema {manifest.schema}")


@command.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option(
    "--dir", "folder", required=True, type=click.Path(path_type=Path), help="The auditor's folder: a new one, or empty."
)
@click.option("--database", metavar="URL", help="postgresql://USER@HOST/NAME, empty. Default: SQLite in the folder.")
@_json
def restore(*, archive: Path, folder: Path, database: str | None, as_json: bool) -> None:
    """Make an auditor from ARCHIVE, with either database, whatever the backup is of. All of it, or nothing.

    One that was killed is run again, in the same words.
    """
    from setapart_auditor.cli.restoring import restore as make

    folder = folder.absolute()
    with _progress("rows") as done:
        manifest = make(archive, folder, database, done)
    with opened(folder):
        rows = sum(one.rows for one in manifest.tables)
    if as_json:
        print_json({"folder": str(folder), "made_at": manifest.made_at, "rows": rows})
    else:
        click.echo(f"{folder}: {rows} rows, as of {moment_text(manifest.made_at)}")
    click.echo(f"next: `setapart-auditor log verify --dir {folder}`", err=True)


@command.command()
@folder_option()
@_json
def check(*, folder: Path | None, as_json: bool) -> None:
    """Check the database: its files and schema, its references, and that every report is what it says.

    Exit code 1, with a list, where something is wrong. What was changed on purpose is what `log verify` finds.
    """
    from setapart_auditor.store.check import check_store, unchecked
    from setapart_evidence.text import printable

    with opened(folder, any_schema=True) as installation, _progress("reports") as done:
        defects, left_out = check_store(installation.store, done), unchecked(installation.store)
    if as_json:
        print_json({"defects": defects, "unchecked": left_out})
    else:
        for line in left_out:
            click.echo(line, err=True)
        for defect in defects:
            click.echo(printable(defect, 1000))
        click.echo(f"{len(defects)} defects" if defects else "whole")
    raise SystemExit(1 if defects else 0)


@command.command()
@acting_options()
@click.option("--dry-run", is_flag=True, help="Only count.")
@_json
def retain(*, folder: Path | None, officer: str | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Erase the inventories whose time is over ([retention] in auditor.toml); statements and verdicts stay.

    Not those of devices on legal hold, nor the latest one of every source of a device.
    """
    from setapart_auditor.store.retention import count_expired

    now = dt.datetime.now(dt.UTC)
    with opened(folder) as installation:
        if dry_run:
            with installation.store.read() as connection:
                count = count_expired(connection, installation.settings.retention, now)
        else:
            count = _erase(installation, officer, why, now)
    if as_json:
        print_json({"inventories": count, "erased": not dry_run})
    else:
        click.echo(f"{count} inventories {'would be ' if dry_run else ''}erased")


def _erase(installation: "Installation", officer: str | None, why: str, now: dt.datetime) -> int:
    """In portions, each with its entry in the log: intake goes on in between."""
    from setapart_auditor.store.retention import erase_expired

    count = 0
    while True:
        with act(installation, officer, "admin", why=why or "retention") as at:
            at.require_all_units("retention is for all of them")
            erased = erase_expired(at.connection, installation.settings.retention, now, by=at.actor.name)
            if erased is None:
                return count
            at.record("retain", "", evidence=",".join(map(str, erased.numbers)))
        count += len(erased.numbers)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """How much is done, on a terminal alone; how much there is nobody knows before."""
    terminal = sys.stderr.isatty()
    total = 0

    def done(count: int) -> None:
        nonlocal total
        total += count
        if terminal:
            click.echo(f"\r{total} {what} ", nl=False, err=True)

    yield done
    if terminal and total:
        click.echo("\r\x1b[K", nl=False, err=True)


def _database_files(installation: "Installation") -> frozenset[Path]:
    url = installation.store.engine.url
    if installation.store.is_postgresql or not url.database:
        return frozenset()
    return frozenset(Path(f"{url.database}{end}") for end in ("", "-wal", "-shm", "-journal"))


def _outside(installation: "Installation") -> list[str]:
    """Files that the settings name, and systemd's credentials, that are not in the folder."""
    from setapart_auditor.authority import KEY_FILE
    from setapart_auditor.settings import credential

    settings, key = installation.settings, credential(KEY_FILE)
    named = [str(key) if key else None, settings.database.password_file, settings.serve.certificate, settings.serve.key]
    named += [settings.policy.overlay, settings.policy.pack]
    named += [name for unit in settings.policy.unit for name in (unit.pack, unit.overlay)]
    folder = installation.folder.absolute()
    paths = dict.fromkeys(folder / name for name in named if name)
    return [str(path) for path in paths if path.is_file() and folder not in path.parents]
