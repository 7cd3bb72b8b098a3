"""How inventories and verdicts are kept: zstd, at the level that costs least, and never unpacked beyond its bound.

Compressors and decompressors of zstandard are one thread's: two threads in one crash the process.
"""

import threading

import zstandard

from setapart_evidence.limits import DEFAULT_LIMITS

_LEVEL = 1


class OversizeError(zstandard.ZstdError):
    """What is kept says that it is larger than it can be."""


class _Codecs(threading.local):
    """Of each thread its own."""

    def __init__(self) -> None:
        self.deflater = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self.inflater = zstandard.ZstdDecompressor()


_CODECS = _Codecs()


def deflate(raw: bytes) -> bytes:
    """A body of these bytes; one that loses a bit is noticed when it is unpacked."""
    return _CODECS.deflater.compress(raw)


def inflate(body: bytes, most: int = DEFAULT_LIMITS.inventory) -> bytes:
    """The bytes of a body, by default of an inventory's.

    Args:
        body: what `deflate` made.
        most: bytes that it can be.

    Raises:
        ZstdError: it is no zstd, or damaged; `OversizeError`: it is larger.
    """
    # The size that a frame states is believed by the library, whatever bound it is given.
    if zstandard.frame_content_size(body) > most:
        raise OversizeError("larger than it can be")
    return _CODECS.inflater.decompress(body, max_output_size=most)
