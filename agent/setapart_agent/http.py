"""One connection to the auditor: signed messages go out by POST, signed messages come back.

TLS is always verified, against the system's authorities or the one file that was named; plain http goes to this machine
alone. No redirect is followed. A whole exchange has one deadline, whatever dribbles in meanwhile, and an answer has a
limit. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY), by CONNECT (RFC 9110, section 9.3.6).
"""

import http.client
import io
import ssl
import time
from base64 import b64encode
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import msgspec

from setapart_agent.errors import AgentError, NetworkError, RefusedError, TrustError
from setapart_evidence import __version__
from setapart_evidence.text import printable

if TYPE_CHECKING:
    import socket

EXCHANGE_SECONDS = 60.0
MOST_BYTES = 256 * 1024
"""Of an answer, unless the caller expects a larger one."""
_CHUNK = 64 * 1024
_OK = 200
_REDIRECTS = range(300, 400)
_TYPE = "application/octet-stream"
_LONGEST_TEXT = 300


class _Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an error as the auditor writes it."""

    reason: str
    got: str
    expected: str = ""
    cure: str = ""


class Client:
    """Asks one auditor.

    Args:
        url: `https://host[:port][/path]`, or `http://` on the loopback interface (`check_url`).
        ca_file: the authorities (PEM) that may vouch for the auditor, in place of the system's.
        seconds: for one exchange, from the connection to the last byte of the answer.

    Raises:
        AgentError: `ca_file` holds no certificate, or the environment names a proxy that can't be used.
    """

    def __init__(self, url: str, *, ca_file: Path | None = None, seconds: float = EXCHANGE_SECONDS) -> None:
        self._url = urlsplit(url)
        self._seconds = seconds
        self._context = _context(ca_file) if self._url.scheme == "https" else None
        self._proxy = _proxy_for(self._url)
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: bytes, *, most: int = MOST_BYTES) -> bytes:
        """Sends a message. Returns the body of the answer, which nobody has verified yet.

        Args:
            path: `/v1/…`.
            body: the signed message.
            most: the largest answer that is read.

        Raises:
            NetworkError: no whole answer in time; TrustError if it was not the auditor who answered.
            RefusedError: any other status than 200.
        """
        deadline = _Deadline(self._seconds)
        fresh = self._connection is None
        try:
            try:
                return self._exchange(path, body, most, deadline)
            except (ConnectionError, http.client.BadStatusLine):
                if fresh:
                    raise
                # The auditor had closed the connection that was kept; messages may be sent twice.
                self.close()
                return self._exchange(path, body, most, deadline)
        except (NetworkError, RefusedError):
            raise
        except (OSError, http.client.HTTPException, UnicodeError) as exc:
            self.close()
            raise self._network_error(exc) from None

    def close(self) -> None:
        """Lets go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, path: str, body: bytes, most: int, deadline: "_Deadline") -> bytes:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._connect(deadline)
        connection.response_class = deadline.response  # type: ignore[assignment]
        if connection.sock is None:
            connection.connect()
        connection.putrequest("POST", self._url.path + path, skip_accept_encoding=True)
        for name, value in (
            ("Content-Type", _TYPE),
            ("Content-Length", str(len(body))),
            ("User-Agent", f"setapart-agent/{__version__}"),
        ):
            connection.putheader(name, value)
        connection.sock.settimeout(deadline.left())
        connection.endheaders()
        for start in range(0, len(body), _CHUNK):
            connection.sock.settimeout(deadline.left())
            connection.send(body[start : start + _CHUNK])
        response = connection.getresponse()
        found = response.read(most + 1)
        if len(found) > most:
            self.close()
            raise NetworkError(f"an answer of more than {most} bytes", expected="a signed message")
        if response.length:
            self.close()
            raise NetworkError("half of an answer", expected="all of it", cure="it is tried again later")
        if response.status != _OK:
            self.close()  # nothing that was left of it may be taken for the next answer
            raise _refused(response, found)
        if not found:
            self.close()
            raise NetworkError("an empty answer", expected="a signed message")
        return found

    def _connect(self, deadline: "_Deadline") -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=deadline.left())
        if self._proxy is None:
            return http.client.HTTPSConnection(host, port, timeout=deadline.left(), context=self._context)
        proxy, headers = self._proxy
        connection = http.client.HTTPSConnection(
            proxy.hostname or "", proxy.port or 80, timeout=deadline.left(), context=self._context
        )
        connection.set_tunnel(host, port or 443, headers)
        return connection

    def _network_error(self, exc: Exception) -> NetworkError:
        where = self._url.netloc
        if isinstance(exc, ssl.SSLCertVerificationError):
            return TrustError(
                f"{where}: its certificate is not accepted: {printable(exc.verify_message, _LONGEST_TEXT)}",
                expected="one for this name by an authority that this machine trusts",
                cure="if the auditor has a CA of its own, give its certificate with --ca FILE; else tell your officer",
            )
        if isinstance(exc, TimeoutError):
            why = f"no answer within {self._seconds:g} seconds"
        elif isinstance(exc, http.client.IncompleteRead):
            why = "half of an answer"
        else:
            text = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            why = printable(text or type(exc).__name__, _LONGEST_TEXT)
        by = "" if self._proxy is None else f" by proxy {self._proxy[0].hostname}"
        return NetworkError(f"{where}{by}: {why}", expected="the auditor", cure="it is tried again later")


class _Deadline:
    """The moment by which an exchange must be over."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            TimeoutError: none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def response(self, sock: "socket.socket", *, method: str | None = None) -> http.client.HTTPResponse:
        """A response that is read by the deadline."""
        return http.client.HTTPResponse(_Timed(sock, self), method=method)  # type: ignore[arg-type]


class _Timed:
    """What `HTTPResponse` needs of a socket; every single read ends by the deadline."""

    def __init__(self, sock: "socket.socket", deadline: _Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        """The socket as a file."""
        assert mode == "rb"
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: "socket.socket", deadline: _Deadline) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except FileNotFoundError:
        raise AgentError(f"no file {ca_file}", expected="a CA's certificate (PEM)") from None
    except (ssl.SSLError, OSError):
        raise AgentError(f"{ca_file}: no certificate", expected="a CA's certificate (PEM)") from None


def _proxy_for(url: SplitResult) -> tuple[SplitResult, dict[str, str]] | None:
    """The proxy of the environment for an address, and the headers that it wants; the loopback has none."""
    spelled = getproxies_environment().get("https")
    if url.scheme != "https" or not spelled or proxy_bypass(url.hostname or ""):
        return None
    proxy = urlsplit(spelled if "://" in spelled else f"http://{spelled}")
    try:
        usable = proxy.scheme == "http" and bool(proxy.hostname) and proxy.port != 0
    except ValueError:
        usable = False
    if not usable:  # its spelling may hold a password
        raise AgentError("a proxy that can't be used, in HTTPS_PROXY", expected="http://[USER:PASSWORD@]HOST[:PORT]")
    if proxy.username is None:
        return proxy, {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return proxy, {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"}


def _refused(response: http.client.HTTPResponse, body: bytes) -> RefusedError:
    status = response.status
    wanted = _seconds(response.headers.get("Retry-After"))
    if status in _REDIRECTS:
        return RefusedError(
            f"a redirect (status {status})",
            status=status,
            expected="the auditor itself",
            cure="ask an officer for a token with the auditor's real address",
        )
    try:
        told = msgspec.json.decode(body, type=_Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return RefusedError(f"status {status}", status=status, retry_after=wanted, expected="an answer of the auditor")
    return RefusedError(
        printable(told.got, _LONGEST_TEXT),
        status=status,
        reason=printable(told.reason, 40),
        retry_after=wanted,
        expected=printable(told.expected, _LONGEST_TEXT),
        cure=printable(told.cure, _LONGEST_TEXT),
    )


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds, whether it was a number or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after.strip()[:9])
    with suppress(ValueError, TypeError, OverflowError):
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    return None
