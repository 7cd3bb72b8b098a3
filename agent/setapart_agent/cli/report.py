"""`setapart-agent report`."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from setapart_agent.chain import locked_chain
from setapart_agent.cli.options import (
    disclosure_options,
    key_options,
    key_path,
    password_asker,
    read_epoch_value,
    read_key,
    read_policy_bundle,
    source_options,
)
from setapart_agent.collectors.base import Collected
from setapart_agent.disclosure import filter_of
from setapart_agent.errors import AgentError
from setapart_agent.private_files import write_private
from setapart_agent.report import device_id, make_signed_report
from setapart_agent.sources import SourceSpec, collect_all, parse_source
from setapart_evidence.statement import Level


@click.command("report")
@source_options()
@key_options()
@disclosure_options()
@click.option("--epoch", "epoch_file", type=click.Path(path_type=Path), help="A signed epoch: shows that this is new.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="The evidence file to write, or a folder for `<device id>.evidence`.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing when it worked.")
def command(
    *,
    source_spelling: str,
    password_file: Path | None,
    key_file: Path | None,
    folder: Path | None,
    disclosure: Level | None,
    bundle_file: Path | None,
    epoch_file: Path | None,
    output: Path | None,
    quiet: bool,
) -> None:
    """Collect, sign and write a report.

    A part that can't be read is said in the report (coverage) and is no error; a source that can't be read at all is.
    A source with many devices gives one file each, in the folder that --output names.
    """
    if output is None:
        raise AgentError("no auditor is enrolled", expected="--output FILE", cure="write the report to a file")
    source = parse_source(source_spelling)
    path = key_path(key_file, folder)
    signer = read_key(path)
    chosen = filter_of(read_policy_bundle(bundle_file), disclosure)
    epoch = read_epoch_value(epoch_file)
    target = Target.of(output, source)
    unseen = 0
    newest: dict[str, datetime] = {}
    with locked_chain(path) as chain:
        devices = collect_all(source, password_asker(password_file), resume=target.is_folder)
        for collected in target.admitted(devices):
            device = device_id(collected, source, chosen, signer=signer, chain=chain)
            if _is_outdated(collected, device, newest):
                continue
            report = make_signed_report(
                collected, source, chosen, device=device, signer=signer, chain=chain, now=datetime.now(UTC), epoch=epoch
            )
            written = target.path_of(device)
            write_private(written, report.raw)
            unseen += sum(row.status != "observed" for row in report.inventory.coverage)
            if not quiet:
                _tell(f"report {report.sequence} of {report.device} written to {written}")
    if unseen and not quiet:
        parts = "1 part" if unseen == 1 else f"{unseen} parts"
        _tell(f"{parts} could not be seen: `setapart-agent doctor --source {source_spelling}` says why")


def _tell(line: str) -> None:
    """Prints a line. That nobody reads it any more must not keep the next device from being reported."""
    try:
        click.echo(line)
    except OSError:
        # What is still in the buffer would fail once more at the end of the program.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _is_outdated(collected: Collected, device: str, newest: dict[str, datetime]) -> bool:
    """Whether a newer record of this device came before: managers keep those of earlier enrolments."""
    taken_at = collected.taken_at
    if taken_at is None:
        return False
    if device in newest and taken_at < newest[device]:
        click.echo(f"an older record of {device} was left out", err=True)
        return True
    newest[device] = taken_at
    return False


class Target:
    """Where reports go: one file, or a folder with `<device id>.evidence` for each device of the source."""

    def __init__(self, path: Path, *, folder: bool) -> None:
        self._path = path
        self.is_folder = folder

    @classmethod
    def of(cls, path: Path, source: SourceSpec) -> "Target":
        """A folder that is there, or that an export of many devices needs; else a file.

        Raises:
            OSError: the folder can't be made.
        """
        if source.kind == "mdm" and not path.exists() and path.suffix != ".evidence":
            path.mkdir(parents=True)
        return cls(path, folder=path.is_dir())

    def path_of(self, device: str) -> Path:
        """The file of a device's report."""
        return self._path / f"{device}.evidence" if self.is_folder else self._path

    def admitted(self, devices: Iterator[Collected]) -> Iterator[Collected]:
        """The devices, one after the other is written; for a single file only one.

        Raises:
            AgentError: there is a second device and only one file; nothing was written then.
        """
        first = next(devices, None)
        if first is None:
            raise AgentError("no device in this source", expected="one")
        if not self.is_folder:
            second = next(devices, None)
            if second is not None:
                raise AgentError("several devices in this source, and one file", expected="--output with a folder")
        yield first
        yield from devices
