"""`setapart-auditor verify`."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from setapart_auditor.appraisal.model import Status, Verdict
from setapart_auditor.cli.fleet import load_fleet
from setapart_auditor.cli.output import print_findings, print_json, print_table, styled_status
from setapart_auditor.cli.reading import exit_code, progress, workers_of
from setapart_auditor.errors import AuditorError
from setapart_auditor.policy.refusals import YEARS
from setapart_auditor.sweep.files import FileSweep, Judged, appraise_files
from setapart_evidence.moments import moment_text
from setapart_evidence.text import printable

_LONGEST_PATH = 4096


@click.command("verify")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--register", "register_file", required=True, type=click.Path(path_type=Path), help="Devices and keys.")
@click.option("--pack", required=True, help="The rule: a pack's id (see `policy list`), or a file.")
@click.option("--overlay", type=click.Path(path_type=Path), help="The authority's own values on top of the pack.")
@click.option(
    "--bundle",
    "bundles",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A policy bundle that was issued to agents; those in the state folder are known already.",
)
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The auditor's state folder.")
@click.option("--at", metavar="TIME", help="Judge as of this time (RFC 3339, or a date). Default: now.")
@click.option("--received", metavar="TIME", help="When the files arrived. Default: now, or --at if earlier.")
@click.option("--all", "with_silent", is_flag=True, help="Also the register's devices without a file: who is silent?")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--verbose", "-v", is_flag=True, help="Print every finding with its evidence and cure.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes. Default: one per core.")
def command(
    *,
    files: tuple[Path, ...],
    register_file: Path,
    pack: str,
    overlay: Path | None,
    bundles: tuple[Path, ...],
    folder: Path | None,
    at: str | None,
    received: str | None,
    with_silent: bool,
    as_json: bool,
    verbose: bool,
    jobs: int | None,
) -> None:
    """Verify evidence FILES and appraise their devices; no database is needed.

    The files of one device are its history: order does not matter, the newest is judged, forks are found, and several
    sources of one device are united. A file that can't be verified is a row of its own and moves no device.
    """
    now = moment(at, "--at") if at is not None else dt.datetime.now(dt.UTC)
    fleet = load_fleet(
        register_file=register_file,
        pack=pack,
        overlay=overlay,
        bundles=bundles,
        folder=folder,
        now=now,
        received_at=moment(received, "--received") if received is not None else min(now, dt.datetime.now(dt.UTC)),
    )
    check_files(files)
    with progress(len(files), "Verifying", quiet=as_json) as step:
        sweep = appraise_files(files, fleet, workers=workers_of(jobs), with_silent=with_silent, progress=step)
    if as_json:
        answer = {
            "devices": tuple(map(_device_json, sweep.devices)),
            "rejected": tuple(
                {"file": _path(item.file), "status": "rejected", "reason": item.reason, "message": item.message}
                for item in sweep.rejected
            ),
            "judged": {
                "at": fleet.now,
                "policy": fleet.policy.digest,
                "pack": fleet.policy.pack_digest,
                "overlay": fleet.policy.overlay_digest,
                "catalog": fleet.policy.catalog_digest,
                "register": fleet.register_digest,
                "engine": fleet.engine,
            },
        }
        print_json(answer)
    else:
        print_sweep(sweep, verbose=verbose)
        click.echo(
            f"\npack {fleet.policy.pack.id} version {fleet.policy.pack.version}, policy {fleet.policy.digest[:19]}…, "
            f"register {fleet.register_digest[:19]}…, engine {fleet.engine}, as of {moment_text(fleet.now)}"
        )
    raise SystemExit(
        exit_code([*(item.verdict.status for item in sweep.devices), *("rejected" for _ in sweep.rejected)])
    )


def moment(text: str, option: str) -> dt.datetime:
    """A time as typed: RFC 3339, or a date that means its first second in UTC.

    Raises:
        AuditorError: neither, or of a year that nobody means.
    """
    try:
        found = dt.datetime.fromisoformat(text)
        found = found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.year not in YEARS:
        raise AuditorError(
            f"{option} {text!r}",
            expected="a time like 2026-11-22T22:00:00Z or a date like 2026-11-22, "
            f"of the years {YEARS[0]} to {YEARS[-1]}",
        )
    return found


def check_files(files: Iterable[Path]) -> None:
    """Refuses, before anything is judged, a file that the caller named and that is not there.

    Raises:
        AuditorError: no such file, or no regular one.
    """
    for path in files:
        if not path.is_file():
            raise AuditorError(
                f"no file {path}" if not path.exists() else f"{path} is not a file", expected="evidence files"
            )


def status_of(verdict: Verdict) -> Status:
    """The status of a verdict."""
    return Status[verdict.status.upper()]


def print_sweep(sweep: FileSweep, *, verbose: bool) -> None:
    """Prints the devices, worst first, the rejected files, and with `verbose` each finding."""
    devices = sorted(sweep.devices, key=lambda item: (-status_of(item.verdict), item.verdict.name))
    rows: list[tuple[str | None, ...]] = [
        (item.verdict.name, item.verdict.class_, item.verdict.status, why_of(item.verdict), _grade(item.verdict))
        for item in devices
    ]
    rows += [(Path(item.file).name, None, "rejected", item.message, None) for item in sweep.rejected]
    print_table(("device", "class", "status", "why", "grade"), rows, colour_by=2)
    if verbose:
        for item in devices:
            _explain(item)


def _explain(item: Judged) -> None:
    verdict = item.verdict
    click.echo(f"\n{printable(verdict.name)}: {styled_status(verdict.status)}")
    files = ", ".join(printable(file, _LONGEST_PATH) for file in item.files)
    click.echo(f"  files: {files or 'none'}")
    if verdict.evidence is not None:
        click.echo(f"  evidence: {verdict.evidence.digest}, arrived {moment_text(verdict.evidence.received_at)}")
    print_findings(verdict.findings)
    if not verdict.findings:
        click.echo("  nothing to say")


def why_of(verdict: Verdict) -> str:
    """What decided: the worst findings in words; warnings as a number."""
    warnings = sum(finding.severity == "warning" for finding in verdict.findings)
    deciding = [finding for finding in verdict.findings if finding.severity not in ("info", "warning")]
    parts = [f"exception {', '.join(verdict.exceptions)}"] if verdict.exceptions and not deciding else []
    if deciding:
        more = f" (+{len(deciding) - 1} more)" if len(deciding) > 1 else ""
        parts.append(f"{deciding[0].message}{more}")
    if warnings:
        parts.append(f"{warnings} warning{'s' * (warnings > 1)}")
    return "; ".join(parts)


def _grade(verdict: Verdict) -> str | None:
    return verdict.evidence.grade if verdict.evidence is not None else None


def _device_json(item: Judged) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(item.verdict)
    found["files"] = tuple(map(_path, item.files))
    found["file"] = _path(item.files[-1]) if item.files else None
    return found


def _path(file: str) -> str:
    """A path as JSON can hold it: bytes of a name that are not UTF-8 show as escapes."""
    return file.encode(errors="backslashreplace").decode()
