"""`setapart-agent reset-identity`."""

import shutil
from pathlib import Path

import click

from setapart_agent import membership, questions, receipts, spool
from setapart_agent.chain import chain_path
from setapart_agent.cli.options import key_options, key_path
from setapart_agent.errors import KeyFileError
from setapart_agent.state import (
    LOCK_NAME,
    NEW_KEY_NAME,
    STATION_KEY_NAME,
    STATION_LOCK_NAME,
    followed,
    state_folder,
)
from setapart_agent.station import journal
from setapart_agent.unattended import SPENT_FILE

_OF_THE_ENROLMENT = (
    membership.FILE,
    membership.BUNDLE_FILE,
    questions.FILE,
    receipts.FOLDER,
    spool.FOLDER,
    NEW_KEY_NAME,
    LOCK_NAME,
    STATION_LOCK_NAME,
    journal.FILE,
    journal.OLD_FILE,
)


@click.command("reset-identity")
@key_options()
@click.option("--for-imaging", is_flag=True, help="Prepare a golden image: no device made from it inherits a key.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(
    *,
    key_file: Path | None,
    folder: Path | None,
    for_imaging: bool,
    yes: bool,
) -> None:
    """Remove the key, its chain, the enrolment and undelivered reports; the device then has to be enrolled anew.

    A station's key, chain and log go with them: it is enrolled and registered anew as well.
    """
    path = key_path(key_file, folder)
    files = _files(path)
    if key_file is None:
        home = folder or state_folder()
        files += (*_files(followed(home / STATION_KEY_NAME)), *(home / name for name in _OF_THE_ENROLMENT))
        if for_imaging:  # each machine of the image is new, and the policy's token is for each
            files += (home / SPENT_FILE,)
    present = {file: _name(file, path.parent) for file in files if file.exists()}
    if not present:
        if for_imaging:
            click.echo(f"no key at {path}: ready for imaging")
            return
        raise KeyFileError(f"no key at {path}", expected="a key to remove")
    if not yes:
        click.confirm(f"Remove {', '.join(present.values())} from {path.parent}?", abort=True)
    for file in present:
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink()
    click.echo(f"removed {', '.join(present.values())}")
    click.echo(
        "ready for imaging"
        if for_imaging
        else "enrol again with a new token, or make a key with `setapart-agent keygen`"
    )


def _name(file: Path, folder: Path) -> str:
    """A file's name; of one that a link leads to, where it is."""
    return file.name if file.parent == folder else str(file)


def _files(key: Path) -> tuple[Path, ...]:
    chain = chain_path(key)
    return key, key.with_suffix(".pub"), chain, chain.with_name(chain.name + ".lock")
