"""Where in a TOML file a value stands: tomllib tells no line numbers once a file is read."""

import re
from collections.abc import Iterator

Step = str | int
"""A key, or a position in an array of tables, from 0."""

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART}){{0,16}}"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_KEY})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_KEY})[ \t]*=")
_PARTS = re.compile(_PART)
_TRIPLE = re.compile(r'"""|\'\'\'')


def line_of(text: str, path: tuple[Step, ...]) -> int | None:
    """The line, from 1, of the value at `path` or of the first thing in it, else of the nearest table around it.

    Args:
        text: a TOML document that tomllib accepts.
        path: keys and positions, as in `("device", 2, "holder")`.
    """
    best, depth = None, 0
    for found, line in _places(text):
        shared = min(len(found), len(path))
        if shared > depth and path[:shared] == found[:shared]:
            best, depth = line, shared
            if depth == len(path):
                break
    return best


def _places(text: str) -> Iterator[tuple[tuple[Step, ...], int]]:
    """Every header and every assignment that starts a line, with its full path."""
    table: tuple[Step, ...] = ()
    counts: dict[tuple[Step, ...], int] = {}
    closing = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not closing:
            if header := _HEADER.match(line):
                table = _enter(_names(header[2]), counts, is_array=header[1] == "[[")
                yield table, number
            elif assignment := _ASSIGNMENT.match(line):
                yield table + _names(assignment[1]), number
        closing = _open_string(line, closing)


def _names(key: str) -> tuple[Step, ...]:
    return tuple(part.strip("\"'") for part in _PARTS.findall(key))


def _enter(names: tuple[Step, ...], counts: dict[tuple[Step, ...], int], *, is_array: bool) -> tuple[Step, ...]:
    """The path of a header: a position follows every name that is an array of tables."""
    path: tuple[Step, ...] = ()
    for at, name in enumerate(names, start=1):
        path += (name,)
        if at == len(names) and is_array:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path += (counts[path],)
    return path


def _open_string(line: str, closing: str) -> str:
    """The quotes that end a multi-line string which is open after this line, or nothing."""
    for quotes in _TRIPLE.findall(line):
        if not closing:
            closing = quotes
        elif quotes == closing:
            closing = ""
    return closing
