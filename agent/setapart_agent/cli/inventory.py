"""`setapart-agent inventory`."""

import sys
from pathlib import Path

import click

from setapart_agent.cli.options import disclosure_options, password_asker, read_policy_bundle, source_options
from setapart_agent.cli.table import print_inventory
from setapart_agent.disclosure import filter_of
from setapart_agent.inventory import build_inventory
from setapart_agent.sources import collect_all, parse_source
from setapart_evidence.report import encode_inventory
from setapart_evidence.statement import Level


@click.command("inventory")
@source_options()
@disclosure_options()
@click.option("--json", "as_json", is_flag=True, help="Print exactly the bytes that would be signed, a line a device.")
def command(
    *,
    source_spelling: str,
    password_file: Path | None,
    disclosure: Level | None,
    bundle_file: Path | None,
    as_json: bool,
) -> None:
    """Show what would be reported; nothing leaves."""
    source = parse_source(source_spelling)
    chosen = filter_of(read_policy_bundle(bundle_file), disclosure)
    for number, collected in enumerate(collect_all(source, password_asker(password_file))):
        inventory = build_inventory(collected.facts, chosen)
        if as_json:
            click.echo(("\n" if number else "") + encode_inventory(inventory).decode(), nl=sys.stdout.isatty())
            continue
        if number:
            click.echo()
        print_inventory(inventory, chosen.level, with_bundle=chosen.statement.bundle is not None)
