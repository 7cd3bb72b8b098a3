import os
import signal
import socket
import time
from pathlib import Path

import pytest

from programs import auditor
from service import children_of, make_certificate, serving, start
from stores import make_installation
from web_world import world


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_installation(tmp_path / "a").store.close()
    return tmp_path / "a"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(folder: Path, how: int) -> None:
    with serving(folder) as service:
        assert service.stop(how) == 0
        assert [one["event"] for one in service.events] == ["ready", "stopped"]


def test_what_is_on_its_way_is_answered_before_the_end(tmp_path: Path) -> None:
    with world(tmp_path / "a") as made:
        raw = made.phones[0].report()
        sent = b"POST /v1/report HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw
        with socket.create_connection(("127.0.0.1", made.service.port), 30) as connection:
            with made.installation.store.write():
                connection.sendall(sent)
                time.sleep(0.3)
                made.service.process.terminate()
                time.sleep(0.3)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert made.service.stop() == 0


def test_it_serves_the_same_port_again_at_once(folder: Path) -> None:
    first = start(folder)
    first.ask("/v1/health")
    first.stop()
    with serving(folder, port=first.port) as second:
        assert second.port == first.port


def test_a_port_that_is_taken_is_said(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ran = auditor("serve", "--dir", folder, "--listen", f"127.0.0.1:{other.getsockname()[1]}")
    assert ran.code == 2
    assert "Address already in use" in ran.err
    assert "--listen" in ran.err


@pytest.mark.parametrize("listen", ["here", "127.0.0.1:99999", ":1", "127.0.0.1:x", "host.invalid:1"])
def test_an_odd_address_is_said(folder: Path, listen: str) -> None:
    ran = auditor("serve", "--dir", folder, "--listen", listen, "--behind-proxy")
    assert ran.code == 2
    assert "can't listen" in ran.err


def test_a_certificate_that_can_not_be_used_is_said(folder: Path, tmp_path: Path) -> None:
    good, other = make_certificate(tmp_path / "1"), make_certificate(tmp_path / "2")
    (tmp_path / "none.pem").write_text("none")
    for certificate, key in (
        (good.certificate, other.key),
        (tmp_path / "none.pem", good.key),
        (tmp_path / "absent.pem", good.key),
    ):
        ran = auditor("serve", "--dir", folder, "--certificate", certificate, "--key", key)
        assert ran.code == 2, ran.err
        assert "Traceback" not in ran.err
    assert auditor("serve", "--dir", folder, "--certificate", good.certificate).code == 2


def test_systemd_is_told_when_it_is_ready_and_when_it_stops(folder: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.settimeout(20)
        with serving(folder, environment={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as service:
            assert told.recv(100) == b"READY=1"
            service.stop()
            assert told.recv(100) == b"STOPPING=1"


def appraisers_of(pid: int) -> list[int]:
    return children_of(pid, "setapart_auditor.web.appraiser")


def eventually(what: object, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


def test_the_appraiser_is_started_again_when_it_dies_and_ends_with_the_service(folder: Path) -> None:
    with serving(folder) as service:
        pid = service.process.pid
        eventually(lambda: appraisers_of(pid))
        (first,) = appraisers_of(pid)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: [one for one in appraisers_of(pid) if one != first and is_alive(one)])
        (second,) = appraisers_of(pid)
        service.kill()
        eventually(lambda: not is_alive(second))
