"""Messages through a pipe between two of our processes: four bytes of length, and MessagePack."""

import os
import select

import msgspec
from msgspec import Struct

LENGTH_BYTES = 4
_PART = 64 * 1024


def frame(message: Struct) -> bytes:
    """A message as it goes through a pipe."""
    found = msgspec.msgpack.encode(message)
    return len(found).to_bytes(LENGTH_BYTES, "big") + found


def send(handle: int, message: Struct) -> None:
    """Writes a message to a pipe, all of it."""
    whole = memoryview(frame(message))
    while whole:
        whole = whole[os.write(handle, whole) :]


class Frames:
    """Frames out of a pipe."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._poll = select.poll()  # select() takes no handle above 1023, and a server has thousands
        self._poll.register(handle, select.POLLIN)
        self._held = b""
        self._is_open = True

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for a frame.

        Args:
            seconds: for each part of it, at most; None is for ever.

        Returns:
            Whether there is one: there is none at the end, or in time.
        """
        while self._is_open and not self._has_one:
            if seconds is not None and not self._is_ready(seconds):
                return False
            self._read()
        return self._has_one

    def take(self, most: int) -> list[bytes]:
        """The frames that are there, without waiting."""
        while self._is_open and self._is_ready(0):
            self._read()
        found: list[bytes] = []
        while self._has_one and len(found) < most:
            found.append(self._held[LENGTH_BYTES : self._end])
            self._held = self._held[self._end :]
        return found

    @property
    def _end(self) -> int:
        return LENGTH_BYTES + int.from_bytes(self._held[:LENGTH_BYTES], "big")

    @property
    def _has_one(self) -> bool:
        return len(self._held) >= LENGTH_BYTES and len(self._held) >= self._end

    def _is_ready(self, seconds: float) -> bool:
        return bool(self._poll.poll(seconds * 1000))

    def _read(self) -> None:
        part = os.read(self._handle, _PART)
        self._is_open = bool(part)
        self._held += part
