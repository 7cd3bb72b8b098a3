"""`setapart-auditor ingest`: messages that came as files, taken in as those that come over the network."""

import datetime as dt
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from setapart_auditor.cli.output import print_json, print_table
from setapart_auditor.whole_file import write_file
from setapart_evidence.text import printable

if TYPE_CHECKING:
    from setapart_auditor.installation import Installation, Policies

_ANSWERS = {"receipt": ".receipt"}
_OTHER_ANSWER = ".answer"
_JUDGED_AT_ONCE = 500
_SHARED = 0o666
"""Answers are no secrets: as the umask has it, so that whoever carries them can read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What became of one file."""

    file: Path
    device: str | None = None
    sequence: int | None = None
    outcome: str = "rejected"
    message: str | None = None
    answer: Path | None = None

    @property
    def is_taken(self) -> bool:
        return self.outcome != "rejected"


@click.command("ingest")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="DIR", help="Where the answers go. Default: beside each file."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="The auditor's folder. Default: the user's own.")
def command(*, files: tuple[Path, ...], output: Path | None, as_json: bool, folder: Path | None) -> None:
    """Take in evidence, requests to enrol and other messages that were carried here as files; folders too.

    Each file's answer, which the agent waits for, is written as NAME.receipt or NAME.answer. Exits with 1 if a file was
    rejected; the others are taken in all the same.
    """
    from setapart_auditor.installation import load_policies, open_installation
    from setapart_auditor.intake.service import Intake

    found = tuple(_files(files))
    if output is not None:
        _refuse_namesakes(found)
        output.mkdir(parents=True, exist_ok=True)
    installation = open_installation(folder)
    policies = load_policies(installation)
    intake = Intake(installation, policies, limited=False)
    now = dt.datetime.now(dt.UTC)
    try:
        intake.start()
        try:
            answers = intake.receive_all((_read(path) for path in found), now)
            rows = [_row(path, answer, output) for path, answer in zip(found, answers, strict=True)]
        finally:
            intake.close()
        _judge(installation, policies)
    finally:
        installation.store.close()
    _print(rows, as_json=as_json)
    sys.exit(0 if all(row.is_taken for row in rows) else 1)


def _judge(installation: "Installation", policies: "Policies") -> None:
    """Verdicts of what came in."""
    from setapart_auditor.sweep.stored import appraise_pending

    while appraise_pending(installation, policies, dt.datetime.now(dt.UTC), _JUDGED_AT_ONCE):
        pass


def _files(named: Sequence[Path]) -> Iterator[Path]:
    """The named files in the order in which they can be taken in: who enrols first, then reports by their sequence.

    Raises:
        AuditorError: no such file.
    """
    from setapart_auditor.errors import AuditorError
    from setapart_auditor.intake.peek import order_of

    wanted: dict[Path, None] = {}
    for path in named:
        if path.is_dir():
            wanted.update(dict.fromkeys(one for one in sorted(path.iterdir()) if _is_message(one)))
        elif path.is_file():
            wanted[path] = None
        else:
            raise AuditorError(
                f"no file {path}" if not path.exists() else f"{path} is not a file", expected="messages, or folders"
            )
    if not wanted:
        raise AuditorError("no file to take in", expected="messages, or folders of them")
    yield from sorted(wanted, key=lambda path: order_of(_read(path)))


def _refuse_namesakes(files: Sequence[Path]) -> None:
    """One folder holds one answer of a name: a second would take the place of the first.

    Raises:
        AuditorError: two files are called the same.
    """
    from setapart_auditor.errors import AuditorError

    names = Counter(path.name for path in files)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise AuditorError(
            f"two files called {printable(twice)}",
            expected="names that differ, where the answers go into one folder",
            cure="leave --output out, or take them in one after the other",
        )


def _is_message(path: Path) -> bool:
    return path.is_file() and path.name[0] != "." and path.suffix not in {*_ANSWERS.values(), _OTHER_ANSWER}


def _read(path: Path) -> bytes:
    """A file, no more of it than a message may have and a byte."""
    from setapart_auditor.intake.peek import MOST

    with path.open("rb") as stream:
        return stream.read(MOST + 1)


def _row(path: Path, answer: object, output: Path | None) -> _Row:
    """One file's row; its answer is on disk when this returns.

    Raises:
        AuditorError: the auditor failed, not the file.
    """
    from setapart_auditor.errors import NotAllowedError
    from setapart_auditor.intake.service import Answer
    from setapart_evidence.errors import EvidenceError

    if isinstance(answer, EvidenceError | NotAllowedError):
        return _Row(file=path, message=str(answer))
    if isinstance(answer, Exception):
        raise answer
    assert isinstance(answer, Answer)
    written = (output or path.parent) / f"{path.name}{_ANSWERS.get(answer.kind, _OTHER_ANSWER)}"
    write_file(written, answer.body, replace=True, mode=_SHARED)
    return _Row(
        file=path,
        device=answer.device,
        sequence=answer.sequence,
        outcome=answer.outcome or answer.kind,
        message="was here before" if answer.resent else None,
        answer=written,
    )


def _print(rows: Sequence[_Row], *, as_json: bool) -> None:
    if as_json:
        found = [
            {
                "file": _text(row.file),
                "device": row.device,
                "sequence": row.sequence,
                "outcome": row.outcome,
                "message": row.message,
                "answer": None if row.answer is None else _text(row.answer),
            }
            for row in rows
        ]
        print_json({"files": found})
        return
    print_table(
        ("file", "device", "sequence", "outcome", "why"),
        [
            (
                printable(row.file.name),
                None if row.device is None else row.device[:16],
                None if row.sequence is None else str(row.sequence),
                row.outcome,
                row.message,
            )
            for row in rows
        ],
        colour_by=3,
    )


def _text(path: Path) -> str:
    """A path as JSON can hold it: bytes of a name that are not UTF-8 show as escapes."""
    return str(path).encode(errors="backslashreplace").decode()
