"""`setapart-agent deliver`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from setapart_agent.cli.exchange import WAITING, courier_of, utc_now
from setapart_agent.cli.options import read_small
from setapart_agent.errors import AgentError, KeyFileError, PolicyError
from setapart_agent.membership import enrolled
from setapart_agent.private_files import write_private
from setapart_agent.spool import Spool
from setapart_agent.state import state_folder
from setapart_evidence.errors import EvidenceError
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from setapart_agent.deliver import Courier


@click.command("deliver")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The agent's state folder.")
@click.option("--ca", type=click.Path(path_type=Path), help="The CA (PEM) that vouches for the auditor, this once.")
@click.option("--now", "at_once", is_flag=True, help="Do not wait for the time of the next attempt.")
@click.option("--output", type=click.Path(path_type=Path), help="Copy what is kept to this folder, to be carried.")
@click.option(
    "--receipts", type=click.Path(path_type=Path), help="Receipts that were carried here: a file, or a folder of them."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    folder: Path | None,
    ca: Path | None,
    at_once: bool,
    output: Path | None,
    receipts: Path | None,
    as_json: bool,
) -> None:
    """Send the reports that are kept, the oldest first; each is let go of for the auditor's receipt alone.

    Exit code 3 if something is still kept.
    """
    home = folder or state_folder()
    if output is not None and receipts is not None:
        raise AgentError("--output and --receipts", expected="one of them")
    if output is not None:
        _copy(home, output, as_json=as_json)
    elif receipts is not None:
        _take(home, receipts, as_json=as_json)
    else:
        _send(home, ca, at_once=at_once, as_json=as_json)


def _send(home: Path, ca: Path | None, *, at_once: bool, as_json: bool) -> None:
    from setapart_agent.deliver import Outcome
    from setapart_agent.delivery_record import read_record

    with courier_of(home, ca) as courier:
        outcome = courier.deliver() if at_once or courier.is_due() else Outcome(next_at=read_record(home).next_at)
        waiting = len(courier.spool.reports())
    trouble = outcome.trouble
    if as_json:
        answer = {
            "delivered": [report.digest for report in outcome.delivered],
            "rejected": [report.digest for report in outcome.rejected],
            "waiting": waiting,
            "trouble": None
            if trouble is None
            else {"got": trouble.got, "expected": trouble.expected, "cure": trouble.cure},
            "next_at": outcome.next_at,
        }
        click.echo(msgspec.json.encode(answer).decode())
    else:
        click.echo(f"delivered {len(outcome.delivered)}, kept {waiting}")
        if outcome.rejected:
            click.echo(f"not taken by the auditor: {len(outcome.rejected)}; `setapart-agent status` says why", err=True)
        if trouble is not None:
            click.echo(f"setapart-agent: {trouble}", err=True)
        if outcome.next_at is not None:
            click.echo(f"next attempt after {moment_text(outcome.next_at)}, or with --now", err=True)
    raise SystemExit(WAITING if waiting or outcome.rejected or trouble is not None else 0)


def _copy(home: Path, output: Path, *, as_json: bool) -> None:
    """Copies; what is kept stays until its receipt is here."""
    enrolled(home)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise AgentError(
            f"{output} can't be made: {exc.strerror}", expected="a folder", cure="choose another with --output"
        ) from None
    written = []
    spool = Spool(home)
    for report in spool.reports():
        raw = spool.read(report)
        if raw is None:
            continue  # delivered meanwhile
        write_private(output / report.name, raw)
        written.append(report.name)
    if as_json:
        click.echo(msgspec.json.encode({"written": written}).decode())
    else:
        click.echo(f"{len(written)} written to {output}; bring the receipts back with --receipts")


def _take(home: Path, receipts: Path, *, as_json: bool) -> None:
    """Takes receipts, and a policy bundle that lies beside them."""
    taken, refused = [], []
    with courier_of(home) as courier:
        for path in _files(receipts):
            try:
                lines = tuple(_lines(path))
            except KeyFileError as exc:
                refused.append(str(exc))
                continue
            for line in lines:
                try:
                    taken += _take_one(home, courier, line)
                except (EvidenceError, PolicyError) as exc:
                    refused.append(f"{path.name}: {exc}")
        waiting = len(courier.spool.reports())
    if as_json:
        click.echo(msgspec.json.encode({"delivered": taken, "refused": refused, "waiting": waiting}).decode())
    else:
        for why in refused:
            click.echo(f"setapart-agent: {why}", err=True)
        click.echo(f"proven to be with the auditor {len(taken)}, kept {waiting}")
    raise SystemExit(2 if refused and not taken else WAITING if waiting else 0)


def _files(receipts: Path) -> Iterator[Path]:
    """The file that was named, or those of a folder; not the reports among them."""
    if not receipts.is_dir():
        yield receipts
        return
    try:
        there = sorted(receipts.iterdir())
    except OSError as exc:
        raise AgentError(
            f"{receipts} can't be read: {exc.strerror}", expected="a folder of receipts", cure="look at who may read it"
        ) from None
    yield from (path for path in there if path.is_file() and path.suffix != ".evidence")


def _take_one(home: Path, courier: "Courier", line: bytes) -> list[str]:
    from setapart_agent.membership import accept_bundle
    from setapart_evidence.bundle import read_bundle

    try:
        found = courier.take_receipt(line)
    except EvidenceError as no_receipt:
        try:
            read_bundle(line)
        except EvidenceError:
            raise no_receipt from None
        version = accept_bundle(home, courier.membership, line, utc_now()).bundle.version
        click.echo(f"policy bundle {version}", err=True)
        return []
    return [] if found is None else [found.digest]


def _lines(path: Path) -> Iterator[bytes]:
    """The signed messages of a file, one a line."""
    yield from (line + b"\n" for line in read_small(path).split(b"\n") if line.strip())
