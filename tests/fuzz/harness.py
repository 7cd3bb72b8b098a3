"""Gives parsers broken files and watches: facts of the right types or `ParseError`, soon, in little memory.

An input is named by kind, seed and number, and is made again from those alone.
"""

import hashlib
import os
import random
import resource
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec
from msgspec import Struct

from setapart_agent.collectors import sqlite_snapshot
from setapart_agent.collectors.base import Parser
from setapart_agent.collectors.registry import PARSERS, parser_of
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet

from . import mutations
from .seeds import Seed, seeds_of

PATIENCE = 5.0
"""Seconds of CPU time for one input."""
GROWTH = 256
"""MiB that a run over any number of inputs may need beyond what it had."""
ADDRESS_SPACE = 2048
"""MiB beyond what the process has: an input that asks for more ends in MemoryError, which is a finding."""
_STOP_AT = 5


class Finding(Struct, frozen=True):
    """An input that broke a parser, and how."""

    kind: str
    seed: int
    number: int
    what: str
    where: str
    file: str


class Result(Struct, frozen=True):
    """What a run gave; seconds are those of the CPU."""

    kind: str
    inputs: int
    seconds: float
    growth: float
    parsed: int
    slowest: float
    findings: tuple[Finding, ...]


class TooLong(BaseException):
    """An input took more than `PATIENCE`."""


def input_of(kind: str, seed: int, number: int, seeds: tuple[Seed, ...], *, parser: Parser | None = None) -> Seed:
    """One broken input."""
    chance = random.Random(f"{kind}:{seed}:{number}")
    good = chance.choice(seeds)
    files, rows, path = dict(good.files), dict(good.rows), good.path
    if (rows and "main" not in files | {"main": b""}) or (rows and chance.random() < 0.85):
        name = chance.choice(sorted(rows))
        rows[name] = mutations.rows(chance, rows[name])
        if chance.random() < 0.1:
            del rows[name]
    else:
        role = "main" if len(files) < 2 or chance.random() < 0.7 else chance.choice(sorted(files))
        others = [one.files.get(role, b"") for one in seeds]
        files[role] = mutations.mutate(chance, files.get(role, b""), others)
        if role != "main" and chance.random() < 0.1:
            del files[role]
        rows = {}
    if chance.random() < 0.03:
        path = chance.choice(("", "x", "/", "/home/ada/" + path, "\udcff", "../" * 20, path + "\x00"))
    return Seed(files=files, rows=rows, path=path)


def attempt(kind: str, parser: Parser, given: Seed) -> bool:
    """Whether it was parsed; raises what a parser must never raise.

    Raises:
        AssertionError: facts that are not of their types.
    """
    main = given.files.get("main", b"")
    assert parser.recognise(given.path or "x", main) in (True, False)
    refusal: ParseError | None = None
    facts = Facts()
    try:
        facts = parser.parse(_file_set(kind, parser, given))
    except ParseError as exc:
        refusal = exc
    if refusal is not None:
        assert isinstance(refusal.got, str)
        assert len(str(refusal)) < 10_000, "an error as long as the file"
        return False
    assert isinstance(facts, Facts)
    try:
        assert msgspec.convert(msgspec.to_builtins(facts), Facts) == facts
    except msgspec.ValidationError as exc:
        raise AssertionError(f"facts of a wrong type: {exc}") from None
    return True


def _file_set(kind: str, parser: Parser, given: Seed) -> FileSet:
    """What the registry would give the parser: the rows of the database itself, unless the seed has rows."""
    main, rows = given.files.get("main", b""), given.rows
    queries = getattr(parser, "QUERIES", None)
    if queries is not None and not rows and main.startswith(sqlite_snapshot.HEADER):
        rows = sqlite_snapshot.read_rows(main, queries, given.files.get("wal"))
    return FileSet(files=given.files, rows=rows, profile=PARSERS[kind].profile, path=given.path)


def run_here(kind: str, inputs: int, seed: int, *, first: int = 0, folder: Path | None = None) -> Result:
    """Runs in this process; stops after a handful of different findings."""
    parser, seeds = parser_of(kind), seeds_of(kind)
    assert seeds, f"no seed for {kind}: run fuzz.harvest"
    for good in seeds:
        attempt(kind, parser, good)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found: dict[str, Finding] = {}
    parsed, slowest, done = 0, 0.0, 0
    begun = time.process_time()
    for number in range(first, first + inputs):
        given = input_of(kind, seed, number, seeds)
        start = time.process_time()
        try:
            with _patience():
                parsed += attempt(kind, parser, given)
        except (Exception, TooLong) as exc:  # noqa: BLE001 - that is what we look for
            where = _where(exc)
            if where not in found:
                found[where] = Finding(
                    kind, seed, number, f"{type(exc).__name__}: {exc}"[:300], where, _kept(kind, given, folder)
                )
        done += 1
        slowest = max(slowest, time.process_time() - start)
        if len(found) >= _STOP_AT:
            break
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return Result(kind, done, time.process_time() - begun, growth, parsed, slowest, tuple(found.values()))


def run(kind: str, inputs: int, seed: int, *, first: int = 0, folder: Path | None = None) -> Result:
    """Runs in a child of its own, so that memory is its own, and a crash is a finding like any other."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            _limit()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(msgspec.msgpack.encode(run_here(kind, inputs, seed, first=first, folder=folder)))
        except BaseException:  # noqa: BLE001 - a fork must not run on
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        died = Finding(kind, seed, first, f"the process died: {os.waitstatus_to_exitcode(status)}", "?", "")
        return Result(kind, inputs, 0, 0, 0, 0, (died,))
    return msgspec.msgpack.decode(answer, type=Result)


def _limit() -> None:
    has = int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    most = has + ADDRESS_SPACE * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


@contextmanager
def _patience() -> Iterator[None]:
    """Counts CPU time: a busy machine makes nothing slow."""

    def too_long(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong(f"more than {PATIENCE} seconds")

    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _where(exc: BaseException) -> str:
    """The innermost line of ours."""
    ours = [frame for frame in traceback.extract_tb(exc.__traceback__) if "setapart_" in frame.filename]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "harness"
    detail = str(exc)[:60] if isinstance(exc, AssertionError) else ""
    return f"{type(exc).__name__} {place} {detail}".rstrip()


def _kept(kind: str, given: Seed, folder: Path | None) -> str:
    """Writes a failing input, whole, to a file."""
    if folder is None:
        return ""
    folder.mkdir(parents=True, exist_ok=True)
    raw = msgspec.msgpack.encode(
        Seed(files=given.files, rows=given.rows, path=given.path.encode("utf-8", "replace").decode())
    )
    path = folder / f"{kind}-{hashlib.sha256(raw).hexdigest()[:12]}.msgpack"
    path.write_bytes(raw)
    return str(path)
