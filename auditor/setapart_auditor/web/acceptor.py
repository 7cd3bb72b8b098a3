"""Accepting TLS connections: each has a seat from its first moment on, and a time for its handshake.

The loop's own server knows of a connection once its handshake is done: whoever opens thousands and never shakes hands
would have all of them, without a seat.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

from .connections import FairProtocol, Seats
from .senders import address_of, counted_as

HANDSHAKE_SECONDS = 15.0
_AT_ONCE = 100
_PAUSE_SECONDS = 0.2
"""Until the next try, where no more files can be opened."""


class Handshake:
    """A connection that has a seat and is not a request's yet; `give_up` ends it."""

    def __init__(self, seats: Seats, address: str) -> None:
        self.address = address
        self._seats = seats
        self._task: asyncio.Task[None] | None = None

    def begin(self, task: "asyncio.Task[None]") -> None:
        """Says what to end when it has to go."""
        self._task = task

    def leave(self) -> None:
        """The seat is free: the connection's protocol takes its own, or there is no connection any more."""
        self._seats.leave(self, self.address)

    def give_up(self) -> None:
        """Leaves the seat, and drops the connection."""
        self.leave()
        if self._task is not None:
            self._task.cancel()


class Acceptor:
    """A server of one listening socket.

    Args:
        listener: bound and listening; whoever made it closes it.
        context: TLS.
        make: makes the protocol of a connection.
        seats: shared with the protocols.
    """

    def __init__(
        self, listener: socket.socket, context: ssl.SSLContext, make: Callable[[], FairProtocol], seats: Seats
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listener, self._context, self._make, self._seats = listener, context, make, seats
        self._tasks: set[asyncio.Task[None]] = set()
        self._again: asyncio.TimerHandle | None = None
        listener.settimeout(0)
        self._listen()

    def close(self) -> None:
        """Accepts no more, and ends what has not shaken hands."""
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._listener)
        for one in self._tasks:
            one.cancel()

    async def wait_closed(self) -> None:
        """Waits for the ends of handshakes."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _listen(self) -> None:
        self._again = None
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                taken, peer = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._loop.remove_reader(self._listener)
                self._again = self._loop.call_later(_PAUSE_SECONDS, self._listen)
                return
            self._seat(taken, counted_as(address_of(str(peer[0]))))

    def _seat(self, taken: socket.socket, address: str) -> None:
        handshake = Handshake(self._seats, address)
        gone = self._seats.take(handshake, address)
        if gone is handshake:
            handshake.leave()
            taken.close()
            return
        if gone is not None:
            gone.give_up()
        task = self._loop.create_task(self._shake(taken, handshake))
        handshake.begin(task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shake(self, taken: socket.socket, handshake: Handshake) -> None:
        def make() -> FairProtocol:
            made = self._make()
            made.follow(handshake.leave)
            return made

        taken.settimeout(0)
        try:
            with contextlib.suppress(OSError):
                await self._loop.connect_accepted_socket(
                    make, taken, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS
                )
        finally:
            handshake.leave()
