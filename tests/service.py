"""A real `setapart-auditor serve` process on a free port of this machine, for tests and benches."""

import datetime as dt
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

START_SECONDS = 60
_READY = re.compile(r"serving (\S+) as auditor")


@dataclass(frozen=True)
class Answered:
    """An answer: status, headers by lower-case name, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """A running service. `url` is its address; `authority` the PEM file of the CA that its certificate is of."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    url: str
    log_file: Path
    authority: Path | None = None
    code: int | None = None

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        *,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """One request on a connection of its own; POST if there is a body."""
        connection: http.client.HTTPConnection
        if self.authority is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        else:
            context = ssl.create_default_context(cafile=str(self.authority))
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answered(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        answered = self.ask(path)
        return answered.status, answered.body

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Sends a message. Returns status and body."""
        answered = self.ask(path, body, headers={"Content-Type": "application/octet-stream"})
        return answered.status, answered.body

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Returns once it is healthy."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.ask("/v1/health").status == 200:
                return
            time.sleep(0.05)
        raise AssertionError(f"never healthy: {self.log}")

    def stop(self, how: int = signal.SIGTERM, seconds: float = 60) -> int:
        """Sends a signal and waits. Returns the exit code; minus the signal if that ended it."""
        if self.code is None:
            self.process.send_signal(how)
            self.code = self.process.wait(seconds)
        return self.code

    def kill(self) -> None:
        """Ends it as if the power had failed."""
        self.stop(signal.SIGKILL)

    @property
    def log(self) -> str:
        """What it has written to standard error."""
        return self.log_file.read_text("utf-8", "replace")

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its log, line by line."""
        return [json.loads(line) for line in self.log.splitlines()]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def reason_of(body: bytes) -> str:
    """The reason in the body of a refusal."""
    return str(json.loads(body)["reason"])


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate for this machine, and of the CA that it is of."""

    certificate: Path
    key: Path
    authority: Path


def make_certificate(
    folder: Path, *names: str, expires_at: dt.datetime | None = None, ca: trustme.CA | None = None
) -> Certificate:
    """A certificate, by default for 127.0.0.1 and localhost."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = ca or trustme.CA()
    issued = authority.issue_cert(*(names or ("127.0.0.1", "localhost")), not_after=expires_at)
    made = Certificate(folder / "tls.pem", folder / "tls.key", folder / "ca.pem")
    made.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(made.key))
    authority.cert_pem.write_to_path(str(made.authority))
    return made


def start(
    folder: Path,
    *options: str,
    port: int = 0,
    certificate: Certificate | None = None,
    environment: Mapping[str, str] | None = None,
    files: int | None = None,
) -> Service:
    """Starts a service for an auditor's folder, and waits until it is healthy. Stop it yourself, or use `serving`.

    Args:
        folder: initialised, on either database.
        options: more options of `serve`.
        port: a certain one, as after a restart; by default a free one.
        certificate: to serve https with.
        environment: more variables.
        files: how many it may have open.
    """
    handle, name = tempfile.mkstemp(suffix=".log", prefix="serve-")
    limited = [] if files is None else ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh"]
    more = [] if certificate is None else ["--certificate", certificate.certificate, "--key", certificate.key]
    process = subprocess.Popen(
        [
            *limited, sys.executable, "-m", "setapart_auditor", "serve", "--dir", str(folder),
            "--listen", f"127.0.0.1:{port}", *map(str, more), *options,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=handle,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    os.close(handle)
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    process.stdout.close()
    found = _READY.search(line)
    if found is None:
        code = process.wait(START_SECONDS)
        raise AssertionError(f"serve ended with {code}: {Path(name).read_text()}")
    service = Service(
        folder, process, found[1], Path(name), authority=None if certificate is None else certificate.authority
    )
    try:
        service.wait()
    except BaseException:
        service.kill()
        raise
    return service


@contextmanager
def serving(folder: Path, *options: str, **how: Any) -> Iterator[Service]:
    """A service for the length of a block; arguments as of `start`."""
    service = start(folder, *options, **how)
    try:
        yield service
    finally:
        service.stop()
        service.log_file.unlink(missing_ok=True)


def children_of(pid: int, module: str) -> list[int]:
    """The processes of this module that a service has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            words = path.with_name("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z" and module.encode() in words:
            found.append(int(path.parent.name))
    return found
