"""The inside of a worker: what makes a fork of the agent harmless, and what it sends home."""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from setapart_agent.collectors.worker import Work, noted
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
from setapart_agent.facts import DeviceFacts
from setapart_evidence.errors import SetapartError
from setapart_evidence.text import printable

OUT_OF_MEMORY = 97
BROKE = 98
_LOOK_AROUND = 2.0
"""Seconds between two looks whether the process that wants the answers is still there."""


class Child:
    """The child's end of the talk; see `worker_frames`."""

    def __init__(self, answers: int, questions: int, *, folder: str | None, parent: int) -> None:
        """Takes the ends of two pipes, where temporary files go, and the id of the process that wants the answers."""
        self._answers = answers
        self._questions = os.fdopen(questions, "rb")
        self._folder = folder
        self._parent = parent
        self._at_device = False

    def run(self, work: Work, *, memory: int, cpu_seconds: int) -> NoReturn:
        """Does the work and ends the process, whatever happens, without the parent's clean-up.

        The pipe closes with the process and not before, so that whoever sees it closed can ask how the process ended.

        Args:
            work: is given a way to ask for a password, and gives device after device.
            memory: bytes of address space beyond what the process has now.
            cpu_seconds: seconds of CPU time.
        """
        code = BROKE
        try:
            self._settle()
            _limit(memory, cpu_seconds)
            noted.append(self._note)
            self._stream(work)
            code = 0
        except MemoryError:
            code = OUT_OF_MEMORY
        except BrokenPipeError:
            self._vanish()
        except BaseException as exc:  # noqa: BLE001 - a fork must not run on as a second agent
            self._send(Broken(place_of(exc)))
        finally:
            os._exit(code)

    def _settle(self) -> None:
        import gc

        gc.freeze()  # what the parent made is not looked through here, and so not copied
        gc.enable()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, self._look_around)
        signal.setitimer(signal.ITIMER_REAL, _LOOK_AROUND, _LOOK_AROUND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        try:
            os.dup2(2, 1)  # what a library prints is no part of the agent's answer
        except OSError:  # the agent has no standard error
            os.dup2(0, 1)
        if self._folder is not None:
            os.environ["TMPDIR"] = self._folder
            if (tempfile := sys.modules.get("tempfile")) is not None:
                tempfile.tempdir = self._folder  # type: ignore[attr-defined]

    def _look_around(self, _signal: int, _frame: object) -> None:
        if os.getppid() != self._parent:
            self._vanish()

    def _vanish(self) -> NoReturn:
        """Ends an orphan: what its parent would have cleaned up goes with it."""
        try:
            remove(self._folder)
        finally:
            os._exit(BROKE)

    def _stream(self, work: Work) -> None:
        """Sends device after device; an error of ours ends it, and so does one of the system at no device yet."""
        try:
            for collected in work(self._ask):
                self._at_device = False
                self._send(collected)
        except SetapartError as exc:
            self._send(Refusal(type(exc).__name__, exc.got, exc.expected, exc.cure, exc.where))
        except OSError as exc:
            if self._at_device or isinstance(exc, BrokenPipeError):
                raise
            where = f"{exc.filename!r}: " if exc.filename else ""
            got = printable(f"{where}{exc.strerror or type(exc).__name__}", 2000)
            self._send(Refusal("SourceError", got, "a source that can be read", "", ""))
        self._send(End())

    def _note(self, device: DeviceFacts) -> None:
        self._at_device = True
        self._send(device)

    def _ask(self) -> str | None:
        self._send(Question())
        for answer in read_values(self._questions):
            return answer.password if isinstance(answer, Answer) else None
        return None

    def _send(self, value: Value) -> None:
        write_value(self._answers, value)


def remove(folder: str | None) -> None:
    """Removes a folder with all that is in it."""
    if folder is None:
        return
    try:
        os.rmdir(folder)  # noqa: PTH106
    except OSError:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)


def place_of(exc: BaseException) -> str:
    """An error's type, and the module and line where it came up: enough to look for it, and nothing of the device."""
    name = type(exc).__name__
    if isinstance(exc, OSError) and exc.errno:
        import errno

        name = f"{name} {errno.errorcode.get(exc.errno, exc.errno)}"
    trace = exc.__traceback__
    if trace is None:
        return name
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{name} at {Path(trace.tb_frame.f_code.co_filename).stem}:{trace.tb_lineno}"


def _limit(memory: int, cpu_seconds: int) -> None:
    """Bounds what this process may take; a system that knows no such limit keeps those of the parsers."""
    import resource

    wanted = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_CPU, cpu_seconds)]
    if (has := _address_space()) is not None:
        wanted.append((resource.RLIMIT_AS, has + memory))
    for limit, most in wanted:
        given, hard = resource.getrlimit(limit)
        bound = min(most, *(one for one in (given, hard, most) if one != resource.RLIM_INFINITY))
        try:
            resource.setrlimit(limit, (bound, hard))
        except (OSError, ValueError):
            continue


def _address_space() -> int | None:
    """The bytes of address space that this process has now; `None` where nothing tells."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
