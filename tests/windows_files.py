"""Small files of Windows, written by their formats: shortcuts and the firmware's tables."""

import struct

CLASS = bytes.fromhex("0114020000000000c000000000000046")


def lnk(arguments: str | None, *, unicode: bool = True, items: bytes = b"\x04\0ab\0\0", info: bytes = b"") -> bytes:
    """[MS-SHLLINK]: header, item ids, link information, then name and arguments."""
    flags = 0x04 | (0x80 if unicode else 0) | (0x01 if items else 0) | (0x02 if info else 0)
    flags |= 0x20 if arguments is not None else 0
    texts = ["name"] + ([arguments] if arguments is not None else [])
    body = struct.pack("<I16sI", 0x4C, CLASS, flags).ljust(0x4C, b"\0")
    if items:
        body += struct.pack("<H", len(items)) + items
    if info:
        body += struct.pack("<I", len(info) + 4) + info
    for text in texts:
        body += struct.pack("<H", len(text)) + (text.encode("utf-16-le") if unicode else text.encode("latin-1"))
    return body + bytes(4)


def structure(kind: int, body: bytes, *texts: str) -> bytes:
    """DSP0134: type, length, handle, body, then strings that each end with NUL and a NUL more."""
    strings = b"".join(text.encode() + b"\0" for text in texts) or b"\0"
    return struct.pack("<BBH", kind, 4 + len(body), 0) + body + strings + b"\0"


def tables(*structures: bytes) -> bytes:
    table = b"".join(structures) + structure(127, b"")
    return struct.pack("<BBBBI", 0, 3, 7, 0, len(table)) + table
