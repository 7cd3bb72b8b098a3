"""What an error is on the wire: a status, and a body that says got, expected and cure."""

from msgspec import Struct
from msgspec.json import encode
from starlette.responses import Response

from setapart_auditor.errors import ConflictError, NotAllowedError, StoreError
from setapart_auditor.intake.limits import TooManyError
from setapart_auditor.intake.service import IntakeFull
from setapart_evidence.errors import EvidenceError, SetapartError, SizeError, UnknownKeyError


class Problem(Struct, frozen=True, kw_only=True):
    """The body of an error: its kind, what came, what would have been accepted, what to do next."""

    reason: str
    got: str
    expected: str = ""
    cure: str = ""


_AGAIN = 5
_INTERNAL = Problem(reason="internal", got="the auditor failed", cure="try again; if it stays, see the service's log")


def problem_of(exc: BaseException) -> Response:
    """The answer to a message that led to an error."""
    headers: dict[str, str] = {}
    if isinstance(exc, IntakeFull):
        status, reason = 503, "full"
        headers["Retry-After"] = str(exc.retry_after)
    elif isinstance(exc, TooManyError):
        status, reason = 429, "too-many"
        headers["Retry-After"] = str(exc.retry_after)
    elif isinstance(exc, StoreError):
        status, reason = 503, "store"
        headers["Retry-After"] = str(_AGAIN)
    elif isinstance(exc, ConflictError):
        status, reason = 409, "conflict"
    elif isinstance(exc, NotAllowedError):
        status, reason = 403, "not-allowed"
    elif isinstance(exc, SizeError):
        status, reason = 413, exc.reason
    elif isinstance(exc, UnknownKeyError):
        status, reason = 401, exc.reason
    elif isinstance(exc, EvidenceError):
        status, reason = 400, exc.reason
    else:
        return answer(500, _INTERNAL)
    assert isinstance(exc, SetapartError)
    if isinstance(exc, StoreError):
        # What a database says of itself is nobody's concern outside.
        body = Problem(reason=reason, got="the auditor can't write", cure="nothing was taken in; try again later")
    else:
        body = Problem(reason=reason, got=exc.got, expected=exc.expected, cure=exc.cure)
    return answer(status, body, headers)


def answer(status: int, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """A problem as a response."""
    return Response(encode(problem), status, headers, "application/json")


NOT_FOUND = Problem(reason="not-found", got="nothing here", expected="a path of /openapi.json")
"""The one answer to everything that is not there, or not the caller's to see."""
