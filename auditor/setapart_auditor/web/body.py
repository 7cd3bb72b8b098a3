"""A request's body: bounded in bytes and in time, each by itself, of one address and all of them together."""

import asyncio
from collections import Counter

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from setapart_auditor.intake.limits import TooManyError
from setapart_auditor.intake.peek import MOST

SECONDS = 30.0
"""In which a body has to be here."""
MOST_AT_ONCE = 128 * 1024 * 1024
"""Bytes of all bodies that are on their way."""
MOST_OF_ONE = 2 * MOST
"""Bytes of the bodies of one address: two of the largest, or thousands of the usual."""
_AGAIN_SECONDS = 30


class Bodies:
    """Reads bodies; all that are on their way share one room, of which an address has no more than its share.

    Args:
        most, most_of_one, most_at_once: bytes of one body, of those of one address, and of all.
        seconds: for one body, however slowly it drips.
    """

    def __init__(
        self,
        most: int = MOST,
        most_of_one: int = MOST_OF_ONE,
        most_at_once: int = MOST_AT_ONCE,
        seconds: float = SECONDS,
    ) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._most_at_once = most_at_once
        self._seconds = seconds
        self._held = 0
        self._held_of: Counter[str] = Counter()

    async def read(self, request: Request, address: str) -> bytes:
        """A request's body.

        Args:
            request: whose head is here.
            address: of the sender, as limits count it.

        Raises:
            HTTPException: 413 too large, 408 too slow, 503 no room, 400 cut off.
            TooManyError: no room in this address' share.
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
                    self._held_of[address] += len(chunk)
                    if size > self._most:
                        raise HTTPException(413)
                    if self._held_of[address] > self._most_of_one:
                        raise TooManyError("address", _AGAIN_SECONDS)
                    if self._held > self._most_at_once:
                        raise HTTPException(503)
                    parts.append(chunk)
        except TimeoutError:
            raise HTTPException(408) from None
        except ClientDisconnect:
            raise HTTPException(400) from None
        finally:
            self._held -= size
            self._held_of[address] -= size
            if not self._held_of[address]:
                del self._held_of[address]
        return b"".join(parts)
