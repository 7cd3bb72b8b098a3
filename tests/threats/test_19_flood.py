"""Threat 19: a flood of the intake. What is too much is told to wait, early; nothing acknowledged is lost."""

import http.client
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from service import make_certificate, serving
from setapart_auditor.intake.peek import MOST
from setapart_auditor.store.schema import evidence
from stores import make_installation
from web_world import World, digest_of, raw_exchange, world

ROOM = 4
FLOODERS = 24
REPORTS = 12
FILES = 600
_QUEUE = f"\n[serve]\nqueue = {ROOM}\nper_address = 10000000\nper_device = 100000\n"


def test_a_flood_is_told_to_wait_while_health_answers_and_nothing_acknowledged_is_lost(
    tmp_path: Path, database_url: str | None
) -> None:
    """The store is held up meanwhile, so that whatever the machine, far more comes than is taken."""
    with world(tmp_path / "a", database_url, devices=FLOODERS, settings=_QUEUE) as made:
        before = resident_kib(made)
        statuses: Counter[int] = Counter()
        acknowledged: dict[str, bytes] = {}
        waits: list[str | None] = []
        lock = threading.Lock()

        def flood(number: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", made.service.port, timeout=60)
            for _ in range(REPORTS):
                raw = made.phones[number].report()
                connection.request("POST", "/v1/report", raw)
                response = connection.getresponse()
                body = response.read()
                with lock:
                    statuses[response.status] += 1
                    if response.status == 200:
                        acknowledged[digest_of(raw).removeprefix("sha256:")] = body
                    else:
                        waits.append(response.getheader("retry-after"))
            connection.close()

        with ThreadPoolExecutor(FLOODERS) as pool:
            with made.installation.store.write():
                running = [pool.submit(flood, number) for number in range(FLOODERS)]
                while statuses[503] < 100:
                    assert made.service.ask("/v1/health").status == 200
                    time.sleep(0.02)
                assert statuses[200] == 0
            for one in running:
                one.result()
        assert set(statuses) == {200, 503}
        assert all(one is not None and int(one) > 0 for one in waits)
        assert made.service.ask("/v1/health").status == 200
        assert resident_kib(made) - before < 64 * 1024
        made.service.kill()
        with made.installation.store.read() as connection:
            stored = {
                row.digest.hex(): row.receipt
                for row in connection.execute(select(evidence.c.digest, evidence.c.receipt))
            }
        assert acknowledged
        assert [one for one, receipt in acknowledged.items() if stored.get(one) != receipt] == []


def test_a_body_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with world(tmp_path / "a") as made:
        said = raw_exchange(
            made.service, f"POST /v1/report HTTP/1.1\r\nHost: a\r\nContent-Length: {MOST + 1}\r\n\r\n".encode()
        )
        assert said.startswith(b"HTTP/1.1 413 ")


def test_a_body_without_an_end_is_cut_at_the_limit(tmp_path: Path) -> None:
    """Chunked: no length is claimed that could be checked."""
    with world(tmp_path / "a") as made:
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        head = b"POST /v1/report HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        with socket.create_connection(("127.0.0.1", made.service.port), 20) as connection:
            sent = 0
            try:
                connection.sendall(head)
                while sent < 2 * MOST:
                    connection.sendall(chunk)
                    sent += len(chunk)
            except ConnectionError:
                pass
        assert sent < 2 * MOST
        assert made.service.ask("/v1/health").status == 200


def test_a_head_without_an_end_is_dropped(tmp_path: Path) -> None:
    with world(tmp_path / "a") as made:
        line = b"X-A: " + b"a" * 1000 + b"\r\n"
        said = raw_exchange(made.service, b"GET /v1/health HTTP/1.1\r\nHost: a\r\n" + line * 200)
        assert not said.startswith(b"HTTP/1.1 200 ")
        assert made.service.ask("/v1/health").status == 200


def test_what_is_no_http_is_refused(tmp_path: Path) -> None:
    with world(tmp_path / "a") as made:
        for sent in (
            b"\x16\x03\x01\x02\x00" * 40,
            b"GET\r\n\r\n",
            b"POST /v1/report HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        ):
            assert raw_exchange(made.service, sent)[:13] in {b"HTTP/1.1 400 ", b""}
        both = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET "
        smuggled = b"POST /v1/report HTTP/1.1\r\nHost: a\r\n" + both
        assert not raw_exchange(made.service, smuggled).startswith(b"HTTP/1.1 200 ")
        assert made.service.ask("/v1/health").status == 200


def resident_kib(made: World) -> int:
    """What the service has in memory."""
    status = Path(f"/proc/{made.service.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.parametrize("secure", [True, False], ids=["https", "http"])
def test_an_address_that_opens_connections_and_says_nothing_keeps_nobody_else_out(tmp_path: Path, secure: bool) -> None:
    """No byte of a handshake or of a request ever comes over any of them, and there are more than files may be open."""
    make_installation(tmp_path / "a").store.close()
    certificate = make_certificate(tmp_path / "tls") if secure else None
    with serving(tmp_path / "a", certificate=certificate, files=FILES) as service, ExitStack() as held:
        for _ in range(FILES + 100):
            held.enter_context(
                socket.create_connection(("127.0.0.1", service.port), 20, source_address=("127.0.0.2", 0))
            )
        began = time.monotonic()
        assert service.ask("/v1/health").status == 200
        assert time.monotonic() - began < 5
