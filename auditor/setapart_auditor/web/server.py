"""Running the application: the socket, TLS, the appraiser beside it, and an end in which nothing is lost."""

import datetime as dt
import ipaddress
import json
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import uvicorn

from setapart_auditor.errors import AuditorError
from setapart_auditor.installation import Installation, load_policies
from setapart_auditor.intake.service import Intake
from setapart_auditor.log.checkpoint import make_checkpoint
from setapart_auditor.log.note import NoteError
from setapart_evidence.text import printable

from .app import Service, make_app
from .appraiser import Appraiser
from .watch import StoreWatch

_CHECKPOINT_EVERY = dt.timedelta(minutes=10)


class JsonLines(logging.Formatter):
    """One line of JSON for each event; what came from outside can't break out of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return json.dumps(
            {
                "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
                "level": record.levelname.lower(),
                "from": record.name,
                "message": printable(record.getMessage(), 2000),
                **({"error": printable(str(record.exc_info[1]), 2000)} if record.exc_info else {}),
            }
        )


def serve(installation: Installation, *, listen: str | None, behind_proxy: bool, appraise: bool) -> None:
    """Serves until it is told to end.

    Raises:
        AuditorError: an address that can't be listened on, or a certificate that can't be used.
    """
    settings = installation.settings.serve
    host, port = _address(listen or settings.listen)
    tls = _tls(installation.folder, settings.certificate, settings.key)
    if tls is None and not behind_proxy and not _is_loopback(host):
        raise AuditorError(
            f"plain http on {host}",
            expected="https, or the loopback interface",
            cure="set [serve] certificate and key, or say --behind-proxy",
        )
    bound = _bind(host, port)
    policies = load_policies(installation)
    intake = Intake(installation, policies)
    checkpoints = _Checkpoints(installation)
    watch = StoreWatch(installation.store, checkpoints)
    service = Service(installation, intake, watch)
    _log_as_json()
    config = uvicorn.Config(
        make_app(service),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        limit_concurrency=settings.queue * 4,
        timeout_graceful_shutdown=30,
        lifespan="off",
    )
    config.load()
    if tls is not None:
        config.ssl = tls
    server = _Server(config, f"{'https' if tls else 'http'}://{host}:{bound.getsockname()[1]}")
    appraiser = Appraiser(installation.folder) if appraise else None
    if appraiser is not None:
        appraiser.start()
    intake.start()
    watch.start()
    try:
        server.run(sockets=[bound])
    finally:
        watch.close()
        intake.close()
        if appraiser is not None:
            appraiser.close()
        installation.store.close()


class _Server(uvicorn.Server):
    """Says when it is ready: to people, and to systemd."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends on a signal without raising it again: what has arrived is still to be written."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, self.handle_exit) for one in signals}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen."""
        await super().startup(sockets)
        click.echo(f"serving on {self._url}")
        sys.stdout.flush()
        _notify(b"READY=1")


class _Checkpoints:
    """Signs a checkpoint every few minutes while the log grows."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._next = dt.datetime.now(dt.UTC) + _CHECKPOINT_EVERY

    def __call__(self) -> None:
        """Called after each look at the store."""
        now = dt.datetime.now(dt.UTC)
        if now < self._next:
            return
        self._next = now + _CHECKPOINT_EVERY
        installation = self._installation
        try:
            with installation.store.write() as connection:
                make_checkpoint(connection, installation.authority.signer, installation.settings.log.origin, now)
        except (AuditorError, NoteError) as exc:
            logging.getLogger("setapart.log").warning("no checkpoint: %s", exc)


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:  # noqa: PLR2004
        raise AuditorError(f"--listen {printable(listen, 80)!r}", expected="HOST:PORT, as 127.0.0.1:8440")
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as exc:
        raise AuditorError(
            f"{host}:{port}: {exc.strerror or exc}", expected="an address to listen on", cure="choose another --listen"
        ) from None
    return bound


def _tls(folder: Path, certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise AuditorError("a certificate or a key alone", expected="[serve] certificate and key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(folder / certificate, folder / key)
    except (OSError, ssl.SSLError) as exc:
        raise AuditorError(
            f"a certificate that can't be used: {exc.strerror or exc}",
            expected="a PEM certificate chain and its key",
            where=str(folder / certificate),
        ) from None
    return context


def _log_as_json() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def _notify(state: bytes) -> None:
    """Tells systemd (sd_notify(3)), where it asks to be told."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(state, "\0" + path[1:] if path.startswith("@") else path)
