"""What is said at a station and what is answered: lines of text, no cursor movements, at most 80 columns.

A question is answered by a whole line. What was typed before the question was there does not count at a terminal, and
while it waits the phone is looked at: one that is unplugged takes its question with it.
"""

import os
import sys
import textwrap
from collections.abc import Callable
from typing import Literal, TextIO

import click

from setapart_evidence.text import printable

WIDTH = 80
_LONGEST_LINE = 4096
_LOOK_EVERY = 1.0
_YES = frozenset({"yes", "y"})

Answer = Literal["yes", "no", "nobody", "unplugged"]
"""`nobody`: the input has ended, or nobody answered in time."""
_How = Literal["typed", "nobody", "unplugged"]


class Console:
    """A terminal, or a pipe in its place."""

    def __init__(self, out: TextIO, answers: TextIO, *, plain: bool = False, patience: float | None = None) -> None:
        """Begins with nothing said.

        Args:
            out: where everything is said.
            answers: where answers come from.
            plain: no bold headings.
            patience: seconds to wait for an answer; `None` for any number.
        """
        self._out = out
        self._answers = answers
        self._bold = not plain and out.isatty()
        self._patience = patience
        self._pending = b""
        self.has_ended = False
        """Whether no answer can come any more."""

    def say(self, text: str = "", *, indent: str = "") -> None:
        """Says a paragraph, wrapped; further lines of it are indented, so that no phone can write a line of its own."""
        safe = printable(text, _LONGEST_LINE)
        lines = textwrap.wrap(
            safe, WIDTH - 1, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
        )
        for line in lines or [""]:
            click.echo(line, file=self._out)
        self._out.flush()

    def heading(self, text: str) -> None:
        """Says what comes next, after an empty line."""
        self.say()
        safe = printable(text, WIDTH - 1)
        click.echo(click.style(safe, bold=True) if self._bold else safe, file=self._out)
        self._out.flush()

    def command(self, text: str) -> None:
        """Says a command on a line of its own, unwrapped: somebody copies it."""
        click.echo(f"  {printable(text, _LONGEST_LINE)}", file=self._out)
        self._out.flush()

    def ask(self, question: str, is_there: Callable[[], bool]) -> Answer:
        """Asks for a yes. Everything that is no yes is a no.

        Args:
            question: on one line.
            is_there: whether the phone that it is about still is.
        """
        how, line = self._line(question, is_there)
        if how != "typed":
            return how
        return "yes" if line.strip().lower() in _YES else "no"

    def choose(self, question: str, most: int, is_there: Callable[[], bool]) -> int | None:
        """Asks for a number from 1 to `most`; `None` for everything else."""
        number = self._line(question, is_there)[1].strip()
        return int(number) if number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= most else None

    def _line(self, question: str, is_there: Callable[[], bool]) -> tuple[_How, str]:
        self._forget_what_was_typed()
        self._out.write(f"{printable(question, WIDTH - 1)} ")
        self._out.flush()
        try:
            handle = self._answers.fileno()
        except (OSError, ValueError):  # no file: what embeds the station answers
            line = self._answers.readline()
            return ("typed", line) if line else (self._ended(), "")
        return self._from_handle(handle, is_there)

    def _from_handle(self, handle: int, is_there: Callable[[], bool]) -> tuple[_How, str]:
        from time import monotonic

        end = None if self._patience is None else monotonic() + self._patience
        while b"\n" not in self._pending:
            if not _can_be_read(handle, _LOOK_EVERY):
                if not is_there():
                    self.say()
                    return "unplugged", ""
                if end is not None and monotonic() >= end:
                    self.say()
                    return "nobody", ""
                continue
            try:
                got = os.read(handle, _LONGEST_LINE)
            except OSError:  # the terminal was closed
                got = b""
            if not got:
                return self._ended(), ""
            self._pending = (self._pending + got)[-_LONGEST_LINE:]
        line, _, self._pending = self._pending.partition(b"\n")
        if not self._answers.isatty():
            self.say()  # nobody's Enter has ended the line
        return "typed", line.decode("utf-8", "replace")

    def _ended(self) -> Literal["nobody"]:
        self.say()
        self.has_ended = not self._answers.isatty()  # at a terminal it was one Ctrl-D
        return "nobody"

    def _forget_what_was_typed(self) -> None:
        if self._answers.isatty():
            self._pending = b""
            _flush_input(self._answers.fileno())


def _flush_input(handle: int) -> None:
    """Lets go of what was typed and not yet read."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        termios.tcflush(handle, termios.TCIFLUSH)


def _can_be_read(handle: int, seconds: float) -> bool:
    """Whether there is something to read; Windows can't wait for that on a console, and reading waits there."""
    if sys.platform == "win32":
        return True
    import select

    return bool(select.select([handle], [], [], seconds)[0])
