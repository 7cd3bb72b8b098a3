"""Files of other devices are read in a forked worker with bounded memory and CPU time.

What a stranger's file makes a parser or a library do then ends there: a worker that is killed, runs out of memory or
crashes is coverage `failed`, and the report says so. The worker streams what it has found, device by device, so that a
file with many devices needs the memory of one. Answers are decoded strictly: nothing of the worker's runs here.

Where there is no fork (Windows), the work is done in the process itself, under the limits of the parsers alone.
"""

import os
import signal
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import msgspec
from msgspec import Struct

from setapart_agent.collectors.base import Collected, CollectorInfo, Failed, uncovered
from setapart_agent.errors import AgentError, ParseError, SourceError
from setapart_agent.facts import DeviceFacts, Facts
from setapart_evidence.errors import SetapartError
from setapart_evidence.model import SYSTEM_PROFILE, Profile, Section
from setapart_evidence.text import printable

T = TypeVar("T", bound=Struct)

MEMORY = 1536 * 1024 * 1024
"""Bytes of address space that a worker may have beyond what the agent has when it forks."""
CPU_SECONDS = 600
_MAX_FRAME = 256 * 1024 * 1024
_LENGTH = struct.Struct("<BI")
_SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")
_OUT_OF_MEMORY = 97
_BROKE = 98
_ERRORS: dict[str, type[AgentError]] = {"SourceError": SourceError, "ParseError": ParseError, "AgentError": AgentError}
INFO = CollectorInfo(
    name="agent.worker",
    version=1,
    sections=_SECTIONS,
    maturity="captures",
    reads=(),
    modules=(__name__,),
)

_answers: BinaryIO | None = None


class _Refusal(Struct, frozen=True):
    """An error of ours, on its way out of the worker."""

    family: str
    got: str
    expected: str
    cure: str


class _Frame(Struct, frozen=True):
    kind: Literal["device", "facts", "refusal", "end"]
    content: bytes = b""


def note_device(device: DeviceFacts) -> None:
    """Says which device is being read before its files are: a worker that dies later has at least named it."""
    if _answers is not None:
        _send("device", msgspec.msgpack.encode(_clean(device, DeviceFacts)))


def in_worker(work: Callable[[], Iterable[Collected]]) -> Iterator[Collected]:
    """Runs the work in a forked child and yields what it gives.

    A child that dies after it has noted a device gives that device, everything of it `failed`.

    Raises:
        SourceError: the work raised it, or the child died before it knew what it reads.
    """
    if not hasattr(os, "fork"):
        yield from work()
        return
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _child(work, writing)
    os.close(writing)
    ended = False
    noted: DeviceFacts | None = None
    try:
        with os.fdopen(reading, "rb") as answers:
            for frame in _frames(answers):
                if frame.kind == "device":
                    noted = msgspec.msgpack.decode(frame.content, type=DeviceFacts)
                elif frame.kind == "facts":
                    noted = None
                    yield msgspec.msgpack.decode(frame.content, type=Collected)
                elif frame.kind == "refusal":
                    refusal = msgspec.msgpack.decode(frame.content, type=_Refusal)
                    family = _ERRORS.get(refusal.family, SourceError)
                    raise family(refusal.got, expected=refusal.expected, cure=refusal.cure)
                else:
                    ended = True
    except msgspec.DecodeError:
        ended = False
    finally:
        if not ended:
            _kill(child)
        _, status = os.waitpid(child, 0)
    if not ended:
        yield _dead(noted, _cause(status))


def _frames(answers: BinaryIO) -> Iterator[_Frame]:
    kinds: tuple[Literal["device", "facts", "refusal", "end"], ...] = ("device", "facts", "refusal", "end")
    while len(head := answers.read(_LENGTH.size)) == _LENGTH.size:
        kind, length = _LENGTH.unpack(head)
        if kind >= len(kinds) or length > _MAX_FRAME:
            return
        content = answers.read(length)
        if len(content) < length:
            return
        yield _Frame(kinds[kind], content)


def _send(kind: Literal["device", "facts", "refusal", "end"], content: bytes = b"") -> None:
    assert _answers is not None
    _answers.write(_LENGTH.pack(("device", "facts", "refusal", "end").index(kind), len(content)) + content)
    _answers.flush()


def _child(work: Callable[[], Iterable[Collected]], writing: int) -> None:
    """Never returns: whatever happens, the child ends here, without the parent's clean-up."""
    global _answers
    import gc

    code = _BROKE
    try:
        gc.enable()
        _limit()
        with os.fdopen(writing, "wb") as _answers:
            refusal = _stream(work)
            if refusal is not None:
                _send("refusal", msgspec.msgpack.encode(refusal))
            _send("end")
        code = 0
    except MemoryError:
        code = _OUT_OF_MEMORY
    except BaseException:  # noqa: BLE001 - a fork must not run on as a second agent
        code = _BROKE
    finally:
        os._exit(code)


def _stream(work: Callable[[], Iterable[Collected]]) -> _Refusal | None:
    """Sends device after device; an error of ours, or of the system's, ends it."""
    try:
        for collected in work():
            _send("facts", msgspec.msgpack.encode(_clean(collected, Collected)))
    except SetapartError as exc:
        return _Refusal(type(exc).__name__, printable(exc.got, 2000), exc.expected, exc.cure)
    except BrokenPipeError:
        raise
    except OSError as exc:
        where = f"{exc.filename!r}: " if exc.filename else ""
        got = printable(f"{where}{exc.strerror}", 2000)
        return _Refusal("SourceError", got, "a source that can be read", "")
    return None


def _limit() -> None:
    """Bounds what the child may take; a system that knows no such limit keeps those of the parsers."""
    import resource

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for limit, most in ((resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_AS, _address_space() + MEMORY)):
        _, hard = resource.getrlimit(limit)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(limit, (bound, hard))
        except (OSError, ValueError):
            continue


def _address_space() -> int:
    """The bytes of address space that this process has now; 0 where nothing tells."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _clean(value: T, kind: type[T]) -> T:
    """The same value; half a surrogate pair, which no encoding can carry, becomes an escape."""
    try:
        msgspec.msgpack.encode(value)
    except UnicodeEncodeError:
        return msgspec.convert(_without_surrogates(msgspec.to_builtins(value)), kind)
    return value


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value


def _kill(child: int) -> None:
    try:
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        return


def _cause(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code == _OUT_OF_MEMORY:
        return "it needs more memory than a worker may have"
    if code == -signal.SIGXCPU:
        return f"it needs more than {CPU_SECONDS} seconds of CPU time"
    return "the worker that read it died" if code < 0 else "the worker that read it broke"


def _dead(noted: DeviceFacts | None, cause: str) -> Collected:
    if noted is None or noted.platform is None:
        raise SourceError(cause, expected="files of a device", cure="look at single files with `setapart-agent parse`")
    rows = tuple(uncovered(section, SYSTEM_PROFILE, INFO.name, Failed(cause)) for section in _SECTIONS)
    return Collected(
        facts=Facts(device=noted, profiles=(Profile(id=SYSTEM_PROFILE, kind="system"),), coverage=rows),
        collectors=(INFO,),
    )
