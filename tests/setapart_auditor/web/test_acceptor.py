"""TLS connections have a seat before their handshake, and a time for it: real sockets, the service's own loop."""

import asyncio
import resource
import socket
import ssl
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from uvicorn.server import ServerState

import setapart_auditor.web.acceptor as tested
from service import Certificate, make_certificate
from setapart_auditor.web.acceptor import Acceptor
from setapart_auditor.web.connections import FairProtocol, Seats
from setapart_auditor.web.server import tls_context

SEATS = 3
QUICK = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def _scheme(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.scheme)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@asynccontextmanager
async def served(certificate: Certificate) -> AsyncIterator[tuple[int, Seats]]:
    config = uvicorn.Config(Starlette(routes=[Route("/", _scheme)]), log_config=None, lifespan="off", access_log=False)
    config.load()
    state, seats = ServerState(), Seats(SEATS)

    def protocol() -> FairProtocol:
        return FairProtocol(config=config, server_state=state, app_state={}, seats=seats)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Acceptor(listener, tls_context(certificate.certificate, certificate.key), protocol, seats)
        try:
            yield listener.getsockname()[1], seats
        finally:
            server.close()
            await server.wait_closed()
            for one in list(state.connections):
                cast("FairProtocol", one).give_up()
            await asyncio.sleep(0)


async def silent(port: int, source: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    found = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    await asyncio.sleep(0.02)
    return found


async def asked(port: int, source: str, certificate: Certificate) -> bytes:
    """The answer to one request over TLS."""
    context = ssl.create_default_context(cafile=str(certificate.authority))
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(source, 0), ssl=context, server_hostname="localhost"
    )
    writer.write(QUICK)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


async def is_dropped(reader: asyncio.StreamReader, seconds: float = 5) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), seconds) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(coroutine)


def test_who_shakes_hands_is_served_as_over_tls_and_has_one_seat(certificate: Certificate) -> None:
    async def play() -> None:
        async with served(certificate) as (port, seats):
            for _ in range(SEATS * 3):
                assert (await asked(port, "127.0.0.1", certificate)).endswith(b"\r\n\r\nhttps")
            await asyncio.sleep(0.1)
            assert [seats.take(cast("Any", object()), "192.0.2.1") for _ in range(SEATS)] == [None] * SEATS

    run(play())


def test_handshakes_that_are_not_finished_have_seats_and_give_one_up_for_another_address(
    certificate: Certificate,
) -> None:
    async def play() -> None:
        async with served(certificate) as (port, _):
            held = [await silent(port, "127.0.0.2") for _ in range(SEATS)]
            one_more, line = await silent(port, "127.0.0.2")
            assert await is_dropped(one_more)
            line.close()
            assert (await asked(port, "127.0.0.1", certificate)).startswith(b"HTTP/1.1 200 OK\r\n")
            assert await is_dropped(held[0][0])
            assert not await is_dropped(held[1][0], 0.2)
            for _, writer in held:
                writer.close()

    run(play())


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n"], ids=["nothing", "a part", "plain"])
def test_a_handshake_has_a_time_and_leaves_its_seat(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(tested, "HANDSHAKE_SECONDS", 0.3)

    async def play() -> None:
        async with served(certificate) as (port, seats):
            for _ in range(SEATS):
                reader, writer = await silent(port, "127.0.0.2")
                writer.write(sent)
                assert await is_dropped(reader)
                writer.close()
            assert [seats.take(cast("Any", object()), "192.0.2.1") for _ in range(SEATS)] == [None] * SEATS

    run(play())


def test_an_end_does_not_wait_for_handshakes(certificate: Certificate) -> None:
    async def play() -> None:
        async with served(certificate) as (port, _):
            held = [await silent(port, "127.0.0.2") for _ in range(SEATS)]
            began = time.monotonic()
        assert time.monotonic() - began < 5
        for reader, writer in held:
            assert await is_dropped(reader)
            writer.close()

    run(play())


def test_where_no_more_files_can_be_opened_it_tries_again(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tested, "_PAUSE_SECONDS", 0.05)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def play() -> None:
        async with served(certificate) as (port, _):
            with socket.socket() as client:
                client.setblocking(False)
                lowest = client.fileno() + 1
                resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
                try:
                    await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", port))
                    await asyncio.sleep(0.3)
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                assert (await asked(port, "127.0.0.1", certificate)).startswith(b"HTTP/1.1 200 OK\r\n")

    run(play())
