"""A file of one thing repeated costs no parser the square of its length: as root the agent reads users' files."""

import contextlib
import time

import pytest

from setapart_agent.collectors.registry import PARSERS, parser_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

UNITS = (b"\n", b"\r\n", b" ", b"a.", b"a=", b"[a]\n", b'"', b"\\\n", b"{", b" (", b"-", b"@a", b"user ")
LENGTH = 120_000
PATIENCE = 5.0


@pytest.mark.parametrize("kind", PARSERS)
def test_repetition_ends_soon(kind: str) -> None:
    parser = parser_of(kind)
    for unit in UNITS:
        raw = unit * (LENGTH // len(unit))
        begun = time.process_time()
        parser.recognise("x", raw)
        with contextlib.suppress(ParseError):
            parser.parse(FileSet(files={"main": raw}, profile="1000", path="x"))
        assert time.process_time() - begun < PATIENCE, unit
