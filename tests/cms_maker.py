"""Signed messages with their content and without the signature: nobody here checks one."""

SIGNED = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")


def der(tag: int, content: bytes) -> bytes:
    """An element of definite length."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def indefinite(tag: int, content: bytes) -> bytes:
    """An element whose end is marked."""
    return bytes([tag, 0x80]) + content + b"\x00\x00"


def signed(octets: bytes | None, kind: bytes = SIGNED) -> bytes:
    """A signed message with nothing but its content in it."""
    inner = DATA + (der(0xA0, octets) if octets is not None else b"")
    return der(0x30, kind + der(0xA0, der(0x30, der(0x02, b"\x01") + der(0x31, b"") + der(0x30, inner))))
