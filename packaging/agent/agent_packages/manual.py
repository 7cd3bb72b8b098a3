"""Man pages, made from what a program says of itself: `--help` and page never differ."""

import datetime as dt
import gzip
import re
from collections.abc import Iterator
from importlib import import_module

import click

from agent_packages.release import Release

_SECTION = 1
Rows = tuple[tuple[str, str], ...]
AGENT: dict[str, Rows] = {
    "SERVICES": (
        ("setapart-agent-collect", "collects and signs each day, at a random time, without network"),
        ("setapart-agent-deliver", "delivers what is kept, after each report and each half hour"),
        ("setapart-agent-enrol", "enrols with the drop-in file, and asks again while an officer has to decide"),
    ),
    "FILES": (
        ("/var/lib/setapart-agent", "the services' state: key, chain, spool, receipts"),
        ("/etc/setapart-agent/enrol.toml", "enrols this machine when it appears, then goes: token, name, ca, keystore"),
        ("/etc/setapart-agent/environment", "variables of the services that deliver and enrol: HTTPS_PROXY, NO_PROXY"),
    ),
    "EXIT STATUS": (
        ("0", "done"),
        ("1", "you said no to a question"),
        ("2", "something of the caller's can't be used"),
        ("3", "something waits, or can't be seen; nothing is lost"),
        ("5", "there is no Python 3.11 to 3.14"),
    ),
}
"""What the agent's page says after its commands."""


def load(module: str) -> click.Group:
    """The command line of a program."""
    found = import_module(module).cli
    assert isinstance(found, click.Group)
    return found


def page(program: click.Group, name: str, release: Release, more: dict[str, Rows] = AGENT) -> str:
    """The man page of a program with all its commands, and more sections, in man(7)'s language."""
    context = click.Context(program, info_name=name)
    when = dt.datetime.fromtimestamp(release.moment, dt.UTC).date().isoformat()
    lines = [
        f'.TH {_plain(name.upper())} {_SECTION} {when} "setapart {release.version}" "User commands"',
        ".nh",
        ".SH NAME",
        f"{_plain(name)} \\- {_plain(_first_line(program))}",
        ".SH SYNOPSIS",
        f".B {_plain(name)}",
        r"[\fB\-\-help\fR] [\fB\-\-version\fR] \fICOMMAND\fR [\fIOPTION\fR ...]",
        ".SH COMMANDS",
    ]
    for command_name in program.list_commands(context):
        command = program.get_command(context, command_name)
        assert command is not None
        lines += _command(command, click.Context(command, info_name=command_name, parent=context))
    for title, rows in more.items():
        lines += [f".SH {title}", *_table(rows)]
    return "\n".join(lines) + "\n"


def compressed(text: str) -> bytes:
    """As man pages are installed: gzip without a name and time."""
    return gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)


def _first_line(program: click.Group) -> str:
    """What whatis(1) shows: one line of the first paragraph, whatever follows it."""
    return " ".join((program.help or "").strip().partition("\n\n")[0].split()).rstrip(".").lower()


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield f".SS {_plain(context.command_path.partition(' ')[2])} {_plain(usage)}"
    for number, paragraph in enumerate((command.help or "").strip().split("\n\n")):
        if number:
            yield ".PP"
        yield _text(" ".join(paragraph.split()))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _command(inner, click.Context(inner, info_name=name, parent=context))
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            yield ".TP"
            yield f".B {_plain(record[0])}"
            yield _text(record[1])


def _table(rows: Rows) -> Iterator[str]:
    for term, meaning in rows:
        yield from (".TP", f".B {_plain(term)}", _text(meaning))


def _text(text: str) -> str:
    """A line of text; one that begins with a dot or quote would be a request."""
    line = re.sub(r"`([^`]*)`", lambda found: "\\fB" + found[1].replace("-", "\\-") + "\\fR", _escaped(text))
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _plain(text: str) -> str:
    """A literal, such as an option: its hyphens are those that one types."""
    return _escaped(text).replace("-", "\\-")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\e")
