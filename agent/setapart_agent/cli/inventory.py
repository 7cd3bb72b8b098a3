"""`setapart-agent inventory`."""

import sys
from pathlib import Path

import click

from setapart_agent.cli.options import disclosure_options, read_policy_bundle, source_option
from setapart_agent.cli.table import print_inventory
from setapart_agent.disclosure import filter_of
from setapart_agent.inventory import build_inventory
from setapart_agent.sources import collect, parse_source
from setapart_evidence.report import encode_inventory
from setapart_evidence.statement import Level


@click.command("inventory")
@source_option()
@disclosure_options()
@click.option("--json", "as_json", is_flag=True, help="Print exactly the bytes that would be signed.")
def command(
    *,
    source_spelling: str,
    disclosure: Level | None,
    bundle_file: Path | None,
    as_json: bool,
) -> None:
    """Show what would be reported; nothing leaves."""
    source = parse_source(source_spelling)
    chosen = filter_of(read_policy_bundle(bundle_file), disclosure)
    inventory = build_inventory(collect(source).facts, chosen)
    if as_json:
        click.echo(encode_inventory(inventory).decode(), nl=sys.stdout.isatty())
    else:
        print_inventory(inventory, chosen.level, with_bundle=chosen.statement.bundle is not None)
