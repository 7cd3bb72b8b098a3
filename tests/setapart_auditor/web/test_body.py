"""Bodies that stop on their way, at a real service: whoever sends them keeps nobody else from delivering."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from service import Service
from setapart_auditor.intake.peek import MOST
from web_world import world

HOLDER, PROXY = "127.0.0.2", "127.0.0.3"
"""Other addresses of this machine."""


@contextmanager
def stalled(service: Service, count: int, source: str, head: str = "") -> Iterator[list[socket.socket]]:
    """Requests of the largest size that stop a hundred bytes before their end."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            one = stack.enter_context(
                socket.create_connection(("127.0.0.1", service.port), timeout=20, source_address=(source, 0))
            )
            one.settimeout(2)
            try:
                one.sendall(
                    f"POST /v1/report HTTP/1.1\r\nHost: a\r\n{head}Content-Length: {MOST}\r\n\r\n".encode()
                    + b"x" * (MOST - 100)
                )
            except OSError:
                continue  # refused meanwhile
            found.append(one)
        yield found


def test_an_address_that_stalls_as_much_as_fits_keeps_no_other_from_delivering(tmp_path: Path) -> None:
    with world(tmp_path / "a") as made, stalled(made.service, 18, HOLDER):
        for phone in made.phones:
            assert made.service.ask("/v1/report", phone.report()).status == 200


def test_behind_a_trusted_proxy_the_address_that_it_names_has_the_share(tmp_path: Path) -> None:
    settings = f'\n[serve]\ntrusted_proxies = ["{PROXY}", "127.0.0.1"]\n'
    first, second = ({"X-Forwarded-For": f"192.0.2.{number}"} for number in (1, 2))
    with (
        world(tmp_path / "a", settings=settings) as made,
        stalled(made.service, 1, PROXY, "X-Forwarded-For: 192.0.2.1\r\n"),
        stalled(made.service, 1, PROXY, "X-Forwarded-For: 192.0.2.1\r\n"),
    ):
        padded = made.phones[0].report() + b" " * 200_000
        until = time.monotonic() + 20
        while (refused := made.service.ask("/v1/report", padded, headers=first)).status != 429:
            assert time.monotonic() < until  # what was sent may still be on its way
        assert refused.json["reason"] == "too-many"
        assert int(refused.headers["retry-after"]) > 0
        assert made.service.ask("/v1/report", made.phones[1].report(), headers=second).status == 200


def test_what_was_held_is_given_back_when_the_connection_ends(tmp_path: Path) -> None:
    with world(tmp_path / "a") as made:
        for _ in range(3):
            with stalled(made.service, 2, "127.0.0.1"):
                pass
        assert made.service.ask("/v1/report", made.phones[0].report()).status == 200
