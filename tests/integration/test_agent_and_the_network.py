"""The agent as typed between an auditor and whatever else answers: portals, proxies, private CAs, swapped policies."""

import datetime as dt
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import small_auditor
from confined import confined_agent
from enrolling import Office
from programs import Ran, agent
from service import Certificate, Service, make_certificate, serving
from setapart_agent.membership import BUNDLE_FILE, enrolled, read_membership
from setapart_agent.spool import Spool
from setapart_evidence.enrolment import Token
from setapart_evidence.keys import Ed25519Signer
from small_auditor import Scripted, SmallAuditor
from stores import make_installation

PORTALS = {
    "page": Scripted(200, b"<html>Welcome! Sign in to this network</html>", {"Content_Type": "text/html"}),
    "redirect": Scripted(302, b"", {"Location": "http://portal.example/login"}),
    "511": Scripted(511, b"<html>sign in</html>", {"Content_Type": "text/html"}),
    "403": Scripted(403, b"<html>blocked by policy</html>", {"Content_Type": "text/html"}),
    "json": Scripted(200, b'{"ok": true}', {"Content_Type": "application/json"}),
    "empty": Scripted(200),
    "another-json": Scripted(409, b'{"error": {"message": "conflict"}}', {"Content_Type": "application/json"}),
}


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def known() -> Iterator[SmallAuditor]:
    with small_auditor.small_auditor() as found:
        yield found


@pytest.fixture
def disk(tmp_path: Path) -> str:
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "root" / "etc" / "machine-id").write_text("0" * 32)
    return f"root:{tmp_path / 'root'}"


def is_one_line(ran: Ran) -> bool:
    return ran.code == 2 and len(ran.err.splitlines()) == 1 and ran.err.startswith("setapart-agent: ")


@pytest.mark.parametrize("portal", PORTALS)
def test_a_captive_portal_enrols_nobody_and_costs_no_token(tmp_path: Path, known: SmallAuditor, portal: str) -> None:
    home = tmp_path / "agent"
    known.script.append(PORTALS[portal])
    ran = agent("enrol", known.token.spelled(), "--dir", home)
    assert is_one_line(ran), ran.err
    assert known.token.secret.hex() not in ran.out + ran.err
    ran = agent("enrol", "--dir", home)  # the portal is gone: the same request
    assert ran.code == 0, ran.err
    assert enrolled(home).is_enrolled


@pytest.mark.parametrize("portal", PORTALS)
def test_a_captive_portal_takes_no_report(tmp_path: Path, known: SmallAuditor, disk: str, portal: str) -> None:
    home = tmp_path / "agent"
    assert agent("enrol", known.token.spelled(), "--dir", home).code == 0
    assert agent("keygen", "--output", home / "station.pem").code == 0
    known.script.extend([PORTALS[portal]] * 2)  # for the question before, and for the report
    ran = agent("report", "--dir", home, "--source", disk)
    assert (ran.code, ran.err) == (3, "")
    assert len(Spool(home).reports()) == 1
    known.script.clear()
    assert agent("deliver", "--dir", home, "--now").code == 0
    assert (len(known.taken), Spool(home).reports(), Spool(home).rejected()) == (1, (), ())


SWAPPED = {
    "rollback": Scripted(body=small_auditor.bundle(1)),
    "expired": Scripted(body=small_auditor.bundle(9, expires_at=small_auditor.NOW)),
    "another-authority": Scripted(body=small_auditor.bundle(9, signer=Ed25519Signer(bytes(range(9, 41))))),
    "huge": Scripted(body=b"x" * (5 * 1024 * 1024)),
    **{f"portal-{name}": portal for name, portal in PORTALS.items()},
}


@pytest.mark.parametrize("swapped", SWAPPED)
def test_whatever_comes_in_place_of_a_policy_the_one_that_is_here_stays_and_status_says_why(
    tmp_path: Path, known: SmallAuditor, swapped: str
) -> None:
    home = tmp_path / "agent"
    known.bundle = small_auditor.bundle(2)
    assert agent("enrol", known.token.spelled(), "--dir", home).code == 0
    known.bundle = small_auditor.bundle(3)
    assert agent("report", "--dir", home, "--no-deliver").code == 0
    (report,) = Spool(home).reports()
    known.now += dt.timedelta(minutes=1)
    known.script.extend([Scripted(body=known.receipt_of(report.path.read_bytes())), SWAPPED[swapped]])
    assert agent("deliver", "--dir", home).code == 0
    assert (home / BUNDLE_FILE).read_bytes() == small_auditor.bundle(2)
    told = json.loads(agent("status", "--dir", home, "--json").out)
    assert told["bundle"] == 2
    assert len(told["problems"]) == 2  # another one is named, and why it is not here
    assert agent("report", "--dir", home).code == 0
    assert (home / BUNDLE_FILE).read_bytes() == known.bundle


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path / "tls")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = make_installation(tmp_path / "auditor")
    yield Office(made)
    made.store.close()


def token_of(office: Office, url: str, name: str = "desk", **choices: object) -> Token:
    now = dt.datetime.now(dt.UTC)
    device = office.add(name)
    return office.issue(**({"device": device, "url": url, "now": now} | choices))


@contextmanager
def tls(office: Office, certificate: Certificate) -> Iterator[Service]:
    with serving(office.installation.folder, "--no-appraiser", certificate=certificate) as service:
        yield service


def test_a_private_ca_is_believed_by_the_variable_and_nobody_else_without_it(
    tmp_path: Path, office: Office, certificate: Certificate
) -> None:
    home = tmp_path / "agent"
    believing = {"SSL_CERT_FILE": str(certificate.authority)}
    strange = {"SSL_CERT_FILE": str(make_certificate(tmp_path / "other").authority)}
    with tls(office, certificate) as service:
        token = token_of(office, f"https://localhost:{service.port}").spelled()
        ran = confined_agent("enrol", token, "--dir", home, environment=strange)
        assert is_one_line(ran), ran.err
        assert "--ca FILE" in ran.err
        ran = confined_agent("enrol", "--dir", home, environment=believing)
        assert ran.code == 0, ran.err
        ran = confined_agent("report", "--dir", home, environment=strange)
        assert ran.code == 3
        assert "its certificate is not accepted" in ran.out
        assert len(Spool(home).reports()) == 1
        ran = confined_agent("deliver", "--now", "--dir", home, environment=believing)
        assert (ran.code, Spool(home).reports()) == (0, ()), ran.err


@contextmanager
def connect_proxy() -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that knows CONNECT alone: its port, and the first lines that it was asked."""
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)

    def handle(client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            asked.append(head.partition(b"\r\n")[0])
            host, _, port = head.split()[1].decode().rpartition(":")
            with socket.create_connection((host, int(port)), timeout=20) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(server, client))
                back.start()
                pump(client, server)
                back.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_through_the_proxy_of_the_environment_an_agent_enrols_and_reports(
    tmp_path: Path, office: Office, certificate: Certificate
) -> None:
    home = tmp_path / "agent"
    with tls(office, certificate) as service, connect_proxy() as (port, asked):
        through = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
        spelled = token_of(office, f"https://localhost:{service.port}").spelled()
        ran = confined_agent("enrol", spelled, "--ca", certificate.authority, "--dir", home, environment=through)
        assert ran.code == 0, ran.err
        ran = confined_agent("report", "--dir", home, environment=through)
        assert ran.code == 0, ran.out + ran.err
        assert {line.rpartition(b" ")[0] for line in asked} == {f"CONNECT localhost:{service.port}".encode()}
        before = len(asked)
        ran = confined_agent("deliver", "--dir", home, environment={**through, "NO_PROXY": "localhost"})
        assert (ran.code, len(asked)) == (0, before)
        nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1"}
        ran = confined_agent("report", "--dir", home, environment=nowhere)
        assert ran.code == 3
        assert "by proxy 127.0.0.1" in ran.out


def test_a_token_that_is_over_or_is_used_up_is_refused_in_a_line_and_another_one_works(
    tmp_path: Path, office: Office
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    now = dt.datetime.now(dt.UTC)
    with serving(office.installation.folder, "--no-appraiser") as service:
        expired = token_of(office, service.url, "old", now=now - dt.timedelta(days=30)).spelled()
        ran = agent("enrol", expired, "--dir", first)
        assert is_one_line(ran), ran.err
        assert expired not in ran.err
        assert read_membership(first) is None
        good = token_of(office, service.url).spelled()
        assert agent("enrol", good, "--dir", first).code == 0
        assert is_one_line(agent("enrol", good, "--dir", second))
        assert read_membership(second) is None


def test_a_token_of_another_auditor_enrols_at_none(tmp_path: Path, office: Office) -> None:
    other = make_installation(tmp_path / "other")
    try:
        with serving(office.installation.folder, "--no-appraiser") as service:
            token = token_of(Office(other), service.url).spelled()
            ran = agent("enrol", token, "--dir", tmp_path / "agent")
        assert is_one_line(ran), ran.err
    finally:
        other.store.close()


def test_an_auditor_that_is_not_there_is_named_in_a_line(tmp_path: Path, known: SmallAuditor) -> None:
    token = small_auditor.Token(secret=small_auditor.SECRET, auditor=known.token.auditor, url="http://127.0.0.1:1")
    ran = agent("enrol", token.spelled(), "--dir", tmp_path / "agent")
    assert is_one_line(ran), ran.err
    assert "127.0.0.1:1" in ran.err
