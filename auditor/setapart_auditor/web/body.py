"""Reading a request's body: no more of it, and for no longer, than a message can need."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from setapart_auditor.intake.peek import MOST
from setapart_evidence.errors import SizeError

SECONDS = 30.0
"""In which a message must have arrived: who drips it in slowly is cut off."""


class SlowError(Exception):
    """A body that did not arrive in time, or whose sender went away."""


async def read_body(request: Request, most: int = MOST) -> bytes:
    """The body of a request.

    Raises:
        SizeError: larger than any message, whatever Content-Length says.
        SlowError: it did not arrive.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:12]) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except (TimeoutError, ClientDisconnect):
        raise SlowError from None
    return b"".join(parts)


def _too_large(most: int) -> SizeError:
    return SizeError(f"a body of more than {most} bytes", expected="one evidence file or signed message")
