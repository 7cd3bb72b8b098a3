"""A request's body: bounded in bytes and in time, each by itself and all of them together, before it is looked at."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from setapart_auditor.intake.peek import MOST

SECONDS = 30.0
"""In which a body has to be here."""
MOST_AT_ONCE = 128 * 1024 * 1024
"""Bytes of all bodies that are on their way."""


class Bodies:
    """Reads bodies; all that are on their way share one room.

    Args:
        most, most_at_once: bytes of one body, and of all.
        seconds: for one body, however slowly it drips.
    """

    def __init__(self, most: int = MOST, most_at_once: int = MOST_AT_ONCE, seconds: float = SECONDS) -> None:
        self._most = most
        self._most_at_once = most_at_once
        self._seconds = seconds
        self._held = 0

    async def read(self, request: Request) -> bytes:
        """A request's body.

        Raises:
            HTTPException: 413 too large, 408 too slow, 503 no room, 400 cut off.
        """
        if int(request.headers.get("content-length", "0")) > self._most:
            raise HTTPException(413)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._seconds):
                async for chunk in request.stream():
                    size += len(chunk)
                    self._held += len(chunk)
                    if size > self._most:
                        raise HTTPException(413)
                    if self._held > self._most_at_once:
                        raise HTTPException(503)
                    parts.append(chunk)
        except TimeoutError:
            raise HTTPException(408) from None
        except ClientDisconnect:
            raise HTTPException(400) from None
        finally:
            self._held -= size
        return b"".join(parts)
