"""How an inventory is kept: zstd, at the level that costs least, and never unpacked beyond what one can be."""

from functools import lru_cache

import zstandard

from setapart_evidence.limits import DEFAULT_LIMITS

_LEVEL = 1


class OversizeError(zstandard.ZstdError):
    """What is kept says that it is larger than an inventory can be."""


def compressor() -> zstandard.ZstdCompressor:
    """A compressor of inventories; one for each thread."""
    return zstandard.ZstdCompressor(level=_LEVEL)


def inflate(body: bytes) -> bytes:
    """An inventory's bytes.

    Raises:
        ZstdError: it is no zstd; `OversizeError`: it is larger than an inventory can be.
    """
    # The size that a frame states is believed by the library, whatever bound it is given.
    if zstandard.frame_content_size(body) > DEFAULT_LIMITS.inventory:
        raise OversizeError("larger than an inventory can be")
    return _inflater().decompress(body, max_output_size=DEFAULT_LIMITS.inventory)


@lru_cache(1)
def _inflater() -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor()
