"""A file of one thing repeated costs no parser the square of its length: as root the agent reads users' files."""

import contextlib
import time

import pytest

from fuzz.seeds import seeds_of
from setapart_agent.collectors.registry import PARSERS, parser_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

UNITS = (
    b"\n", b"\r\n", b" ", b"a.", b"a=", b"[a]\n", b'"', b"\\\n", b"{", b" (", b"-", b"@a", b"user ",
    b'{"a":', b'"a",', b"<a>", b"<!--", b"&amp;", b"</a>", b"\x00", b"\xff\xfe", b"a\x00", b"User 0: ",
    b"[HKEY_USERS\\a]\r\n",    b'"a"=hex:00,\\\r\n', b"bplist00", b"nk\x20\x00",
)  # fmt: skip
HEADS = (
    b"", b"{", b'{"a":[', b"<?xml version='1.0'?><plist><dict>", b"Windows Registry Editor Version 5.00\r\n\r\n",
    b"\xff\xfe", b"bplist00", b"regf",
)  # fmt: skip
LENGTH = 60_000
PATIENCE = 2.0
"""Seconds of CPU time."""


def ends_soon(kind: str, raw: bytes, path: str = "x") -> bool:
    parser = parser_of(kind)
    begun = time.process_time()
    parser.recognise(path, raw)
    with contextlib.suppress(ParseError):
        parser.parse(FileSet(files={"main": raw}, profile="1000", path=path))
    return time.process_time() - begun < PATIENCE


@pytest.mark.parametrize("kind", PARSERS)
def test_repetition_ends_soon(kind: str) -> None:
    for unit in UNITS:
        assert ends_soon(kind, unit * (LENGTH // len(unit))), unit
    for head in HEADS[1:]:
        for unit in UNITS[-14:]:
            assert ends_soon(kind, head + unit * (LENGTH // 8 // len(unit))), (head, unit)


@pytest.mark.parametrize("kind", PARSERS)
def test_a_good_file_whose_parts_repeat_ends_soon(kind: str) -> None:
    """What a parser understands costs it more than what it does not."""
    for seed in seeds_of(kind)[:2]:
        good = seed.files.get("main", b"")
        lines = good.splitlines(keepends=True)
        middle = b"".join(lines[len(lines) // 3 : 2 * len(lines) // 3]) or good[len(good) // 3 : 2 * len(good) // 3]
        longest = max(lines, key=len, default=b"")
        open_ended = longest.strip()[:-2]  # what never comes to its end, again and again in one line
        for unit in filter(None, (good, middle, longest, open_ended)):
            times = 2 * LENGTH // len(unit) + 1
            assert ends_soon(kind, unit * times, seed.path), unit[:100]
            assert ends_soon(kind, good.replace(unit, unit * times, 1), seed.path), unit[:100]
