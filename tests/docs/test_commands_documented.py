"""docs/agent.md and docs/auditor.md: every command with every option, none too many; shown commands can be typed."""

import re
import shlex
from collections.abc import Iterator
from typing import get_args

import click
import pytest

from markdown import code, codes, commands, document, documents, section, table, tables
from repository import REPOSITORY
from setapart_agent.cli import cli as agent
from setapart_agent.cli import doctor
from setapart_agent.sources import SOURCES
from setapart_auditor.cli import cli as auditor
from setapart_evidence.model import CoverageStatus

PROGRAMS = {"setapart-agent": agent, "setapart-auditor": auditor}
SERVICE = "\n".join(document(f"docs/service/{file.name}") for file in sorted(REPOSITORY.glob("docs/service/*.md")))
GUIDES = {"setapart-agent": document("docs/agent.md"), "setapart-auditor": document("docs/auditor.md") + SERVICE}
ALWAYS = frozenset({"--help", "-h", "--version"})


def leaves(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that is no group, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = [leaf for name, group in PROGRAMS.items() for leaf in leaves(group, (name,))]
GROUPS = {" ".join(path[:-1]) for path, _ in COMMANDS}
LINES = sorted(
    {
        (file.relative_to(REPOSITORY).as_posix(), line.partition(" #")[0])
        for file in documents()
        for text in (file.read_text(encoding="utf-8"),)
        for line in (*commands(text), *codes(text))
        if line.startswith(tuple(f"{program} " for program in PROGRAMS))
    }
)


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) for path, _ in COMMANDS])
def test_every_option_of_a_command_is_documented_and_no_other(path: tuple[str, ...], command: click.Command) -> None:
    told = {word for cell in table(GUIDES[path[0]], " ".join(path)).column("option") for word in codes(cell)}
    known = {
        word.rstrip(".").strip("[]")
        for parameter in command.params
        for word in ([parameter.make_metavar(click.Context(command))] if isinstance(parameter, click.Argument) else [
            *parameter.opts, *parameter.secondary_opts
        ])
    }  # fmt: skip
    assert told == known - ALWAYS


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_document_describes_a_command_that_is_not_there(program: str) -> None:
    described = {
        line.removeprefix("### ") for line in GUIDES[program].splitlines() if line.startswith(f"### {program} ")
    }
    assert described == {" ".join(path) for path, _ in COMMANDS if path[0] == program}


@pytest.mark.parametrize(("file", "line"), LINES)
def test_a_command_in_a_document_can_be_typed(file: str, line: str) -> None:
    """Only read as the program reads it: command, options, required ones and choices; nothing is run."""
    line = re.sub(r"\$\(date [^)]*\)", "2027-01-31", line)
    words = shlex.split(re.sub(r"\$\(.*?\)", "…", line).partition(" | ")[0].partition(" > ")[0])
    command: click.Command = PROGRAMS[words[0]]
    context, rest = click.Context(command, info_name=words[0]), words[1:]
    while isinstance(command, click.Group):
        assert rest, line
        if rest[0] in ALWAYS:
            return
        name, command, rest = command.resolve_command(context, rest)
        assert name is not None
    if not ALWAYS.intersection(rest):
        try:
            command.make_context(words[-1], rest)
        except click.MissingParameter:
            pass  # a command may be named without all that it needs
        except click.UsageError as refused:
            pytest.fail(f"{file}: {line}: {refused.format_message()}")


def test_every_reason_that_doctor_knows_a_cure_for_is_documented() -> None:
    told = " ".join(row[0] for row in tables(section(GUIDES["setapart-agent"], "What could not be seen"))[1].rows)
    assert [words for words, _ in doctor._CURES if words not in told] == []


def test_a_command_that_a_message_names_is_there() -> None:
    """Cures and errors say what to type next: that must be a command."""
    known = {" ".join(path) for path, _ in COMMANDS}
    sources = [file for folder in ("agent", "auditor") for file in (REPOSITORY / folder).rglob("*.py")]
    named = {
        (file.name, words)
        for file in sources
        for words in re.findall(r"`(setapart-(?:agent|auditor) [a-z-]+(?: [a-z]+)?)", file.read_text(encoding="utf-8"))
    }
    assert named
    for file, words in named:
        assert words in known or words.rpartition(" ")[0] in known or words in GROUPS, (file, words)


def test_exit_codes_are_documented() -> None:
    assert [row[0] for row in table(GUIDES["setapart-agent"], "Exit codes").rows] == ["0", "1", "2", "3"]
    assert [row[0] for row in table(GUIDES["setapart-auditor"], "Exit codes").rows] == ["0", "1", "2", "3", "70"]


def test_every_status_of_coverage_is_documented() -> None:
    shown = tables(section(GUIDES["setapart-agent"], "What could not be seen"))[0]
    assert tuple(map(code, shown.column("status"))) == get_args(CoverageStatus)


def test_every_source_is_documented_with_its_grade() -> None:
    found = table(
        section(GUIDES["setapart-agent"], "Sources").partition("### ")[0].join(("## Sources\n", "")), "Sources"
    )
    told = {codes(row[0])[0].partition(":")[0]: code(row[2]) for row in found.rows}
    assert told == {kind: info.grade for kind, info in SOURCES.items()}
