"""What goes back: signed messages as they are, and refusals that say what came, what was expected, what to do next."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from starlette.responses import Response

from setapart_auditor.errors import ConflictError, NotAllowedError, StoreError, TokenRefusedError
from setapart_auditor.intake.service import IntakeFull, TooManyError
from setapart_evidence.errors import EvidenceError, SetapartError, SignatureError, SizeError, UnknownKeyError
from setapart_evidence.text import printable

SIGNED = "application/vnd.setapart+json"
JSON = "application/json"
RETRY_SECONDS = 5
_LONGEST = 500
_ALWAYS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Refusal(Struct, frozen=True, kw_only=True):
    """Why a request was not granted.

    Attributes:
        reason: a word for programs; of rejected messages the kind of error, as `unknown-key`.
        got, expected, cure: for people: what came, what would have been accepted, the next step.
    """

    reason: str
    got: str
    expected: str = ""
    cure: str = ""


_AGAIN = f"try again in {RETRY_SECONDS} seconds"
REFUSALS: Mapping[int, Refusal] = {
    400: Refusal(reason="bad-request", got="a request that was cut off or is no HTTP"),
    404: Refusal(reason="not-found", got="nothing here", expected="a path of /openapi.json"),
    405: Refusal(reason="bad-method", got="another method", expected="one that the Allow header names"),
    408: Refusal(reason="too-slow", got="a request that takes too long to arrive", cure="try again"),
    413: Refusal(reason="too-large", got="a message that is too large", expected="one evidence file or signed message"),
    500: Refusal(reason="internal", got="the auditor failed", cure="tell who runs it; its log says more"),
    503: Refusal(reason="unavailable", got="the auditor can't take this now", cure=_AGAIN),
}
"""What is said where nothing more is known than the status."""


def signed(body: bytes) -> Response:
    """A signed message."""
    return Response(body, media_type=SIGNED, headers=_ALWAYS)


def as_read(body: bytes) -> Response:
    """JSON that was made elsewhere."""
    return Response(body, media_type=JSON, headers=_ALWAYS)


def as_json(found: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A struct or JSON that was built from a table."""
    return Response(msgspec.json.encode(found), status, {**_ALWAYS, **(headers or {})}, JSON)


def refused(status: int, refusal: Refusal | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """A refusal; where the sender should wait, it says how long."""
    more = dict(headers or {})
    if status in {429, 503}:
        more.setdefault("retry-after", str(RETRY_SECONDS))
    if status in {408, 413}:
        more["connection"] = "close"
    return as_json(refusal or REFUSALS[status], status, more)


def refusal_of(exc: SetapartError) -> Response | None:
    """The answer to an error of the intake, None for one that is the auditor's own trouble."""
    if isinstance(exc, StoreError):  # its words are about the database
        return refused(503)
    if isinstance(exc, IntakeFull | TooManyError):
        full = isinstance(exc, IntakeFull)
        said = _said("full" if full else "too-many", exc)
        return refused(503 if full else 429, said, {"retry-after": str(exc.retry_after)})
    for kind, status, reason in _STATUSES:
        if isinstance(exc, kind):
            return refused(status, _said(exc.reason if isinstance(exc, EvidenceError) else reason, exc))
    return None


_STATUSES: tuple[tuple[type[SetapartError], int, str], ...] = (  # the first that fits
    (SizeError, 413, ""),
    (UnknownKeyError, 401, ""),
    (SignatureError, 401, ""),
    (EvidenceError, 400, ""),
    (ConflictError, 409, "conflict"),
    (TokenRefusedError, 403, "token-refused"),
    (NotAllowedError, 403, "not-allowed"),
)


def _said(reason: str, exc: SetapartError) -> Refusal:
    return Refusal(
        reason=reason,
        got=printable(exc.got, _LONGEST),
        expected=printable(exc.expected, _LONGEST),
        cure=printable(exc.cure, _LONGEST),
    )
