"""`setapart-agent reset-identity`."""

import shutil
from pathlib import Path

import click

from setapart_agent import delivery_record, membership, receipts, spool
from setapart_agent.chain import chain_path
from setapart_agent.cli.options import key_options, key_path
from setapart_agent.errors import KeyFileError
from setapart_agent.state import LOCK_NAME, NEW_KEY_NAME

_OF_THE_ENROLMENT = (
    membership.FILE,
    membership.BUNDLE_FILE,
    delivery_record.FILE,
    receipts.FOLDER,
    spool.FOLDER,
    NEW_KEY_NAME,
    LOCK_NAME,
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
    """Remove the key, its chain, the enrolment and undelivered reports; the device then has to be enrolled anew."""
    path = key_path(key_file, folder)
    present = [file for file in _files(path) if file.exists()]
    if key_file is None:
        present += [file for name in _OF_THE_ENROLMENT if (file := path.parent / name).exists()]
    if not present:
        if for_imaging:
            click.echo(f"no key at {path}: ready for imaging")
            return
        raise KeyFileError(f"no key at {path}", expected="a key to remove")
    if not yes:
        click.confirm(f"Remove {', '.join(file.name for file in present)} from {path.parent}?", abort=True)
    for file in present:
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink()
    click.echo(f"removed {', '.join(file.name for file in present)}")
    click.echo(
        "ready for imaging"
        if for_imaging
        else "enrol again with a new token, or make a key with `setapart-agent keygen`"
    )


def _files(key: Path) -> tuple[Path, ...]:
    chain = chain_path(key)
    return key, key.with_suffix(".pub"), chain, chain.with_name(chain.name + ".lock")
