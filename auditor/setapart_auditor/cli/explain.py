"""`setapart-auditor explain`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.output import print_findings, print_json, styled_status
from setapart_auditor.cli.reading import exit_code, reader, tell_broken
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from setapart_auditor.looks.explained import Explained
    from setapart_auditor.sweep.look import Examined


@click.command("explain")
@click.argument("device")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def command(*, device: str, as_json: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Explain the verdict of DEVICE as of now: every finding, its evidence and cure, and what was not seen.

    The look is logged.
    """
    from setapart_auditor.installation import load_policies
    from setapart_auditor.looks.explained import explained
    from setapart_auditor.sweep.look import examine

    with reader(folder, officer, why, "device-read", device=device, detail={"by": "explain"}) as at:
        assert at.device is not None
        found = examine(at.installation, load_policies(at.installation), at.device, at.now)
        now = at.now
    told = explained(found, now)
    if as_json:
        print_json(told)
    else:
        _print(found, told)
    tell_broken(found.broken)
    raise SystemExit(exit_code([found.seen.judged.verdict.status], found.broken))


def _print(found: "Examined", told: "Explained") -> None:
    from setapart_evidence.text import printable

    device, verdict = found.stored.device, found.seen.judged.verdict
    registration = device.registration
    click.echo(f"{printable(device.name)}: {styled_status(verdict.status)} since {moment_text(found.seen.since)}")
    where = f", unit {printable(registration.unit)}" if registration.unit else ""
    state = "" if device.state == "active" else f"; {device.state}, so no sweep judges it"
    holder = printable(registration.holder) or "nobody"
    click.echo(f"  {verdict.class_}, {registration.ownership}'s, held by {holder}{where}{state}")
    for at, facts in enumerate(told.reports):
        click.echo(
            f"  report {f'#{at} ' if len(told.reports) > 1 else ''}{facts.digest}\n"
            f"    sequence {facts.sequence}, arrived {moment_text(facts.received_at)}, "
            f"grade {facts.grade}, source {printable(facts.source)}, agent {printable(facts.agent)}"
        )
    if not told.reports:
        click.echo("  no report")
    print_findings(verdict.findings)
    for held in told.held_exceptions:
        click.echo(
            f"  exception {printable(held.id)} for {printable(held.app)} until {held.until}: "
            f"{printable(held.need, 1000)} (asked for by {printable(held.requested_by)}, "
            f"granted by {printable(held.approved_by)})"
        )
    for row in told.unseen:
        reason = f", {printable(row.reason, 200)}" if row.reason else ""
        click.echo(
            f"  not seen: {row.section} of profile {printable(row.profile)}: "
            f"{row.status} by {printable(row.collector)}{reason}"
        )
    click.echo(f"  judged as of {moment_text(told.judged.at)}, policy {verdict.policy}")
