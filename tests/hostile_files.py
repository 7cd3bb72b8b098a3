"""What every parser must survive: cut-off, flipped, repeated and nonsensical versions of a good file."""

import random
import time
from collections.abc import Iterator

from setapart_agent.collectors.base import Parser
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

NONSENSE = (
    b"",
    b"\n",
    b"\x00" * 64,
    b"\xff\xfe",
    b"\xff\xfe\x00\xd8",
    b"\xef\xbb\xbf",
    b"[",
    b"[]",
    b"]=[",
    b"=",
    b"= =\n=",
    b"[a]\n\xff\xfe=\x80\n",
    b"{" * 5000,
    b"[" * 50_000,
    b'"' * 50_001,
    b"'" * 50_001,
    b"\\" * 50_001,
    b"/*" * 25_000,
    b"=\n" * 25_000,
    b" " * 100_000,
    b"a" * 100_000,
    b"a=" * 50_000,
    b"[[a]]\n" * 10_000,
    "[\u202e]\nhost = \u202e\n".encode(),
)
_PATIENCE = 5.0
_POSITIONS = 120


def variants(sample: bytes) -> Iterator[bytes]:
    """Broken versions of a sample; the same ones each time."""
    chance = random.Random(20221)
    yield from NONSENSE
    step = max(1, len(sample) // _POSITIONS)
    for at in range(0, len(sample), step):
        yield sample[:at]
        yield sample[at:]
    for _ in range(200):
        broken = bytearray(sample)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = (
                chance.choice(b"\x00\xff\"'\\[]{}=:,@/\n 09azAZ|#%") if broken else 0
            )
        yield bytes(broken)
    yield sample * 300
    yield sample.replace(b"\n", b"\r\n")
    yield sample.replace(b"=", b"")


def assert_survives(parser: Parser, name: str, sample: bytes, path: str = "") -> None:
    """Checks that the sample has facts, that it is recognised, and that a broken one ends in facts or `ParseError`."""
    assert parser.recognise(name, sample)
    assert parser.recognise(f"/home/ada/x/{name}", sample), "a whole path is not recognised"
    assert parser.parse(FileSet(files={"main": sample}, path=path)) != Facts()
    for broken in variants(sample):
        start = time.monotonic()
        assert parser.recognise(name, broken) in {True, False}
        try:
            facts = parser.parse(FileSet(files={"main": broken}, path=path))
        except ParseError:
            continue
        finally:
            assert time.monotonic() - start < _PATIENCE, "takes too long"
        assert isinstance(facts, Facts)


def parsed(parser: Parser, content: str | bytes, path: str = "", **more: bytes) -> Facts:
    """The facts of one file of profile 1000."""
    raw = content.encode() if isinstance(content, str) else content
    return parser.parse(FileSet(files={"main": raw, **more}, profile="1000", path=path))
