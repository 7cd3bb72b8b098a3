"""What people read: tables and verdicts, with colour only on a terminal and foreign text made safe."""

import datetime as dt
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from setapart_evidence.moments import moment_text
from setapart_evidence.text import printable

if TYPE_CHECKING:
    from setapart_auditor.appraisal.model import Finding

_PIPE_WIDTH = 10_000
"""Wide enough that a pipe gets one line per row."""
_EMPTY = (None, "", ())
COLOURS = {
    "compliant": "green",
    "excepted": "green",
    "pending": "yellow",
    "inconclusive": "yellow",
    "stale": "yellow",
    "violation": "red",
    "invalid": "red",
    "rejected": "red",
    "info": "blue",
    "warning": "yellow",
}


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str | None]], *, colour_by: int | None = None) -> None:
    """Prints rows under headings, which may all be empty, as wide as the terminal allows.

    Args:
        headings: one per column.
        rows: cells; `None` shows as a dash.
        colour_by: the column whose word (a status or severity) colours itself.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False, show_edge=False, header_style="bold")
    table.show_header = any(headings)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        cells = []
        for at, cell in enumerate(row):
            words = "-" if cell is None or not cell else printable(cell, 1000)
            cells.append(Text(words, style=COLOURS.get(words, "") if at == colour_by else ""))
        table.add_row(*cells)
    if terminal:
        Console(file=sys.stdout, highlight=False).print(table)
        return
    drawn = io.StringIO()
    Console(file=drawn, highlight=False, soft_wrap=True, width=_PIPE_WIDTH).print(table)
    click.echo("\n".join(line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n")))


def print_fields(fields: Mapping[str, object]) -> None:
    """Prints names and values below each other: without those that are empty, a line for each row of a list."""
    lines = [(name.replace("_", " "), words) for name, value in fields.items() for words in _lines(value)]
    width = max(len(name) for name, _ in lines)
    for name, words in lines:
        click.echo(f"{name:<{width}}  {printable(words, 2000)}")


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for row in value:
            cells = (f"{key.replace('_', ' ')} {said(cell)}" for key, cell in row.items() if cell not in _EMPTY)
            yield "  ".join(cells)
    elif value not in _EMPTY:
        yield said(value)


def said(value: object) -> str:
    """A value for people: a moment in UTC, yes or no, a tuple with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return moment_text(value)
    return ", ".join(map(said, value)) if isinstance(value, tuple) else str(value)


def said_change(field: str, text: str | None) -> str | None:
    """A value as a change of the register keeps it, for people; a damaged one as it is."""
    from setapart_auditor.errors import StoreError
    from setapart_auditor.register.past import former

    try:
        return None if text is None else said(former(field, text))
    except StoreError:
        return text


def print_json(value: object) -> None:
    """Prints a value on one line of JSON."""
    from setapart_auditor.json_text import json_text

    click.echo(json_text(value))


def styled_status(word: str) -> str:
    """A status or severity in its colour; plain where click finds no terminal."""
    return click.style(word, fg=COLOURS.get(word), bold=True)


def print_findings(findings: "Iterable[Finding]") -> None:
    """Prints each finding with its evidence and cure."""
    for one in findings:
        click.echo(f"  {styled_status(one.severity)} {one.control}: {printable(one.message, 4000)}")
        click.echo(f"    evidence {printable(one.evidence, 4000)}")
        click.echo(f"    cure     {printable(one.cure, 4000)}")


@contextmanager
def written(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that its owner alone can read, whole or not at all; line ends stay as they are.

    Raises:
        AuditorError: the file's name is a folder's, or a device's or pipe's, which a file must not take the place of.
    """
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.whole_file import new_file

    if output is None:
        sys.stdout.flush()
        yield sys.stdout
        return
    if not _may_be_replaced(output):
        raise AuditorError(f"{output} is no regular file", expected="a file", cure="leave --output out to print")
    with new_file(output, replace=True) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield text
        finally:
            text.detach()


def write_public(output: Path, content: bytes) -> None:
    """Writes what others may read to a file, whole or not at all.

    Raises:
        AuditorError: the file's name is a folder's, a link's, or a device's or pipe's.
    """
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.whole_file import write_file

    if not _may_be_replaced(output):
        raise AuditorError(f"{output} is no regular file", expected="the name of a file", cure="name another --output")
    write_file(output, content, replace=True, mode=0o666)


def _may_be_replaced(output: Path) -> bool:
    return not output.is_symlink() and (output.is_file() or not output.exists())
