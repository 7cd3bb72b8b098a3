"""`setapart-agent report`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from setapart_agent.chain import locked_chain, write_private
from setapart_agent.cli.options import (
    disclosure_options,
    key_options,
    key_path,
    read_epoch_value,
    read_key,
    read_policy_bundle,
    source_option,
)
from setapart_agent.disclosure import filter_of
from setapart_agent.errors import AgentError
from setapart_agent.report import make_signed_report, output_path
from setapart_agent.sources import collect, parse_source
from setapart_evidence.statement import Level


@click.command("report")
@source_option()
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
    """
    if output is None:
        raise AgentError("no auditor is enrolled", expected="--output FILE", cure="write the report to a file")
    source = parse_source(source_spelling)
    path = key_path(key_file, folder)
    signer = read_key(path)
    chosen = filter_of(read_policy_bundle(bundle_file), disclosure)
    epoch = read_epoch_value(epoch_file)
    with locked_chain(path) as chain:
        report = make_signed_report(
            collect(source), source, chosen, signer=signer, chain=chain, now=datetime.now(UTC), epoch=epoch
        )
        written = output_path(output, report.device)
        write_private(written, report.raw)
    if not quiet:
        unseen = sum(row.status != "observed" for row in report.inventory.coverage)
        click.echo(f"report {report.sequence} of {report.device} written to {written}")
        if unseen:
            click.echo(f"{unseen} parts could not be seen: `setapart-agent doctor --source {source_spelling}` says why")
