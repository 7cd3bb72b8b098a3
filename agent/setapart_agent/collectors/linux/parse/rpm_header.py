"""The header blob that rpm's database keeps for each package, whichever of its three containers holds it.

Two big-endian counts (index entries, bytes of data), then entries of 16 bytes `tag, type, offset, count`, then the data
(rpm.org, "RPM v4 header format"). Entries are sorted by tag, and the names come first in the data, so that the first
`PREFIX` bytes of a blob are all that is needed.
"""

import struct

from setapart_agent.errors import ParseError
from setapart_evidence.model import App

PREFIX = 16 * 1024
"""Bytes of a blob that a container has to hand over."""

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_STRING, _INT32 = 6, 4
_COUNTS = struct.Struct(">II")
_ENTRY = struct.Struct(">iIiI")
_MAX_ENTRIES = 0xFFFF
_MAX_DATA = 256 * 1024 * 1024


def app_of(prefix: bytes, size: int, profile: str) -> App:
    """The package of one blob.

    Args:
        prefix: the blob's first `PREFIX` bytes, or all of it.
        size: the blob's whole length in bytes.
        profile: the profile that the app belongs to.

    Raises:
        ParseError: not a header, or shorter than it says.
    """
    if len(prefix) < _COUNTS.size:
        raise ParseError("rpm: a header of no length", expected="a whole rpm header")
    entries, length = _COUNTS.unpack_from(prefix)
    start = _COUNTS.size + entries * _ENTRY.size
    if not 0 < entries <= _MAX_ENTRIES or length > _MAX_DATA or start + length > size:
        raise ParseError("rpm: a header shorter than it says", expected="a whole rpm header")
    values: dict[int, str] = {}
    index = prefix[_COUNTS.size : min(start, len(prefix) - (len(prefix) - _COUNTS.size) % _ENTRY.size)]
    for tag, kind, offset, _count in _ENTRY.iter_unpack(index):
        if tag > _EPOCH:
            break
        if tag in (_NAME, _VERSION, _RELEASE) and kind == _STRING:
            values.setdefault(tag, _string(prefix, start + offset))
        elif tag == _EPOCH and kind == _INT32:
            values.setdefault(tag, _number(prefix, start + offset))
    name, version, release = values.get(_NAME), values.get(_VERSION), values.get(_RELEASE)
    if not name or version is None or release is None:
        raise ParseError("rpm: a header without name, version and release", expected="a whole rpm header")
    epoch = f"{values[_EPOCH]}:" if _EPOCH in values else ""
    return App(identifier=name, version=f"{epoch}{version}-{release}", profile=profile, source="rpm")


def _string(blob: bytes, at: int) -> str:
    end = blob.find(b"\x00", at) if at >= 0 else -1
    if end < 0:
        raise ParseError("rpm: a string outside its header", expected="a whole rpm header")
    return blob[at:end].decode("utf-8", "replace")


def _number(blob: bytes, at: int) -> str:
    if not 0 <= at <= len(blob) - 4:
        raise ParseError("rpm: a number outside its header", expected="a whole rpm header")
    return str(int.from_bytes(blob[at : at + 4], "big"))
