"""Tables on a terminal or in a pipe: columns as wide as their content, colour only where click finds a terminal."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import click

from setapart_evidence.model import Coverage, Inventory
from setapart_evidence.statement import Level

_GAP = "  "


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Prints rows under headings, which may all be empty; `None` shows as a dash."""
    lines = [tuple("-" if cell is None or not cell else cell for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    if any(headings):
        click.secho(_line(headings, widths), bold=True)
    for line in lines:
        click.echo(_line(line, widths))


def print_inventory(inventory: Inventory, level: Level, *, with_bundle: bool) -> None:
    """Prints an inventory for the device's holder: what leaves, what stays, and what could not be seen."""
    device = inventory.device
    parts = (device.manufacturer, device.model, device.platform, device.os_version)
    filtered = "a policy bundle" if with_bundle else "the built-in catalog"
    click.echo(" ".join(part for part in parts if part))
    click.echo(f"disclosure: {level}" + (f", filtered by {filtered}" if level == "scoped" else ", every app"))
    _section("Apps")
    print_table(
        ("identifier", "version", "profile", "kind", "source", "state"),
        ((app.identifier, app.version, app.profile, app.kind, app.source, app.state) for app in inventory.apps),
    )
    _section("Accounts")
    print_table(
        ("type", "reaches", "domain", "host", "tenant", "profile", "kept back"),
        (
            (
                account.type,
                ", ".join(account.services),
                account.domain,
                account.host,
                account.tenant,
                account.profile,
                ", ".join(account.withheld),
            )
            for account in inventory.accounts
        ),
    )
    _section("Links")
    print_table(("kind", "target", "profile"), ((link.kind, link.target, link.profile) for link in inventory.links))
    _section("Seen")
    print_table(("section", "profile", "status", "why"), _seen(inventory.coverage))
    kept = inventory.withheld
    click.echo(f"\nStay on this device: other apps {kept.apps}, names of accounts {kept.accounts}.")


def _section(title: str) -> None:
    click.echo()
    click.secho(title, bold=True, fg="cyan")


def _seen(coverage: Sequence[Coverage]) -> Iterable[tuple[str, str, str, str]]:
    """One row per section and profile: everything, or each part that is missing."""

    def where(row: Coverage) -> tuple[str, str]:
        return row.section, row.profile

    for (section, profile), group in groupby(sorted(coverage, key=where), key=where):
        rows = tuple(group)
        missing = [row for row in rows if row.status != "observed"]
        if not missing:
            yield section, profile, "observed", f"collectors: {len(rows)}"
        for row in missing:
            yield section, profile, row.status, f"{row.collector}: {row.reason or 'no reason given'}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
