"""The shipped example for nginx, in Debian's nginx, before real auditors."""

import http.client
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from nginx_server import Nginx, nginx, trusting
from service import Answered, Service, make_certificate
from web_world import Phone, world

pytestmark = pytest.mark.needs("nginx")
ENVELOPE, INVENTORY = 64 * 1024, 8 * 1024 * 1024


@contextmanager
def behind(folder: Path, settings: str = "", *, second: int | None = None) -> Iterator[tuple[Nginx, Service, Phone]]:
    """An auditor behind nginx, twice among its upstreams unless another port is given; a device."""
    lines = f'\n[serve]\ntrusted_proxies = ["127.0.0.1"]\n{settings}'
    with world(folder / "auditor", devices=1, settings=lines) as made:
        port = made.service.port
        with nginx(make_certificate(folder / "tls"), (second or port, port)) as running:
            yield running, made.service, made.phones[0]


def ask(running: Nginx, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answered:
    """One request over TLS."""
    connection = http.client.HTTPSConnection("127.0.0.1", running.port, timeout=60, context=trusting(running.authority))
    try:
        connection.request("GET" if body is None else "POST", path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answered(
            response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        )
    finally:
        connection.close()


def test_a_report_goes_through_and_so_does_the_same_again(tmp_path: Path) -> None:
    with behind(tmp_path) as (running, _, phone):
        raw = phone.report()
        first, again = ask(running, "/v1/report", raw), ask(running, "/v1/report", raw)
    assert first.status == again.status == 200
    assert first.body == again.body
    assert first.headers["strict-transport-security"] == "max-age=31536000"


def test_who_sends_is_who_is_connected_whatever_they_write(tmp_path: Path) -> None:
    with behind(tmp_path, "per_address = 5\n") as (running, service, _):
        forged = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(20)]
        through = [ask(running, "/v1/report", b"x", one) for one in forged]
        # The control: these headers do count where a trusted proxy wrote them.
        direct = [service.ask("/v1/report", b"x", headers=one) for one in forged]
    assert {one.status for one in through} == {400, 429}
    assert {one.status for one in direct} == {400}
    assert all("retry-after" in one.headers for one in through if one.status == 429)


def test_the_largest_message_arrives_and_a_larger_one_does_not_reach_the_auditor(tmp_path: Path) -> None:
    with behind(tmp_path) as (running, _, _):
        largest = b"x" * (ENVELOPE - 1) + b"\n" + os.urandom(INVENTORY)
        assert ask(running, "/v1/report", largest).json["reason"] == "bad-envelope"
        with (
            socket.create_connection(("127.0.0.1", running.port), 30) as plain,
            trusting(running.authority).wrap_socket(plain, server_hostname="127.0.0.1") as secure,
        ):
            secure.sendall(b"POST /v1/report HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (10 * 1024**2))
            assert secure.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_figures_are_not_for_those_who_come_through_the_proxy(tmp_path: Path) -> None:
    with behind(tmp_path) as (running, service, _):
        assert service.ask("/metrics").status == 200
        assert ask(running, "/metrics").status == 404


def test_where_one_auditor_is_gone_the_other_answers(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound and deaf: connections are refused
        taken.bind(("127.0.0.1", 0))
        with behind(tmp_path, second=taken.getsockname()[1]) as (running, _, phone):
            answers = [ask(running, "/v1/report", phone.report()).status for _ in range(6)]
            assert answers == [200] * 6
            assert "Connection refused" in running.log


def test_a_head_that_the_auditor_would_not_take_does_not_reach_it(tmp_path: Path) -> None:
    head = b"GET /v1/health HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 40_000 + b"\r\n\r\n"
    with (
        behind(tmp_path) as (running, _, _),
        socket.create_connection(("127.0.0.1", running.port), 30) as plain,
        trusting(running.authority).wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(head)
        assert secure.recv(65536).startswith(b"HTTP/1.1 400 ")
        assert "too long header" in running.log
