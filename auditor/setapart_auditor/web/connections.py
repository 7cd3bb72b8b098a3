"""Connections shared fairly: when no more fit, who has most of them gives one up; and no request arrives for ever."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from .body import SECONDS
from .protocol import MOST_CONNECTIONS, BoundedProtocol
from .senders import address_of, counted_as

_BODY_SECONDS = SECONDS + 5
"""Nobody may be reading a body that was refused: what still arrives of it then ends here."""


class Seated(Protocol):
    """What can have a seat."""

    def give_up(self) -> None:
        """Leaves the seat, and drops the connection."""


class Seats:
    """Which address has which connections, the oldest first.

    Args:
        most: connections of all.
    """

    def __init__(self, most: int = MOST_CONNECTIONS) -> None:
        self._most = most
        self._taken = 0
        self._of: dict[str, dict[Seated, None]] = {}

    def take(self, one: Seated, address: str) -> Seated | None:
        """Seats a connection. Returns which one has to go for it: perhaps itself, None if there is room."""
        self._of.setdefault(address, {})[one] = None
        self._taken += 1
        if self._taken <= self._most:
            return None
        greediest = max(self._of.values(), key=len)
        return next(iter(greediest)) if len(greediest) > len(self._of[address]) else one

    def leave(self, one: Seated, address: str) -> None:
        """A connection's end; a second time it is none."""
        there = self._of.get(address, {})
        if one in there:
            del there[one]
            self._taken -= 1
            if not there:
                del self._of[address]


class FairProtocol(BoundedProtocol):
    """A bounded connection that has a seat, and a time for its request's body even if nobody reads that."""

    def __init__(self, *args: Any, seats: Seats, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's
        super().__init__(*args, **kwargs)
        self._seats = seats
        self._address = ""
        self._body_timer: asyncio.TimerHandle | None = None
        self._leave_former: Callable[[], None] | None = None

    def follow(self, leave: Callable[[], None]) -> None:
        """Takes over from a handshake, which leaves its seat when this one takes its own."""
        self._leave_former = leave

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A connection: seated, if need be in place of another."""
        peer = transport.get_extra_info("peername")
        self._address = counted_as(address_of(str(peer[0]))) if peer else ""
        if self._leave_former is not None:
            self._leave_former()
            self._leave_former = None
        gone = self._seats.take(self, self._address)
        if gone is not None and gone is not self:
            gone.give_up()
        super().connection_made(transport)
        if gone is self:
            self.give_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection's end."""
        self._seats.leave(self, self._address)
        self._stop_body_timer()
        super().connection_lost(exc)

    def give_up(self) -> None:
        """Leaves the seat, and drops the connection: an agent comes again."""
        self._seats.leave(self, self._address)
        self.connections.discard(self)
        self._drop()

    def on_headers_complete(self) -> None:
        """The head is here: the body has its time."""
        super().on_headers_complete()
        self._stop_body_timer()
        self._body_timer = self.loop.call_later(_BODY_SECONDS, self._drop)

    def on_message_complete(self) -> None:
        """The body is here."""
        self._stop_body_timer()
        super().on_message_complete()

    def _stop_body_timer(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None
