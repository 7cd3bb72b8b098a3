"""Connections are shared fairly, on real sockets with few seats."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.server import ServerState

import setapart_auditor.web.connections as tested
from setapart_auditor.web.connections import FairProtocol, Seats

SEATS = 4
SLOW = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nx"
QUICK = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def _hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """The port of a service with few seats."""
    app = Starlette(routes=[Route("/", _hello, methods=["GET", "POST"])])
    config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False)
    config.load()
    state, seats = ServerState(), Seats(SEATS)

    def protocol() -> FairProtocol:
        return FairProtocol(config=config, server_state=state, app_state={}, seats=seats)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in list(state.connections):
            cast("FairProtocol", one).give_up()
        await asyncio.sleep(0)


async def connected(port: int, source: str, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    found = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    found[1].write(sent)
    await found[1].drain()
    await asyncio.sleep(0.02)
    return found


async def status_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.readline(), 5)
    except ConnectionError:
        return b""


def test_an_address_with_all_the_connections_gives_one_up_for_another_and_none_for_itself() -> None:
    async def play() -> None:
        async with served() as port:
            slow = [await connected(port, "127.0.0.2", SLOW) for _ in range(SEATS)]
            one_more, line = await connected(port, "127.0.0.2", QUICK)
            assert await status_line(one_more) == b""
            line.close()
            other, line = await connected(port, "127.0.0.1", QUICK)
            assert await status_line(other) == b"HTTP/1.1 200 OK\r\n"
            for _, writer in slow:
                writer.close()
            line.close()

    asyncio.run(play())


def test_a_body_that_nobody_reads_ends_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tested, "_BODY_SECONDS", 0.3)

    async def play() -> None:
        async with served() as port:
            reader, writer = await connected(port, "127.0.0.1", SLOW)
            assert await status_line(reader) == b"HTTP/1.1 200 OK\r\n"

            async def drip() -> None:
                while not reader.at_eof():
                    writer.write(b"x")
                    await asyncio.sleep(0.05)

            dripping = asyncio.create_task(drip())
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(reader.readexactly(1_000_000), 5)
            dripping.cancel()
            writer.close()

    asyncio.run(play())


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60))
def test_there_are_never_more_than_fit_and_nobody_is_sent_away_by_who_has_more(steps: list[tuple[str, bool]]) -> None:
    seats = Seats(SEATS)
    there: list[tuple[Any, str]] = []
    for address, arrives in steps:
        if arrives:
            one = object()
            before = Counter(whose for _, whose in there)
            gone = seats.take(cast("Any", one), address)
            there.append((one, address))
            if gone is None:
                assert len(there) <= SEATS
                continue
            assert len(there) == SEATS + 1
            ((left, whose),) = [entry for entry in there if entry[0] is gone]
            assert left is one or before[whose] > before[address] + 1
            assert left is not one or max(before.values()) <= before[address] + 1
        else:
            of_it = [entry for entry in there if entry[1] == address]
            if not of_it:
                continue
            left, whose = of_it[0]
        seats.leave(left, whose)
        seats.leave(left, whose)
        there.remove((left, whose))
