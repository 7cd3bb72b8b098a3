"""`setapart-auditor list`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.reading import exit_code, looked, reader, refuse_empty, row_of_seen, tell_broken

if TYPE_CHECKING:
    from setapart_auditor.sweep.look import Seen

NO_DEVICES = "no active devices; add one with `setapart-auditor device add`"
STATUSES = ("compliant", "excepted", "pending", "inconclusive", "stale", "violation", "invalid")


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What follows the devices in the answer for programs: how many are open, and why."""

    devices: int
    inconclusive: int
    causes: tuple[msgspec.Struct, ...]


@click.command("list")
@click.option("--unit", help="Only this unit's devices.")
@click.option("--status", type=click.Choice(STATUSES), help="Only devices of this status.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes. Default: one per core.")
@acting_options()
def command(
    *,
    unit: str | None,
    status: str | None,
    as_json: bool,
    jobs: int | None,
    folder: Path | None,
    officer: str | None,
    why: str,
) -> None:
    """List every active device of the register as it stands now, the worst first, and what leaves verdicts open.

    Devices are judged anew, from the stored evidence: what was green last week may be stale today. The look is logged.
    """
    from setapart_auditor.exceptions.database import broken
    from setapart_auditor.export.json_file import write_json
    from setapart_auditor.export.row import JudgedBy
    from setapart_auditor.installation import load_policies
    from setapart_auditor.sweep.look import open_causes
    from setapart_evidence import __version__

    with reader(folder, officer, why, "list-read", unit=unit) as at:
        policies = load_policies(at.installation)
        seen = list(looked(at, policies, unit=at.unit, jobs=jobs, quiet=as_json))
        unit, now = at.unit, at.now
        with at.installation.store.read() as connection:
            unsound = broken(connection, unit)
    refuse_empty(len(seen), unit)
    causes = open_causes(seen)
    shown = [one for one in seen if status is None or one.judged.verdict.status == status]
    shown.sort(key=lambda one: (-one.judged.status, one.judged.verdict.name.casefold()))
    if as_json:
        inconclusive = sum(one.judged.verdict.status == "inconclusive" for one in seen)
        judged = JudgedBy(at=now, sweep=None, policy=policies.default.digest, pack=None, unit=unit, engine=__version__)
        write_json(
            map(row_of_seen, shown),
            sys.stdout,
            {
                "open": _Answer(devices=len(seen), inconclusive=inconclusive, causes=causes),
                "broken_exceptions": unsound,
                "judged": judged,
            },
        )
    else:
        _print(shown, seen)
    tell_broken(unsound)
    raise SystemExit(exit_code((one.judged.verdict.status for one in shown), unsound))


def _print(shown: "list[Seen]", seen: "list[Seen]") -> None:
    from setapart_auditor.cli.output import print_table
    from setapart_auditor.cli.verify import why_of
    from setapart_auditor.sweep.look import open_causes

    if not seen:
        click.echo(NO_DEVICES)
        return
    print_table(
        ("device", "class", "unit", "status", "since", "why"),
        [
            (
                one.judged.verdict.name,
                one.judged.verdict.class_,
                one.judged.unit,
                one.judged.verdict.status,
                f"{one.since:%Y-%m-%d}",
                why_of(one.judged.verdict),
            )
            for one in shown
        ],
        colour_by=3,
    )
    counts = {word: sum(one.judged.verdict.status == word for one in seen) for word in STATUSES}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    click.echo(f"\n{len(seen)} {'device' if len(seen) == 1 else 'devices'}: {told}")
    causes = open_causes(seen)
    if causes:
        click.echo(f"\nWhy {counts['inconclusive']} of {len(seen)} are inconclusive:")
        print_table(
            ("share", "devices", "cause"),
            [(f"{one.devices / len(seen):.0%}", str(one.devices), one.cause) for one in causes],
        )
