"""`setapart-auditor explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.reading import exit_code, reader, row_of_seen

if TYPE_CHECKING:
    import datetime as dt

    from setapart_auditor.appraisal.model import Received
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
    from setapart_auditor.sweep.look import examine

    with reader(folder, officer, why, "device-read", device=device, detail={"by": "explain"}) as at:
        assert at.device is not None
        found = examine(at.installation, load_policies(at.installation), at.device, at.now)
        now = at.now
    if as_json:
        click.echo(msgspec.json.encode(_told(found, now)).decode())
    else:
        _print(found, now)
    raise SystemExit(exit_code([found.seen.judged.verdict.status]))


def _told(found: "Examined", now: "dt.datetime") -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(row_of_seen(found.seen))
    told["state"] = found.stored.device.state
    told["reports"] = [_facts(one, found) for one in found.stored.history.current]
    told["held_exceptions"] = [
        {"id": one.id, "app": one.app, "need": one.need, "ground": one.ground, "from": one.valid_from,
         "until": one.until, "requested_by": one.requested_by, "approved_by": one.approved_by}
        for one in found.exceptions
    ]  # fmt: skip
    told["unseen"] = [line for one in found.stored.history.current for line in _unseen(one)]
    told["judged"] = {"at": now, "policy": found.seen.judged.verdict.policy}
    return told


def _facts(received: "Received", found: "Examined") -> dict[str, Any]:
    report = received.report
    observation = report.predicate.observation
    return {
        "digest": report.statement_digest,
        "sequence": observation.sequence,
        "received_at": received.received_at,
        "collected_at": observation.collected_at,
        "fresh_since": found.stored.nonces.get(observation.nonce or ""),
        "grade": report.grade,
        "source": report.predicate.origin.source,
        "agent": report.predicate.origin.agent,
        "disclosure": report.predicate.disclosure.level,
    }


def _unseen(received: "Received") -> list[dict[str, Any]]:
    return [
        {"section": row.section, "profile": row.profile, "status": row.status, "collector": row.collector,
         "reason": row.reason, "report": received.report.statement_digest}
        for row in received.report.inventory.coverage
        if row.status != "observed"
    ]  # fmt: skip


def _print(found: "Examined", now: "dt.datetime") -> None:
    from setapart_auditor.cli.output import styled_status
    from setapart_evidence.text import printable

    device, verdict = found.stored.device, found.seen.judged.verdict
    registration = device.registration
    click.echo(f"{printable(device.name)}: {styled_status(verdict.status)} since {found.seen.since:%Y-%m-%d %H:%M} UTC")
    where = f", unit {printable(registration.unit)}" if registration.unit else ""
    state = "" if device.state == "active" else f"; {device.state}, so no sweep judges it"
    holder = printable(registration.holder) or "nobody"
    click.echo(f"  {verdict.class_}, {registration.ownership}'s, held by {holder}{where}{state}")
    for at, one in enumerate(found.stored.history.current):
        facts = _facts(one, found)
        click.echo(
            f"  report {f'#{at} ' if len(found.stored.history.current) > 1 else ''}{facts['digest']}\n"
            f"    sequence {facts['sequence']}, arrived {facts['received_at']:%Y-%m-%d %H:%M} UTC, "
            f"grade {facts['grade']}, source {printable(facts['source'])}, agent {printable(facts['agent'])}"
        )
    if not found.stored.history.current:
        click.echo("  no report")
    for finding in verdict.findings:
        click.echo(f"  {styled_status(finding.severity)} {finding.control}: {printable(finding.message, 4000)}")
        click.echo(f"    evidence {finding.evidence}")
        click.echo(f"    cure     {finding.cure}")
    for held in found.exceptions:
        click.echo(
            f"  exception {printable(held.id)} for {printable(held.app)} until {held.until}: "
            f"{printable(held.need, 1000)} (asked for by {printable(held.requested_by)}, "
            f"granted by {printable(held.approved_by)})"
        )
    for received in found.stored.history.current:
        for row in _unseen(received):
            reason = f", {printable(row['reason'], 200)}" if row["reason"] else ""
            click.echo(
                f"  not seen: {row['section']} of profile {printable(row['profile'])}: "
                f"{row['status']} by {printable(row['collector'])}{reason}"
            )
    click.echo(f"  judged as of {now:%Y-%m-%d %H:%M} UTC, policy {verdict.policy}")
