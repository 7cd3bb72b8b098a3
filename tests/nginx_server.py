"""Debian's nginx in front of auditors, with the example that is shipped: only its ports and files are put in place."""

import os
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from repository import REPOSITORY
from service import Certificate, free_port

EXAMPLE = REPOSITORY / "packaging" / "auditor" / "nginx" / "setapart-auditor.conf"
_AROUND = """daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log info;
events {{ worker_connections 4096; }}
http {{
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	include {folder}/site.conf;
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """A running nginx: its port, the CA that its certificate is of, its folder with error.log."""

    port: int
    authority: Path
    folder: Path

    @property
    def log(self) -> str:
        """What it has written to its error log."""
        return (self.folder / "error.log").read_text("utf-8", "replace")


def site(port: int, certificate: Certificate, auditors: Sequence[int]) -> str:
    """The example for a port, a certificate and the ports of two auditors, all else as it is."""
    text = EXAMPLE.read_text(encoding="utf-8")
    first, second = auditors
    for old, new in (
        ("\tlisten 443 ssl;", f"\tlisten 127.0.0.1:{port} ssl;"),
        ("\tlisten [::]:443 ssl;\n", ""),
        ("/etc/ssl/setapart/chain.pem", str(certificate.certificate)),
        ("/etc/ssl/setapart/key.pem", str(certificate.key)),
        ("server 127.0.0.1:8440 ", f"server 127.0.0.1:{first} "),
        ("server 127.0.0.1:8441 ", f"server 127.0.0.1:{second} "),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextmanager
def nginx(certificate: Certificate, auditors: Sequence[int]) -> Iterator[Nginx]:
    """nginx for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)  # workers are of another user
        (folder / "site.conf").write_text(site(port, certificate, auditors), encoding="utf-8")
        (folder / "nginx.conf").write_text(_AROUND.format(folder=folder), encoding="utf-8")
        path = f"{os.environ.get('PATH', '')}:/usr/sbin"
        process = subprocess.Popen(
            ["nginx", "-c", folder / "nginx.conf", "-e", folder / "error.log"],
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            running = Nginx(port=port, authority=certificate.authority, folder=folder)
            _wait(process, port)
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            assert process.stderr is not None
            process.stderr.close()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            assert process.stderr is not None
            raise AssertionError(f"nginx ended with {process.returncode}: {process.stderr.read().decode()}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("nginx does not listen")


def trusting(authority: Path) -> ssl.SSLContext:
    """A client's TLS."""
    return ssl.create_default_context(cafile=str(authority))
