"""rpm's `Packages` of old: a Berkeley DB hash database, read without the library (src/dbinc/db_page.h).

Page 0 is the meta page: magic 0x00061561 at 12 in the byte order of the machine that wrote it, version at 16, page size
at 20, encryption at 24, page type at 25, last page at 32. Every other page has a header of 26 bytes: page number at 8,
next page at 16, entries at 20, free offset at 22, type at 25; then the offsets of its items, which grow down from the
page's end, keys and values in turn. A value is inline, or a chain of overflow pages.
"""

import struct
from collections.abc import Iterator

from setapart_agent.collectors.linux.parse.rpm_header import PREFIX
from setapart_agent.errors import ParseError

_MAGIC = 0x00061561
_VERSIONS = range(7, 11)
_META, _HASHES, _OVERFLOW = 8, (2, 13), 7
_KEYDATA, _OFFPAGE = 1, 3
_PAGE_HEADER = 26
_META_SIZE = 72
_SMALLEST, _LARGEST = 512, 65536
_JOIN_KEY = b"\x00\x00\x00\x00"  # rpm keeps the highest package number here, not a package


def is_bdb(content: bytes) -> bool:
    """Whether a file starts like a hash database, in either byte order."""
    return len(content) >= _META_SIZE and _order(content) is not None


def blobs(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The first bytes and the whole length of each package's header blob.

    Raises:
        ParseError: not such a database, or shorter than it says; also after some blobs.
    """
    order = _order(content) if len(content) >= _META_SIZE else None
    if order is None:
        raise ParseError("rpm: no Berkeley DB hash header", expected="a Packages database")
    version, page_size = struct.unpack_from(order + "II", content, 16)
    encrypted, kind = content[24], content[25]
    (last,) = struct.unpack_from(order + "I", content, 32)
    if version not in _VERSIONS or kind != _META or encrypted:
        raise ParseError(f"rpm: Berkeley DB version {version}, type {kind}", expected="a plain hash database")
    if not _SMALLEST <= page_size <= _LARGEST or page_size & (page_size - 1):
        raise ParseError(f"rpm: pages of {page_size} bytes", expected="a Packages database")
    if (last + 1) * page_size > len(content):
        raise ParseError("rpm: a Packages database shorter than it says", expected="a whole Packages database")
    yield from _Pages(content, order, page_size, last).values()


def _order(content: bytes) -> str | None:
    return next((order for order in "<>" if struct.unpack_from(order + "I", content, 12)[0] == _MAGIC), None)


class _Pages:
    """The pages of one database. No more bytes are handed out than the file holds, however its chains are knotted."""

    def __init__(self, content: bytes, order: str, page_size: int, last: int) -> None:
        self.content = content
        self.size = page_size
        self.last = last
        self.number = struct.Struct(order + "I")
        self.short = struct.Struct(order + "H")
        self.order = order
        self.budget = len(content)

    def values(self) -> Iterator[tuple[bytes, int]]:
        for page in range(1, self.last + 1):
            at = page * self.size
            if self.content[at + 25] in _HASHES:
                yield from self._hash_page(at)

    def _hash_page(self, at: int) -> Iterator[tuple[bytes, int]]:
        (entries,) = self.short.unpack_from(self.content, at + 20)
        if entries % 2 or _PAGE_HEADER + entries * 2 > self.size:
            raise ParseError("rpm: a page with a broken index", expected="a whole Packages database")
        offsets = struct.unpack_from(f"{self.order}{entries}H", self.content, at + _PAGE_HEADER)
        ends = (self.size, *offsets)
        for one in range(0, entries, 2):
            key = self._item(at, offsets[one], ends[one])
            value = self._item(at, offsets[one + 1], ends[one + 1])
            if key == bytes([_KEYDATA]) + _JOIN_KEY:
                continue
            yield self._value(value)

    def _item(self, at: int, start: int, end: int) -> bytes:
        if not _PAGE_HEADER <= start < end <= self.size:
            raise ParseError("rpm: an item outside its page", expected="a whole Packages database")
        return self.content[at + start : at + end]

    def _value(self, item: bytes) -> tuple[bytes, int]:
        if item[0] == _KEYDATA:
            return item[1 : 1 + PREFIX], len(item) - 1
        if item[0] != _OFFPAGE or len(item) < 12:  # noqa: PLR2004 - type, padding, page, length
            raise ParseError(f"rpm: an item of type {item[0]}", expected="a Packages database")
        (page,), (length,) = self.number.unpack_from(item, 4), self.number.unpack_from(item, 8)
        return self._overflow(page, min(length, PREFIX)), length

    def _overflow(self, page: int, wanted: int) -> bytes:
        found = b""
        while len(found) < wanted:
            at = page * self.size
            if not 0 < page <= self.last or self.content[at + 25] != _OVERFLOW:
                raise ParseError("rpm: a chain of pages that breaks off", expected="a whole Packages database")
            (count,) = self.short.unpack_from(self.content, at + 22)
            self.budget -= self.size
            if not 0 < count <= self.size - _PAGE_HEADER or self.budget < 0:
                raise ParseError("rpm: a chain of pages that does not end", expected="a whole Packages database")
            found += self.content[at + _PAGE_HEADER : at + _PAGE_HEADER + count]
            (page,) = self.number.unpack_from(self.content, at + 16)
        return found[:wanted]
