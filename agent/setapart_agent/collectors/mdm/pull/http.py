"""Asking a device manager over HTTPS: verified, bounded in size and time, patient where it is busy, never redirected.

`urllib3` does the protocol (extra `mdm`); what may be retried is decided here. Throttling: RFC 9110, section 10.2.3
(Retry-After as seconds or as a date), RFC 6585, section 4 (429). Proxies come from the environment, as everywhere.
"""

import zlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from setapart_agent.collectors.mdm.pull import connections
from setapart_agent.collectors.mdm.pull.clock import Clock
from setapart_agent.collectors.mdm.pull.settings import origin_of
from setapart_agent.errors import SourceError
from setapart_evidence import __version__
from setapart_evidence.text import printable

if TYPE_CHECKING:
    import urllib3

T = TypeVar("T")

MOST_BYTES = 64 * 1024 * 1024
"""Bytes that one answer may have, also after it is unpacked."""
LONGEST_ANSWER = 120.0
"""Seconds within which one answer must end."""
LONGEST_WAIT = 900.0
"""Seconds that a manager may ask us to wait at once."""
FORBIDDEN = 403
_ATTEMPTS = 8
_FIRST_BACKOFF = 1.0
_LONGEST_BACKOFF = 60.0
_CHUNK = 64 * 1024
_GZIP = zlib.MAX_WBITS | 16
_LEAST_WAIT = 1.0
_MOST_DOUBLINGS = 10
# Google packs answers only for programs that say it twice, here and as their name:
# https://developers.google.com/authorized-buyers/apis/guides/performance, "Compression using gzip".
_ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": f"setapart-agent/{__version__} (gzip)",
}
_OK, _UNAUTHORISED, _TOO_MANY, _UNAVAILABLE = 200, 401, 429, 503
_REDIRECTS = range(300, 400)
_SERVER_ERRORS = range(500, 600)


class ManagerError(SourceError):
    """The manager can't be asked: it is away, refuses our credentials, or is not to be trusted. The run ends."""


class AnswerError(ManagerError):
    """One answer can't be used, while others may be.

    `status` is the HTTP status, 0 where the answer broke off or is not what it should be; `reason` says it in words
    that may stand in a report; `body` is what came, for whoever knows the manager's errors.
    """

    def __init__(
        self, got: str, *, status: int = 0, reason: str, expected: str = "", cure: str = "", body: bytes = b""
    ) -> None:
        super().__init__(got, expected=expected, cure=cure)
        self.status = status
        self.reason = reason
        self.body = body


class Token(Protocol):
    """What opens a manager's doors."""

    def header(self) -> str:
        """The value of `Authorization`, fetched where needed."""

    def renew(self) -> bool:
        """Forgets a token that was refused; False where there can be no newer one."""


class Answer(Struct, frozen=True, kw_only=True):
    """What came back: the status, two headers and the unpacked body."""

    status: int
    retry_after: str | None
    location: str | None
    body: bytes


class _BrokenError(Exception):
    """An answer that did not come, or not whole; asking again may help."""


class Client:
    """One manager and what signs in to it, each known by its origin. Nothing else is ever asked."""

    def __init__(
        self, origins: tuple[str, ...], *, ca_file: Path | None, patience: float, permission: str, clock: Clock
    ) -> None:
        """Makes the connections; nothing is asked yet.

        Args:
            origins: where requests may go, in the spelling of `origin_of`.
            ca_file: certificate authorities to trust in place of the system's.
            patience: seconds that all waiting together may take.
            permission: what an account needs, for the message when it lacks it.
            clock: the time.

        Raises:
            SourceError: urllib3 is not installed, or the file holds no certificates.
        """
        self._context = connections.trust(ca_file)
        self._origins = origins
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._patience = patience
        self._permission = permission
        self._clock = clock

    def get(self, url: str, token: Token) -> bytes:
        """The body of an answer that is 200.

        Raises:
            ManagerError: see there; AnswerError where only this answer is at fault.
        """
        return self._ask("GET", url, token, None, {})

    def post_json(self, url: str, token: Token, body: bytes) -> bytes:
        """The same for a request with JSON in it. It must be one that may be repeated."""
        return self._ask("POST", url, token, body, {"Content-Type": "application/json"})

    def post_form(self, url: str, body: bytes) -> bytes:
        """The same for a form without a token, as sign-in takes it."""
        return self._ask("POST", url, None, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def close(self) -> None:
        """Lets go of the connections."""
        for pool in self._pools.values():
            pool.clear()

    def _ask(self, method: str, url: str, token: Token | None, body: bytes | None, headers: dict[str, str]) -> bytes:
        if origin_of(url) not in self._origins:
            raise ManagerError(
                f"the manager names another host, {_host(url)!r}",
                expected=" or ".join(self._origins),
            )
        renewed = False
        failures = 0
        while True:
            sent = headers if token is None else {**headers, "Authorization": token.header()}
            try:
                answer = self._once(method, url, body, sent)
            except _BrokenError as exc:
                failures += 1
                if failures == _ATTEMPTS:
                    raise ManagerError(
                        f"{_host(url)} can't be asked: {exc}", cure="check the network, and run it again"
                    ) from None
                self._wait(self._backoff(failures), str(exc))
                continue
            if answer.status == _OK:
                return answer.body
            if answer.status == _UNAUTHORISED and token is not None and not renewed and token.renew():
                renewed = True
                continue
            asked = retry_after(answer.retry_after, self._clock.now())
            if answer.status == _TOO_MANY or (answer.status == _UNAVAILABLE and asked is not None):
                failures += asked is None
                self._wait(self._backoff(failures) if asked is None else max(asked, _LEAST_WAIT), "it is throttling")
                continue
            failures += 1
            if answer.status not in _SERVER_ERRORS or failures == _ATTEMPTS:
                raise self._refusal(answer, signed_in=token is not None)
            self._wait(self._backoff(failures), f"it answers with status {answer.status}")

    def _refusal(self, answer: Answer, *, signed_in: bool) -> ManagerError:
        """What a status means that no repetition changes."""
        if answer.status == _UNAUTHORISED and signed_in:
            return ManagerError("the manager refuses the credentials", expected="valid ones", cure="renew them")
        if answer.status == FORBIDDEN:
            denied = "the manager denies access"
            return AnswerError(denied, status=FORBIDDEN, reason=denied, expected=self._permission, body=answer.body)
        if answer.status in _REDIRECTS:
            where = _host(answer.location or "") or "another place"
            return ManagerError(
                f"a redirect to {where}", expected="an answer", cure="put the right URL in the settings"
            )
        reason = f"the manager answers with status {answer.status}"
        return AnswerError(reason, status=answer.status, reason=reason, body=answer.body)

    def _wait(self, seconds: float, why: str) -> None:
        """Waits, unless that is longer than anybody should.

        Raises:
            ManagerError: patience is at its end.
        """
        if seconds > min(self._patience, LONGEST_WAIT):
            raise ManagerError(
                f"the manager is busy or away: {why}",
                expected=f"an answer without {seconds:.0f} more seconds of waiting",
                cure="run it again later: it goes on where it stopped",
            )
        self._patience -= seconds
        self._clock.sleep(seconds)

    def _backoff(self, failures: int) -> float:
        """Full jitter: anything up to a bound that doubles."""
        return self._clock.chance() * min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0 ** min(failures, _MOST_DOUBLINGS))

    def _once(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """One request and the whole of its answer.

        Raises:
            ManagerError: the certificate is not the manager's.
            _BrokenError: no answer, or not all of it.
        """
        from urllib3.exceptions import HTTPError

        deadline = self._clock.steady() + LONGEST_ANSWER
        try:
            response = self._pool(url).request(
                method,
                url,
                body=body,
                headers={**_ALWAYS, **headers},
                preload_content=False,
                redirect=False,
                retries=False,
            )
        except (HTTPError, OSError, ValueError) as exc:
            if (why := connections.distrust(exc)) is not None:
                raise ManagerError(
                    f"{_host(url)} is not to be trusted: {why}",
                    expected="a valid certificate for this name",
                    cure="if its authority is your own, name it as ca_file",
                ) from None
            raise _BrokenError(f"no connection ({type(exc).__name__})") from None
        whole = False
        try:
            packed = self._read(response, deadline)
            whole = True
        except (HTTPError, OSError, ValueError) as exc:
            raise _BrokenError(f"the answer broke off ({type(exc).__name__})") from None
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()
        return Answer(
            status=response.status,
            retry_after=response.headers.get("Retry-After"),
            location=response.headers.get("Location"),
            body=_unpacked(packed, response.headers.get("Content-Encoding")),
        )

    def _read(self, response: "urllib3.BaseHTTPResponse", deadline: float) -> bytes:
        found = bytearray()
        while chunk := response.read1(_CHUNK, decode_content=False):
            found += chunk
            if len(found) > MOST_BYTES:
                raise _too_large()
            if self._clock.steady() > deadline:
                raise _BrokenError(f"the answer does not end within {LONGEST_ANSWER:.0f} seconds")
        return bytes(found)

    def _pool(self, url: str) -> "urllib3.PoolManager":
        """The connections to an origin: direct, or by the proxy that the environment names for it."""
        origin = origin_of(url)
        if origin not in self._pools:
            self._pools[origin] = connections.pool(origin, self._context)
        return self._pools[origin]


def decode(body: bytes, kind: type[T], what: str) -> T:
    """Reads JSON into a type.

    Raises:
        AnswerError: it is no such JSON.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise AnswerError(f"the answer is not {what}", reason=f"the manager's answer is not {what}") from None


def retry_after(value: str | None, now: float) -> float | None:
    """The seconds that a Retry-After asks to wait, at least 0; `None` where it asks nothing that can be read."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError, OSError):
        return None


def _unpacked(packed: bytes, encoding: str | None) -> bytes:
    """The body without gzip.

    Raises:
        AnswerError: it is packed in another way, or too large when unpacked.
        _BrokenError: it is no whole gzip.
    """
    if encoding in (None, "", "identity"):
        return packed
    if encoding != "gzip":
        raise AnswerError("an answer packed in a way that was not asked for", reason="the answer is packed oddly")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        body = unpacker.decompress(packed, MOST_BYTES + 1)
    except zlib.error:
        raise _BrokenError("the answer is no gzip") from None
    if len(body) > MOST_BYTES:
        raise _too_large()
    if not unpacker.eof:
        raise _BrokenError("the answer broke off")
    return body


def _too_large() -> AnswerError:
    return AnswerError(
        f"an answer of more than {MOST_BYTES} bytes",
        reason="the manager's answer is too large",
        cure="set a smaller page_size",
    )


def _host(url: str) -> str:
    """The host of a URL, fit to be printed; empty where there is none."""
    try:
        return printable(urlsplit(url).hostname or "", 80)
    except ValueError:
        return ""
