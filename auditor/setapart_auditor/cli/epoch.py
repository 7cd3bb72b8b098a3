"""`setapart-auditor epoch`: offline proof that a report is new."""

import datetime as dt
from pathlib import Path

import click

from setapart_auditor.cli.acting import opened
from setapart_auditor.cli.output import write_public


@click.group()
def command() -> None:
    """Issue epochs: offline proof that a report is new."""


@command.command()
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the epoch file goes.")
@click.option("--key", type=click.Path(path_type=Path), help="Sign with this private key instead of the folder's own.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), help="The authority's folder: its keys and issued bundles."
)
@click.option(
    "--days", type=click.IntRange(1, 366), default=7, show_default=True, help="How long to hand it to agents."
)
def issue(*, output: Path, key: Path | None, folder: Path | None, days: int) -> None:
    """Make an epoch for `setapart-agent report --epoch`, and print its table for register.toml.

    An auditor with a database keeps it there as well.
    """
    from setapart_auditor.authority import default_folder, issue_epoch, open_authority
    from setapart_auditor.settings import SETTINGS_FILE

    authority = open_authority(folder or default_folder(), key=key)
    if authority.is_new:
        click.echo(f"made the authority's keys in {authority.folder}: keep a backup", err=True)
    epoch, raw = issue_epoch(authority, dt.datetime.now(dt.UTC), days)
    if (authority.folder / SETTINGS_FILE).exists():
        from setapart_auditor.intake.epochs import keep_epoch

        with opened(authority.folder) as installation, installation.store.write() as connection:
            keep_epoch(connection, epoch, raw)
    write_public(output, raw)
    click.echo(f'[[epoch]]\nvalue = "{epoch.value}"\nissued_at = {epoch.issued_at:%Y-%m-%dT%H:%M:%SZ}')
