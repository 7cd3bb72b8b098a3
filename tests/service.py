"""A real `setapart-auditor serve`, as a process of its own, on a free port of the loopback interface."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class RunningService:
    """A service that answers."""

    url: str
    folder: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    def get(self, path: str) -> tuple[int, bytes]:
        """Asks for a path. Returns status and body."""
        return _answer(urllib.request.Request(self.url + path))

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Sends a message. Returns status and body."""
        return _answer(urllib.request.Request(self.url + path, body, {"Content-Type": "application/octet-stream"}))

    def stop(self, *, kill: bool = False) -> int:
        """Ends it, as systemd does or as the power does. Returns its exit code."""
        if self.process.poll() is None:
            if kill:
                self.process.kill()
            else:
                self.process.terminate()
        return self.process.wait(60)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, *options: str, port: int | None = None) -> Iterator[RunningService]:
    """Serves an auditor's folder; ends with the block."""
    service = start(folder, *options, port=port)
    try:
        yield service
    finally:
        service.stop()


def start(folder: Path, *options: str, port: int | None = None) -> RunningService:
    """Starts a service and waits until it answers."""
    port = port or free_port()
    log = folder.parent / f"serve-{port}.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "setapart_auditor", "serve", "--dir", folder, "--listen", f"127.0.0.1:{port}"]
            + list(options),
            stdout=file,
            stderr=file,
        )
    service = RunningService(f"http://127.0.0.1:{port}", folder, process, log)
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(log.read_text())
        try:
            if service.get("/v1/health")[0] == 200:
                return service
        except OSError:
            pass
        time.sleep(0.05)
    service.stop(kill=True)
    raise AssertionError(log.read_text())


def _answer(request: urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read()


def reason_of(body: bytes) -> str:
    """The reason in the body of an error."""
    return str(json.loads(body)["reason"])
