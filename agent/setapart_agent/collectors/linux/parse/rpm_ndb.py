"""rpm's `Packages.db` (lib/backend/ndb/rpmpkg.c): a file header, pages of slots, and blobs of 16-byte blocks.

Header of 32 bytes: `RpmP`, version, generation, pages of slots, next package index. A slot: `Slot`, package index,
block offset, block count. A blob: `BlbS`, package index, generation, length; the data; and a tail of Adler-32, length
and `BlbE` at the end of its blocks. All little-endian.
"""

import struct
from collections.abc import Iterator

from setapart_agent.collectors.linux.parse.rpm_header import PREFIX
from setapart_agent.errors import ParseError

MAGIC = b"RpmP"

_FILE = struct.Struct("<4sIIII")
_SLOT = struct.Struct("<4sIII")
_BLOB = struct.Struct("<4sIII")
_TAIL = struct.Struct("<II4s")
_PAGE = 4096
_HEADER = 32
_BLOCK = 16


def blobs(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The first bytes and the whole length of each package's header blob.

    Raises:
        ParseError: not such a database, or shorter than it says; also after some blobs.
    """
    if len(content) < _HEADER or not content.startswith(MAGIC):
        raise ParseError("rpm: no ndb header", expected="a Packages.db")
    _, version, _, pages, _ = _FILE.unpack_from(content)
    end = pages * _PAGE
    if version != 0 or not _HEADER <= end <= len(content):
        raise ParseError("rpm: a Packages.db shorter than its slots", expected="a whole Packages.db")
    seen: set[int] = set()
    for magic, index, offset, count in _SLOT.iter_unpack(content[_HEADER:end]):
        if magic != b"Slot":
            raise ParseError("rpm: a broken slot", expected="a whole Packages.db")
        if offset == 0:
            continue  # a free slot
        if offset in seen:
            raise ParseError("rpm: two slots for one blob", expected="a whole Packages.db")
        seen.add(offset)
        yield _blob(content, index, offset * _BLOCK, count * _BLOCK)


def _blob(content: bytes, index: int, at: int, room: int) -> tuple[bytes, int]:
    if room < _BLOB.size + _TAIL.size or at + room > len(content):
        raise ParseError("rpm: a package outside its database", expected="a whole Packages.db")
    magic, owner, _, length = _BLOB.unpack_from(content, at)
    _, again, tail = _TAIL.unpack_from(content, at + room - _TAIL.size)
    if (magic, tail, owner, again) != (b"BlbS", b"BlbE", index, length) or length > room - _BLOB.size - _TAIL.size:
        raise ParseError("rpm: a broken package", expected="a whole Packages.db")
    start = at + _BLOB.size
    return content[start : start + min(length, PREFIX)], length
