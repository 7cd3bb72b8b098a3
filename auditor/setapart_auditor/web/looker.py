"""The looker: asks the process that looks for officers. It starts with the first call, and again when it has died."""

import asyncio
import contextlib
import itertools
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import msgspec

from setapart_auditor.frames import LENGTH_BYTES, frame
from setapart_auditor.looks.asks import Call

from . import events
from .looking import Told

_MOST_WAITING = 64
_ANSWER_SECONDS = 30.0
_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_STOP_SECONDS = 20.0


class LookerBusyError(Exception):
    """More wait than are let wait, or the process has died."""


class Looker:
    """Use it on one event loop, and close it there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Told]] = {}
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._pause = _SHORTEST_PAUSE
        self._not_before = 0.0
        self._heard_at = 0.0

    async def ask(self, call: Call) -> Told:
        """The answer to a call; its number is given here.

        Raises:
            LookerBusyError: too many wait, or the process can't be had.
            TimeoutError: no answer within thirty seconds.
        """
        if len(self._waiting) >= _MOST_WAITING:
            raise LookerBusyError
        number = next(self._numbers)
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                process = await self._running()
                assert process.stdin is not None
                if process.stdin.is_closing():  # it has died, and that was not noticed yet: uvloop raises on a write
                    raise LookerBusyError
                process.stdin.write(frame(msgspec.structs.replace(call, no=number)))
                return await answer
        except TimeoutError:
            self._end_if_stuck()
            raise
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        """Lets the process finish what it is at, and ends it."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if self._reading is not None:
            await self._reading

    async def _running(self) -> Process:
        async with self._lock:
            if self._process is None:
                if asyncio.get_running_loop().time() < self._not_before:
                    raise LookerBusyError
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        sys.executable, "-P", "-m", "setapart_auditor.web.looking", str(self._folder.absolute()),
                        stdin=PIPE, stdout=PIPE,
                    )  # fmt: skip
                except OSError as exc:
                    events.failed("the process that looks for officers can't be started", exc)
                    self._wait_a_while()
                    raise LookerBusyError from None
                self._heard_at = asyncio.get_running_loop().time()
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        decode = msgspec.msgpack.Decoder(Told).decode
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
                told = decode(await process.stdout.readexactly(length))
                self._pause = _SHORTEST_PAUSE
                self._heard_at = asyncio.get_running_loop().time()
                answer = self._waiting.get(told.no)
                if answer is not None and not answer.done():
                    answer.set_result(told)
        code = await process.wait()
        self._process = None
        if code:
            events.warn("the process that looks for officers has ended, and is started again", code=code)
            self._wait_a_while()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LookerBusyError())

    def _end_if_stuck(self) -> None:
        """Ends a process that has told nobody anything for as long as an answer may take."""
        silent = asyncio.get_running_loop().time() - self._heard_at
        if self._process is not None and silent >= _ANSWER_SECONDS:
            self._process.kill()

    def _wait_a_while(self) -> None:
        self._not_before = asyncio.get_running_loop().time() + self._pause
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
