"""The outside of a worker: forks it, hears it, and knows how it ended."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from setapart_agent.collectors import worker
from setapart_agent.collectors.base import Collected, CollectorInfo, Failed, uncovered
from setapart_agent.collectors.worker import Ask, Work
from setapart_agent.collectors.worker_child import OUT_OF_MEMORY, Child, place_of, remove
from setapart_agent.collectors.worker_frames import (
    Answer,
    Broken,
    End,
    Question,
    Refusal,
    Value,
    read_values,
    write_value,
)
from setapart_agent.errors import AgentError, ParseError, SourceError
from setapart_agent.facts import DeviceFacts, Facts
from setapart_evidence.errors import SetapartError
from setapart_evidence.model import SYSTEM_PROFILE, Profile, Section
from setapart_evidence.text import printable

_GRACE = 1.0
"""Seconds that a worker gets to end by itself: to put the terminal back, or to die of what it is dying of."""
_SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")
_FAMILIES = {family.__name__: family for family in (AgentError, ParseError, SourceError)}
INFO = CollectorInfo(
    name="agent.worker",
    version=1,
    sections=_SECTIONS,
    maturity="captures",
    reads=(),
    modules=tuple(f"setapart_agent.collectors.worker{part}" for part in ("", "_parent", "_child", "_frames")),
)


def run(work: Work, ask: Ask, *, many: bool, forked: bool = True) -> Iterator[Collected]:
    """See `worker.in_worker`."""
    device: DeviceFacts | None = None
    with _Forked(work) if forked and hasattr(os, "fork") else _Here(work, ask) as doer:
        for value in doer.values():
            if isinstance(value, DeviceFacts):
                device = value
            elif isinstance(value, Collected):
                device = None
                yield value
            elif isinstance(value, Question):
                doer.answer(ask())
            elif isinstance(value, Refusal):
                family = _FAMILIES.get(value.family, SourceError)
                raise family(value.got, expected=value.expected, cure=value.cure, where=value.where)
            elif isinstance(value, Broken):
                doer.broken = f" ({printable(value.what, 80)})"
            elif isinstance(value, End):
                return
        cause = doer.cause()
    yield _dead(device, cause)
    if many:
        raise SourceError(f"not every device of this source was read: {cause}", expected="a source that can be read")


class _Forked:
    """The parent's end of a forked child: what it sends, what it is told, and how it ended."""

    def __init__(self, work: Work) -> None:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()  # or the child would have it as well
        self.broken = ""
        self._ended = False
        self._status: int | None = None
        self._folder = _private_folder()
        answers, answers_out = os.pipe()
        questions, questions_out = os.pipe()
        parent = os.getpid()
        try:
            self._child = os.fork()
        except OSError as exc:
            for descriptor in (answers, answers_out, questions, questions_out):
                os.close(descriptor)
            remove(self._folder)
            raise SourceError(f"no worker can be started: {exc.strerror}", cure="try again when more is free") from None
        if not self._child:
            os.close(answers)
            os.close(questions_out)
            child = Child(answers_out, questions, folder=self._folder, parent=parent)
            child.run(work, memory=worker.MEMORY, cpu_seconds=worker.CPU_SECONDS)
        os.close(answers_out)
        os.close(questions)
        self._answers = os.fdopen(answers, "rb")
        self._questions = questions_out

    def __enter__(self) -> Self:
        return self

    def values(self) -> Iterator[Value]:
        """What the child sends, until it ends, dies, or sends what nobody should."""
        return read_values(self._answers)

    def answer(self, password: str | None) -> None:
        """Tells the child what it asked for; a child that is gone need not know."""
        try:
            write_value(self._questions, Answer(password))
        except BrokenPipeError:
            return

    def cause(self) -> str:
        """Why the child ended before it was done."""
        self._reap(_GRACE)
        code = None if self._status is None else os.waitstatus_to_exitcode(self._status)
        if code == OUT_OF_MEMORY:
            return "it needs more memory than a worker may have"
        if code == -signal.SIGXCPU:
            return f"it needs more than {worker.CPU_SECONDS} seconds of CPU time"
        if code is not None and code < 0:
            return f"the worker that read it died ({_name_of(-code)})"
        return f"the worker that read it broke{self.broken}"

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # Ctrl-C reaches the child as well: it may be about to put the terminal back.
            # The interrupt may come up here, or in the consumer, who then leaves the generator.
            interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
            self._reap(3 * _GRACE if interrupted else 0 if kind is None else _GRACE / 4)
        finally:
            self._answers.close()
            os.close(self._questions)
            remove(self._folder)

    def _reap(self, grace: float) -> None:
        """Waits for the child to end by itself, and kills it if it does not: nothing of it stays behind."""
        deadline = time.monotonic() + grace
        try:
            while not self._wait(os.WNOHANG) and time.monotonic() < deadline:
                time.sleep(0.001)
        finally:
            if not self._ended:
                os.kill(self._child, signal.SIGKILL)
                self._wait(0)

    def _wait(self, options: int) -> bool:
        if not self._ended:
            try:
                child, status = os.waitpid(self._child, options)
            except ChildProcessError:  # whoever started us said that nobody waits for children
                self._ended = True
            else:
                self._ended = child != 0
                self._status = status if self._ended else None
        return self._ended


class _Here:
    """The same without a child: of what may happen, only an error that nobody expected can be caught."""

    def __init__(self, work: Work, ask: Ask) -> None:
        self.broken = ""
        self._work = work
        self._ask = ask

    def __enter__(self) -> Self:
        return self

    def values(self) -> Iterator[Value]:
        """What the work gives."""
        devices: list[DeviceFacts] = []
        worker.noted.append(devices.append)
        try:
            for collected in self._work(self._ask):
                devices.clear()
                yield collected
        except SetapartError:
            raise
        except Exception as exc:
            if isinstance(exc, OSError) and not devices:
                raise
            yield from devices[-1:]
            yield Broken(place_of(exc))
        else:
            yield End()
        finally:
            worker.noted.remove(devices.append)

    def answer(self, password: str | None) -> None:
        """Nobody asks this way."""

    def cause(self) -> str:
        """Why the work ended before it was done."""
        return f"the parser that read it broke{self.broken}"

    def __exit__(self, *_: object) -> None:
        return


def _private_folder() -> str | None:
    """A new folder for the child's temporary files: copies of databases, decrypted parts of a backup."""
    for base in (os.environ.get("TMPDIR"), "/tmp", "/var/tmp"):  # noqa: S108 - 0700, and a name that nobody knows
        if base:
            path = f"{base}/setapart-{os.urandom(8).hex()}"
            try:
                os.mkdir(path, 0o700)  # noqa: PTH102
            except OSError:
                continue
            return path
    return None


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _dead(device: DeviceFacts | None, cause: str) -> Collected:
    if device is None or device.platform is None:
        raise SourceError(cause, expected="files of a device", cure="look at single files with `setapart-agent parse`")
    rows = tuple(uncovered(section, SYSTEM_PROFILE, INFO.name, Failed(cause)) for section in _SECTIONS)
    return Collected(
        facts=Facts(device=device, profiles=(Profile(id=SYSTEM_PROFILE, kind="system"),), coverage=rows),
        collectors=(INFO,),
    )
