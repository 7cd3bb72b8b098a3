"""Snappy's raw format (google/snappy, format_description.txt): a length, then literals and copies of earlier output."""

from setapart_agent.errors import ParseError


def decompress(data: bytes, limit: int) -> bytes:
    """The bytes that went in.

    Raises:
        ParseError: broken, or more than `limit` bytes.
    """
    length, at = varint(data, 0)
    if length > limit:
        raise ParseError("snappy data over its limit", expected=f"at most {limit} bytes")
    out = bytearray()
    try:
        while at < len(data) and len(out) <= length:
            tag = data[at]
            at += 1
            if tag & 3 == 0:
                size, at = _literal_size(data, tag >> 2, at)
                out += data[at : at + size]
                at += size
                continue
            if tag & 3 == 1:
                size, offset, at = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[at], at + 1
            else:
                width = 2 if tag & 3 == 2 else 4  # noqa: PLR2004 - the tags of the format
                size, offset, at = (tag >> 2) + 1, int.from_bytes(data[at : at + width], "little"), at + width
            if not 0 < offset <= len(out):
                raise _broken()
            for _ in range(-(-size // offset)):  # a copy may run into what it writes
                piece = out[-offset:] if size >= offset else out[-offset : len(out) - offset + size]
                out += piece
                size -= len(piece)
    except IndexError:
        raise _broken() from None
    if len(out) != length:
        raise _broken()
    return bytes(out)


def _broken() -> ParseError:
    return ParseError("broken snappy data", expected="a whole block")


def _literal_size(data: bytes, size: int, at: int) -> tuple[int, int]:
    extra = max(0, size - 59)
    if extra:
        size, at = int.from_bytes(data[at : at + extra], "little"), at + extra
    return size + 1, at


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of 7 bits a byte, low bits first, and where it ends.

    Raises:
        ParseError: it does not end.
    """
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value, at
    raise ParseError("a number without end", expected="a varint")
