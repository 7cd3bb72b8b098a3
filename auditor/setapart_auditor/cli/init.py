"""`setapart-auditor init`."""

from pathlib import Path

import click


@click.command("init")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder. Default: the user's own.")
@click.option("--database", metavar="URL", help="postgresql://USER@HOST/NAME. Default: SQLite in the folder.")
@click.option("--pack", help="The rule: a pack's id (see `policy list`), or a file. Default: no-2023.")
@click.option("--overlay", type=click.Path(path_type=Path), help="The authority's own values on top of the pack.")
@click.option(
    "--keystore",
    default="file",
    show_default=True,
    metavar="WHERE",
    help="Where the auditor's key is made: file, or a pkcs11: URI.",
)
def command(
    *, folder: Path | None, database: str | None, pack: str | None, overlay: Path | None, keystore: str
) -> None:
    """Make an auditor: a folder with its settings (auditor.toml) and keys, and the database.

    Keep a backup of the folder: agents trust no other key, and device ids are made with its secrets.
    """
    from setapart_auditor.authority import default_folder
    from setapart_auditor.installation import initialise

    made = initialise(folder or default_folder(), database=database, pack=pack, overlay=overlay, keystore=keystore)
    click.echo(f"auditor   {made.folder}\nkey id    {made.keyid}\ndatabase  {made.store.engine.url!r}")
    click.echo("next: `setapart-auditor device add`, then `setapart-auditor device token`", err=True)
