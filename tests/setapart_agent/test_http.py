"""The connection to the auditor, against real sockets that lie, dribble, break off and stand in the middle."""

import base64
import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from service import make_certificate
from setapart_agent.errors import AgentError, NetworkError, RefusedError, TrustError
from setapart_agent.http import Client
from small_auditor import Scripted, refusal, small_auditor

Serve = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def listening(serve: Serve, *, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Handles each connection in a thread; whatever breaks there is the client's to notice."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def handle(raw: socket.socket) -> None:
        with raw, suppress(OSError):
            if context is None:
                serve(raw)
                return
            with context.wrap_socket(raw, server_side=True) as wrapped:
                serve(wrapped)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=handle, args=(connection,))
            thread.start()
            threads.append(thread)

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for thread in threads:
            thread.join()


def read_request(connection: socket.socket) -> bytes:
    raw = b""
    while b"\r\n\r\n" not in raw and (more := connection.recv(65536)):
        raw += more
    head, _, body = raw.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length and (more := connection.recv(65536)):
        body += more
    return head


def answering(raw: bytes) -> Serve:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(raw)

    return serve


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def ask(url: str, body: bytes = b"hello", *, seconds: float = 10, ca: Path | None = None, most: int = 1000) -> bytes:
    client = Client(url, ca_file=ca, seconds=seconds)
    try:
        return client.post("/v1/report", body, most=most)
    finally:
        client.close()


def context_of(folder: Path, *names: str, expires_at: dt.datetime | None = None) -> tuple[ssl.SSLContext, Path]:
    made = make_certificate(folder, *names, expires_at=expires_at)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context, made.authority


def test_a_private_ca_that_was_named_vouches(tmp_path: Path) -> None:
    context, ca = context_of(tmp_path)
    with listening(answering(OK), context=context) as port:
        assert ask(f"https://127.0.0.1:{port}", ca=ca) == b"ok"


def test_another_ca_an_expired_certificate_and_another_name_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        seen.append(read_request(connection))

    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    for name, expires_at, trusted in (
        ("127.0.0.1", None, other),
        ("127.0.0.1", None, None),  # the system's own list
        ("127.0.0.1", yesterday, ...),
        ("elsewhere.example", None, ...),
    ):
        context, ca = context_of(tmp_path / "x", name, expires_at=expires_at)
        with listening(serve, context=context) as port:
            chosen = ca if trusted is ... else trusted
            with pytest.raises(TrustError, match="its certificate is not accepted"):
                ask(f"https://127.0.0.1:{port}", ca=chosen)  # type: ignore[arg-type]
    assert not any(seen)


def test_a_certificate_that_signs_itself_is_refused(tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    pem = built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "x.pem").write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "x.pem")
    with listening(answering(OK), context=context) as port, pytest.raises(TrustError):
        ask(f"https://localhost:{port}")


def test_no_redirect_is_followed() -> None:
    with small_auditor() as auditor:
        auditor.script.append(Scripted(307, headers={"Location": auditor.url + "/v1/elsewhere"}))
        with pytest.raises(RefusedError, match="redirect"):
            ask(auditor.url)
        assert auditor.asked == ["/v1/report"]


def test_an_answer_that_is_too_large_is_not_read_to_its_end() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(OSError):
            for _ in range(10_000):
                connection.sendall(b"x" * 65536)

    before = time.monotonic()
    with listening(serve) as port, pytest.raises(NetworkError, match="more than 1000 bytes"):
        ask(f"http://127.0.0.1:{port}")
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n",
    ],
    ids=["nothing", "half", "half-a-chunk", "no-http", "many-headers", "cut-head"],
)
def test_whatever_breaks_off_ends_in_our_error(raw: bytes) -> None:
    with listening(answering(raw)) as port, pytest.raises(NetworkError):
        ask(f"http://127.0.0.1:{port}")


def test_an_answer_that_dribbles_ends_by_the_deadline() -> None:
    def serve(connection: socket.socket) -> None:
        read_request(connection)
        with suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b"x")
                time.sleep(0.02)

    before = time.monotonic()
    with listening(serve) as port:
        with pytest.raises(NetworkError, match="no answer within"):
            ask(f"http://127.0.0.1:{port}", seconds=0.3)
        assert time.monotonic() - before < 2


def test_nobody_there_is_our_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NetworkError, match="refused"):
            ask(f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(NetworkError):
        ask(f"https://{'x' * 70}.example")


def test_a_connection_is_kept_and_made_anew_when_the_auditor_has_closed_it() -> None:
    connections = []

    def serve(connection: socket.socket) -> None:
        connections.append(1)
        for _ in range(2):
            read_request(connection)
            connection.sendall(OK.replace(b"Connection: close\r\n", b""))

    with listening(serve) as port:
        client = Client(f"http://127.0.0.1:{port}")
        assert [client.post("/x", b"1") for _ in range(5)] == [b"ok"] * 5
        client.close()
    assert len(connections) == 3


def test_a_refusal_says_what_the_auditor_said_and_nothing_can_steer_a_terminal() -> None:
    with small_auditor() as auditor:
        auditor.script.append(refusal(503, "full", Retry_After="7"))
        auditor.script.append(Scripted(400, b'{"reason": "bad-\\u001b[2J", "got": "\\u001b]0;x\\u0007"}'))
        auditor.script.append(Scripted(502, b"<html>proxy</html>"))
        found = []
        for _ in range(3):
            with pytest.raises(RefusedError) as caught:
                ask(auditor.url)
            found.append(caught.value)
    assert (found[0].status, found[0].reason, found[0].retry_after) == (503, "full", 7.0)
    assert "\x1b" not in str(found[1]) + found[1].reason
    assert (found[2].status, found[2].reason) == (502, "")


def connect_proxy(seen: list[bytes], refuse: bytes = b"") -> Serve:
    """A small proxy for CONNECT: joins two connections."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve(connection: socket.socket) -> None:
        head = read_request(connection)
        seen.append(head)
        if refuse:
            connection.sendall(refuse)
            return
        host, _, port = head.split()[1].decode().partition(":")
        with socket.create_connection((host, int(port))) as onward:
            connection.sendall(b"HTTP/1.1 200 go on\r\n\r\n")
            back = threading.Thread(target=pump, args=(onward, connection))
            back.start()
            pump(connection, onward)
            back.join()

    return serve


def test_the_proxy_of_the_environment_is_used_with_its_password_and_sees_no_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, ca = context_of(tmp_path)
    seen: list[bytes] = []
    with listening(answering(OK), context=context) as port, listening(connect_proxy(seen)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://us%40er:p%3Ass@127.0.0.1:{proxy}")
        assert ask(f"https://localhost:{port}", ca=ca) == b"ok"
        assert b"CONNECT localhost:%d" % port in seen[0]
        assert b"Basic " + base64.b64encode(b"us@er:p:ss") in seen[0]
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert ask(f"https://localhost:{port}", ca=ca) == b"ok"
    assert len(seen) == 1


def test_a_proxy_that_refuses_or_stands_in_the_middle_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    with listening(connect_proxy(seen, b"HTTP/1.1 407 who are you\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@127.0.0.1:{proxy}")
        with pytest.raises(NetworkError, match="407") as caught:
            ask("https://auditor.example")
        assert "secret" not in str(caught.value)
    monkeypatch.setenv("HTTPS_PROXY", "socks5://u:secret@127.0.0.1:1")
    with pytest.raises(AgentError, match="a proxy that can't be used") as refused:
        ask("https://auditor.example")
    assert "secret" not in str(refused.value)


def test_a_file_without_a_certificate_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("nothing")
    for path in (tmp_path / "ca", tmp_path / "absent", tmp_path):
        with pytest.raises(AgentError):
            Client("https://auditor.example", ca_file=path)
