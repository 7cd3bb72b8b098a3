"""What a source answered, parsed: the facts of one output, or why there are none."""

from collections.abc import Callable
from typing import TypeVar

from setapart_agent.collectors.android.parse.command_output import normal, refusal
from setapart_agent.collectors.android.source import AndroidSource
from setapart_agent.collectors.base import Absent, Failed, Observed, Unseen
from setapart_agent.errors import ParseError

T = TypeVar("T")

Answer = Observed[T] | Unseen


def ask(source: AndroidSource, command: str, read: Callable[[str], T]) -> Answer[T]:
    """Runs one command and parses what it printed.

    Args:
        source: the device.
        command: a canonical command.
        read: a parser of normal text that raises `ParseError`.

    Returns:
        The parsed output; where the parser finds nothing, the device's own refusal if it printed one.
    """
    given = source.output(command)
    if isinstance(given, Absent):
        return Failed(f"no output of `{command}`")
    if not isinstance(given, Observed):
        return given
    output = normal(given.value)
    try:
        return Observed(read(output))
    except ParseError as exc:
        return refusal(output) or Failed(f"`{command}`: {exc.got}")
