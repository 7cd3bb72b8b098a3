"""Which parser reads which kind of captured file: an explicit table, in the order in which kinds are recognised."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from setapart_agent.collectors.base import Parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

_PREFIX = "setapart_agent.collectors."


@dataclass(frozen=True, slots=True)
class ParserRef:
    """A parser module, below `setapart_agent.collectors`, and the profile that a lone file's facts belong to."""

    module: str
    profile: str = "unknown"


PARSERS: Mapping[str, ParserRef] = {}


def parser_of(kind: str) -> Parser:
    """The parser of a kind, imported now.

    Raises:
        ParseError: no such kind.
    """
    if kind not in PARSERS:
        raise ParseError(f"no parser for {kind!r}", expected="a kind of `setapart-agent parse --list`")
    return cast("Parser", import_module(_PREFIX + PARSERS[kind].module))


def recognise(path: Path, content: bytes) -> str | None:
    """The kind of a file by its name and content, or `None`."""
    return next((kind for kind in PARSERS if parser_of(kind).recognise(str(path), content)), None)


def parse_file(kind: str, path: Path, content: bytes) -> Facts:
    """The facts of one captured file, with those files beside it that its format names.

    Raises:
        ParseError: the file is not of this kind, or broken beyond use.
    """
    parser = parser_of(kind)
    files = {"main": content}
    companions = getattr(parser, "companions", None)
    if companions is not None:
        for role, relative in companions(str(path), content).items():
            beside = path.parent / relative
            if beside.is_file() and beside.resolve().is_relative_to(path.parent.resolve()):
                files[role] = beside.read_bytes()
    rows: Mapping[str, tuple[tuple[object, ...], ...]] = {}
    queries = getattr(parser, "QUERIES", None)
    if queries is not None:
        from setapart_agent.collectors import sqlite_snapshot

        if content.startswith(sqlite_snapshot.HEADER):
            wal = path.with_name(path.name + "-wal")
            rows = sqlite_snapshot.read_rows(content, queries, wal.read_bytes() if wal.is_file() else None)
    return parser.parse(FileSet(files=files, rows=rows, profile=PARSERS[kind].profile, path=str(path)))
