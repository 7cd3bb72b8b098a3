"""`setapart-auditor history`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.acting_options import acting_options
from setapart_auditor.cli.output import print_json, print_table, said_change
from setapart_auditor.cli.reading import reader
from setapart_evidence.moments import moment_text

if TYPE_CHECKING:
    from setapart_auditor.sweep.story import Story

_MOST = 1000


@click.command("history")
@click.argument("device")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=_MOST, show_default=True, help="Reports to show.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@acting_options()
def command(*, device: str, limit: int, as_json: bool, folder: Path | None, officer: str | None, why: str) -> None:
    """Show what DEVICE reported, how its status and its registration changed, its exceptions and its forks.

    The look is logged.
    """
    from setapart_auditor.sweep.story import story_of

    with reader(folder, officer, why, "device-read", device=device, detail={"by": "history"}) as at:
        assert at.device is not None
        with at.installation.store.read() as connection:
            story = story_of(connection, at.device, most=limit)
    if as_json:
        print_json(story)
    else:
        _print(story)


def _print(story: "Story") -> None:
    _heading("Reports", story.reports)
    if story.reports:
        print_table(
            ("sequence", "received", "grade", "source", "outcome", "digest"),
            [
                (
                    str(one.sequence),
                    moment_text(one.received_at),
                    one.grade,
                    one.source,
                    f"{one.outcome}, erased" if one.erased else one.outcome,
                    one.digest[:19],
                )
                for one in story.reports
            ],
        )
    if story.forks:
        _heading("Forks", story.forks)
        print_table(
            ("sequence", "settled", "reports"),
            [
                (str(one.sequence), "yes" if one.settled else "no", " ".join(digest[:19] for digest in one.digests))
                for one in story.forks
            ],
        )
    _heading("Statuses", story.statuses)
    if story.statuses:
        print_table(
            ("since", "status", "policy"),
            [(moment_text(one.since), one.status, one.policy[:19]) for one in story.statuses],
            colour_by=1,
        )
    _heading("Register", story.changes)
    if story.changes:
        print_table(
            ("when", "field", "before", "after", "by", "why"),
            [
                (
                    moment_text(one.at),
                    one.field,
                    said_change(one.field, one.old),
                    said_change(one.field, one.new),
                    one.by,
                    one.why,
                )
                for one in story.changes
            ],
        )
    if story.exceptions:
        _heading("Exceptions", story.exceptions)
        print_table(
            ("id", "app", "state", "from", "until", "asked for by", "decided by", "need"),
            [
                (
                    one.id,
                    one.app,
                    one.state,
                    str(one.valid_from),
                    str(one.until),
                    one.requested_by,
                    one.decided_by,
                    one.need,
                )
                for one in story.exceptions
            ],
        )


def _heading(title: str, items: tuple[object, ...]) -> None:
    click.echo(f"{title}:" if items else f"{title}: none")
