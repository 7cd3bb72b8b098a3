"""The running server: sockets, TLS, signals, and an orderly end."""

import contextlib
import errno
import gc
import os
import resource
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from setapart_auditor.errors import AuditorError
from setapart_evidence.text import printable

from .acceptor import Acceptor
from .connections import FairProtocol, Seats
from .protocol import MOST_CONNECTIONS

_DRAIN_SECONDS = 20
_IDLE_SECONDS = 15
_BACKLOG = 2048
_COLLECT = (1000, 10, 50)
"""Of the garbage collector; the last number is five times the usual one."""
_HIGHEST_PORT = 65_535
_OTHER_FILES = 1000
"""Of the database, of processes beside this one, and the like."""


class Server(uvicorn.Server):
    """uvicorn that says when it is ready, and ends with 0 when it is told to."""

    def __init__(self, app: Starlette, context: ssl.SSLContext | None, ready: Callable[[], None]) -> None:
        self._context = context
        self._seats = Seats(_seats())
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=partial(FairProtocol, seats=self._seats),  # type: ignore[arg-type] # called, and no more
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_DRAIN_SECONDS,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, and says so."""
        if self._context is None:
            await super().startup(sockets)
        else:
            await super().startup([])
            self.servers = [  # closed and waited for, and no more
                Acceptor(one, self._context, self._protocol, self._seats)  # type: ignore[misc]
                for one in sockets or ()
            ]
        if self.started:
            notify("READY=1")
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more, finishes what it has."""
        notify("STOPPING=1")
        await super().shutdown(sockets)

    def _protocol(self) -> FairProtocol:
        return FairProtocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state, seats=self._seats
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT mean: finish, then end. A second one does not wait for clients."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def parse_listen(listen: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; an IPv6 address stands in brackets.

    Raises:
        AuditorError: it is no such thing.
    """
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not host or not port.isascii() or not port.isdigit() or int(port) > _HIGHEST_PORT:
        raise AuditorError(f"can't listen on {printable(listen)!r}", expected="HOST:PORT, or [IPV6]:PORT")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        AuditorError: the port is taken, or the host is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise AuditorError(f"can't listen on {printable(host)}", expected="an address of this machine") from exc
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as exc:
        found.close()
        taken = exc.errno == errno.EADDRINUSE
        raise AuditorError(
            f"can't listen on {printable(host)} port {port}: {exc.strerror}",
            expected="a port that is free" if taken else "an address and a port that this user may listen on",
            cure="stop what listens there, or choose another with --listen",
        ) from None
    return found


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and later with a certificate.

    Raises:
        AuditorError: the files can't be read, or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as exc:
        raise AuditorError(
            f"no usable certificate and key: {exc.reason or 'not PEM'}",
            expected="PEM files that belong together, the key not encrypted",
            where=f"{certificate}, {key}",
        ) from None
    except OSError as exc:
        raise AuditorError(exc.strerror or "can't be read", where=f"{certificate}, {key}") from None
    return context


def raise_file_limit() -> None:
    """As many open files as connections need, if this user may have them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _seats() -> int:
    """How many connections fit: where few files may be open, others need half of them at most."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(soft - _OTHER_FILES, soft // 2))


def calm_collector() -> None:
    """Keeps the garbage collector from walking over everything again and again.

    With thousands of connections that takes a fifth of a second, in which nobody is answered. What was made by now is
    for good.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


def notify(state: str) -> None:
    """Tells systemd, if it asked to be told."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    address = f"\0{path[1:]}" if path.startswith("@") else path
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto(state.encode(), address)
