"""Asking a manager: what is verified, what is bounded, what is asked again and what ends a pull."""

import contextlib
import gzip
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest

from mdm_servers import Asked, Authority, Manager, Said, Watch, always, once, said
from setapart_agent.collectors.mdm.pull import http
from setapart_agent.collectors.mdm.pull.http import AnswerError, Client, ManagerError, retry_after
from setapart_agent.collectors.mdm.pull.settings import Secret
from setapart_agent.collectors.mdm.pull.tokens import StaticToken
from setapart_agent.errors import SourceError
from setapart_evidence import __version__

TOKEN = StaticToken(Secret("t0ken"))
PERMISSION = "the role of an observer"


def fine(asked: Asked) -> Said:
    return said({"fine": True})


@contextmanager
def client(
    manager: Manager, watch: Watch | None = None, *, ca_file: Path | None = None, patience: float = 3600.0
) -> Iterator[Client]:
    clock = (watch or Watch()).clock
    made = Client((manager.url,), ca_file=ca_file, patience=patience, permission=PERMISSION, clock=clock)
    with closing(made):
        yield made


def get(
    manager: Manager, watch: Watch | None = None, *, ca_file: Path | None = None, patience: float = 3600.0
) -> bytes:
    with client(manager, watch, ca_file=ca_file, patience=patience) as one:
        return one.get(f"{manager.url}/x", TOKEN)


def test_an_answer_comes_with_the_token_and_over_one_connection() -> None:
    with Manager(fine) as manager, client(manager) as one:
        assert one.get(f"{manager.url}/x?a=1", TOKEN) == b'{"fine": true}'
        assert one.get(f"{manager.url}/y", TOKEN) == b'{"fine": true}'
    assert manager.paths() == ["/x", "/y"]
    assert {asked.headers["authorization"] for asked in manager.asked} == {"Bearer t0ken"}


def test_a_packed_answer_is_unpacked() -> None:
    with Manager(lambda asked: Said(body=b"[" + b"1," * 1000 + b"1]")) as manager:
        assert get(manager).startswith(b"[1,1,")
    assert manager.asked[0].headers["accept-encoding"] == "gzip"
    assert manager.asked[0].headers["user-agent"] == f"setapart-agent/{__version__} (gzip)"


# Whom to trust --------------------------------------------------------------------------------------------------------


def test_a_private_authority_is_trusted_when_it_is_named(tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    with Manager(fine, tls=ours.server()) as manager:
        assert get(manager, ca_file=ours.file) == b'{"fine": true}'


def test_an_unknown_authority_is_refused_at_once(tmp_path: Path) -> None:
    watch, tls = Watch(), Authority(tmp_path).server()
    with Manager(fine, tls=tls) as manager, pytest.raises(ManagerError, match="not to be trusted"):
        get(manager, watch)
    assert not manager.asked
    assert not watch.waits


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda ours: ours.server(address="192.0.2.1"), "IP address mismatch"),
        (lambda ours: ours.server(expired=True), "certificate has expired"),
        (lambda ours: ours.server(own=True), "self-signed certificate"),
    ],
    ids=["another-host", "expired", "signs-itself"],
)
def test_a_bad_certificate_is_refused_and_no_token_is_sent(
    made: Callable[[Authority], object], why: str, tmp_path: Path
) -> None:
    ours = Authority(tmp_path)
    with Manager(fine, tls=made(ours)) as manager, pytest.raises(ManagerError, match=why):
        get(manager, ca_file=ours.file)
    assert not manager.asked


def test_certificates_are_of_the_named_authority_alone(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path), Authority(tmp_path, "Other CA")
    with Manager(fine, tls=theirs.server()) as manager, pytest.raises(ManagerError, match="not to be trusted"):
        get(manager, ca_file=ours.file)


def test_a_file_without_certificates_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing\n")
    with pytest.raises(SourceError, match="holds no certificates"), Manager(fine) as manager:
        get(manager, ca_file=tmp_path / "ca.pem")


def test_without_urllib3_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "urllib3", None)
    with pytest.raises(SourceError, match=r"pip install 'setapart\[mdm\]'"):
        Client((), ca_file=None, patience=0, permission="", clock=Watch().clock)


# Where requests go ----------------------------------------------------------------------------------------------------


def test_another_host_is_never_asked() -> None:
    with Manager(fine) as other, Manager(fine) as manager, client(manager) as one:
        for url in (f"{other.url}/x", "https://evil.example/x", f"http://127.0.0.1:{manager.port + 1}/"):
            with pytest.raises(ManagerError, match="names another host"):
                one.get(url, TOKEN)
        with pytest.raises(SourceError, match="is no URL of a manager"):
            one.get(f"http://user@127.0.0.1:{manager.port}/", TOKEN)
    assert not other.asked
    assert not manager.asked


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_named(status: int) -> None:
    with Manager(fine) as other, Manager(fine) as manager:
        manager.fail(always(said({}, status, Location=f"{other.url}/x")))
        with pytest.raises(ManagerError, match=r"a redirect to 127\.0\.0\.1"):
            get(manager)
        assert not other.asked


@pytest.mark.parametrize("location", ["http://[::1", "http://", "/elsewhere", "\x7f://", ""])
def test_a_redirect_to_nowhere_is_our_error(location: str) -> None:
    redirect = always(said({}, 302, Location=location))
    with Manager(redirect) as manager, pytest.raises(ManagerError, match="a redirect to another place"):
        get(manager)


# Patience -------------------------------------------------------------------------------------------------------------


def test_throttling_waits_as_long_as_it_is_told() -> None:
    watch = Watch()
    with Manager(fine) as manager:
        manager.fail(once(said({}, 429, Retry_After="17"), said({}, 503, Retry_After="5")))
        assert get(manager, watch) == b'{"fine": true}'
    assert watch.waits == [17.0, 5.0]


def test_throttling_may_name_a_date() -> None:
    watch = Watch()
    with Manager(fine) as manager:
        manager.fail(once(said({}, 429, Retry_After=formatdate(watch.time + 30, usegmt=True))))
        get(manager, watch)
    assert watch.waits == [30.0]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None), ("", None), ("soon", None), ("-3", None), ("1.5", None), ("٣", None), ("0", 0.0), (" 7 ", 7.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0), ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ],
)  # fmt: skip
def test_what_retry_after_says(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, 1_795_000_000.0) == seconds


def test_a_wait_that_nobody_should_sit_through_ends_the_pull() -> None:
    watch = Watch()
    busy = always(said({}, 429, Retry_After="86400"))
    with Manager(busy) as manager, pytest.raises(ManagerError, match="it goes on where it stopped"):
        get(manager, watch)
    assert not watch.waits


def test_patience_is_for_the_whole_run_and_zero_waits_bring_no_endless_loop() -> None:
    watch = Watch()
    with Manager(fine) as manager, client(manager, watch, patience=20.0) as one:
        manager.fail(once(*[said({}, 429, Retry_After="0")] * 12))
        one.get(f"{manager.url}/x", TOKEN)
        manager.fail(always(said({}, 429, Retry_After="0")))
        with pytest.raises(ManagerError, match="it is throttling"):
            one.get(f"{manager.url}/x", TOKEN)
    assert sum(watch.waits) == 20.0


def test_a_failing_server_is_asked_again_after_doubling_waits_and_not_for_ever() -> None:
    watch = Watch(chance=0.5)
    with Manager(always(said({}, 502))) as manager, pytest.raises(AnswerError, match="status 502") as caught:
        get(manager, watch)
    assert watch.waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert (caught.value.status, caught.value.reason) == (502, "the manager answers with status 502")


def test_a_server_that_is_away_ends_the_pull() -> None:
    watch = Watch()
    with Manager(fine) as gone:
        pass
    with pytest.raises(ManagerError, match="can't be asked: no connection") as caught:
        get(gone, watch)
    assert not isinstance(caught.value, AnswerError)
    assert len(watch.waits) == 7


# Who may ask ----------------------------------------------------------------------------------------------------------


class Renewing:
    """A token of which there is a newer one."""

    def __init__(self) -> None:
        self.number = 1

    def header(self) -> str:
        return f"Bearer {self.number}"

    def renew(self) -> bool:
        self.number += 1
        return True


def test_a_refused_token_is_renewed_once() -> None:
    with Manager(fine) as manager, client(manager) as one:
        manager.fail(once(said({}, 401)))
        one.get(f"{manager.url}/x", Renewing())
        assert [asked.headers["authorization"] for asked in manager.asked] == ["Bearer 1", "Bearer 2"]
        manager.fail(always(said({}, 401)))
        with pytest.raises(ManagerError, match="refuses the credentials"):
            one.get(f"{manager.url}/x", Renewing())
        assert len(manager.asked) == 4


def test_a_missing_permission_is_named() -> None:
    with Manager(always(said({}, 403))) as manager, pytest.raises(AnswerError, match=PERMISSION):
        get(manager)


def test_neither_token_nor_address_is_in_an_error() -> None:
    with Manager(fine) as manager, client(manager) as one:
        manager.fail(always(said({}, 400)))
        with pytest.raises(AnswerError) as caught:
            one.get(f"{manager.url}/users/kari@agency.example", TOKEN)
        assert "t0ken" not in f"{caught.value} {caught.value.reason} {TOKEN._secret!r}"
        assert "kari" not in str(caught.value)


# Answers that are none ------------------------------------------------------------------------------------------------


def test_half_an_answer_is_asked_for_again() -> None:
    watch = Watch()
    with Manager(fine) as manager:
        manager.fail(once(Said(body=b'{"fine"', announced=100), Said(pieces=iter([b'{"fi'])), Said(body=b"")))
        with client(manager, watch) as one:
            assert one.get(f"{manager.url}/x", TOKEN) == b""  # a whole answer of no bytes is for whoever decodes it
    assert len(watch.waits) == 2


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 70_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
        b"\x16\x03\x01" + b"\x00" * 600,
    ],
)
def test_what_is_no_http_is_our_error(bytes_sent: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    connection.recv(65_536)
                    connection.sendall(bytes_sent)
                    connection.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        clock = Watch().clock
        origin = f"http://127.0.0.1:{port}"
        one = Client((origin,), ca_file=None, patience=3600, permission="", clock=clock)
        with closing(one), pytest.raises(ManagerError, match="can't be asked"):
            one.get(f"{origin}/x", TOKEN)
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_half_a_gzip_is_asked_for_again() -> None:
    packed = gzip.compress(b"[1, 2, 3]")
    with Manager(fine) as manager:
        manager.fail(
            once(
                Said(body=packed[:-6], headers={"Content-Encoding": "gzip"}),
                Said(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
                Said(body=packed, headers={"Content-Encoding": "gzip"}),
            )
        )
        assert get(manager) == b"[1, 2, 3]"


def test_an_answer_packed_otherwise_is_refused() -> None:
    answers = Manager(lambda asked: Said(body=b"x", headers={"Content-Encoding": "br"}))
    with answers as manager, pytest.raises(AnswerError, match="packed in a way"):
        get(manager)


def test_an_answer_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1_000_000)
    answers = Manager(lambda asked: Said(pieces=itertools.repeat(b" " * 65_536)))
    with answers as manager, pytest.raises(AnswerError, match="more than 1000000 bytes"):
        get(manager)


def test_a_large_answer_that_came_packed_small_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1_000_000)
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    answers = Manager(lambda asked: Said(body=bomb, headers={"Content-Encoding": "gzip"}))
    with answers as manager, pytest.raises(AnswerError, match="more than 1000000 bytes"):
        get(manager)


def test_an_answer_that_trickles_is_given_up() -> None:
    watch = Watch()
    watch.drift = 50.0  # seconds that pass between two looks at the clock
    answers = Manager(lambda asked: Said(pieces=itertools.repeat(b" ")))
    with answers as manager, pytest.raises(ManagerError, match="does not end within 120 seconds"):
        get(manager, watch)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"value": 1}', b"\xff", b"[" * 100_000, b'{"value": [NaN]}'],
    ids=["empty", "half", "list", "number", "bytes", "deep", "nan"],
)  # fmt: skip
def test_what_is_no_such_json_is_our_error(body: bytes) -> None:
    class Wanted(__import__("msgspec").Struct):  # type: ignore[misc,name-defined]
        value: tuple[int, ...]

    with pytest.raises(AnswerError, match="is not a page"):
        http.decode(body, Wanted, "a page")
