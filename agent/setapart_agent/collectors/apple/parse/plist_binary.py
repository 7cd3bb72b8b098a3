"""Binary property lists (`bplist00`), as Apple's CFBinaryPList.c lays them out.

A header, objects, a table of their offsets, and a trailer of 32 bytes: six of padding with the sort version last, the
size of an offset, the size of a reference, then the number of objects, the top object and where the table starts, as
big-endian 64-bit numbers. An object's first byte is its type and, in the low half, its length; 15 means that the length
follows as an integer object.
"""

import struct

from setapart_agent.collectors.apple.parse.plist import MAX_DEPTH, Budget, Uid, moment
from setapart_agent.errors import ParseError

_TRAILER = struct.Struct(">6xBBQQQ")
_HEADER = 8
_LONG = 15
_INT, _REAL, _DATE, _DATA, _ASCII, _UTF16, _UID, _ARRAY, _ORDERED_SET, _SET, _DICT = (
    0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x8, 0xA, 0xB, 0xC, 0xD,
)  # fmt: skip
_SINGLES: dict[int, object] = {0x00: None, 0x08: False, 0x09: True, 0x0F: None}
_WIDEST_INT = 4  # 2 ** 4 bytes
_SIGNED_FROM = 8
_REALS = {4: struct.Struct(">f"), 8: struct.Struct(">d")}


def read(raw: bytes, budget: Budget) -> object:
    """The value on top.

    Raises:
        ParseError: broken, or more than the budget allows.
    """
    try:
        return _Reader(raw, budget).top()
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError):
        raise ParseError("a broken binary property list", expected="a whole one") from None


class _Reader:
    def __init__(self, raw: bytes, budget: Budget) -> None:
        if len(raw) < _HEADER + _TRAILER.size:
            raise ParseError("a binary property list that is cut off", expected="a whole one")
        self._raw = raw
        self._budget = budget
        self._offset_size, self._ref_size, self._count, self._top, self._table = _TRAILER.unpack(raw[-_TRAILER.size :])
        end = len(raw) - _TRAILER.size
        if not self._ref_size or not self._offset_size or self._table + self._count * self._offset_size > end:
            raise ParseError("a table of objects beyond the file's end", expected="a whole binary property list")
        # By offset, not by number: many objects may claim to be the same bytes.
        self._scalars: dict[int, object] = {}

    def top(self) -> object:
        return self._object(self._top, 0)

    def _object(self, number: int, depth: int) -> object:
        """One object; a container is read again for each reference to it, so that what comes out is a tree."""
        if number >= self._count:
            raise ParseError("a reference to no object", expected="a whole binary property list")
        start = self._table + number * self._offset_size
        at = int.from_bytes(self._raw[start : start + self._offset_size], "big")
        if at in self._scalars:
            return self._scalars[at]
        marker = self._byte(at)
        kind, low = marker >> 4, marker & 0x0F
        if kind in (_ARRAY, _ORDERED_SET, _SET, _DICT):
            if depth >= MAX_DEPTH:
                raise ParseError("a property list that holds itself, or is too deep", expected=f"{MAX_DEPTH} levels")
            return self._container(kind, low, at, depth)
        value = self._scalar(kind, low, at)
        self._scalars[at] = value
        return value

    def _container(self, kind: int, low: int, at: int, depth: int) -> object:
        count, start = self._length(low, at)
        refs = self._refs(start, count * 2 if kind == _DICT else count)
        if kind != _DICT:
            return [self._object(ref, depth + 1) for ref in refs]
        found: dict[str, object] = {}
        for key_ref, value_ref in zip(refs[:count], refs[count:], strict=True):
            key = self._object(key_ref, depth + 1)
            if not isinstance(key, str):
                raise ParseError("a key that is no text", expected="a property list")
            found[key] = self._object(value_ref, depth + 1)
        return found

    def _scalar(self, kind: int, low: int, at: int) -> object:  # noqa: PLR0911 - one line per type reads best
        if kind == 0 and low in _SINGLES:
            return _SINGLES[low]
        if kind == _INT and low <= _WIDEST_INT:
            raw = self._take(at + 1, 1 << low)
            return int.from_bytes(raw, "big", signed=len(raw) >= _SIGNED_FROM)
        if kind == _REAL and (1 << low) in _REALS:
            return _REALS[1 << low].unpack(self._take(at + 1, 1 << low))[0]
        if kind == _DATE:
            return moment(_REALS[8].unpack(self._take(at + 1, 8))[0])
        if kind == _UID:
            return Uid(int.from_bytes(self._take(at + 1, low + 1), "big"))
        count, start = self._length(low, at)
        if kind == _DATA:
            return self._take(start, count)
        if kind == _ASCII:
            return self._take(start, count).decode("latin-1")
        if kind == _UTF16:
            return self._take(start, count * 2).decode("utf-16-be", "replace")
        raise ParseError("an object of a type that property lists don't have", expected="a binary property list")

    def _length(self, low: int, at: int) -> tuple[int, int]:
        """The length of an object and where its content starts."""
        if low != _LONG:
            return low, at + 1
        marker = self._byte(at + 1)
        if marker >> 4 != _INT or marker & 0x0F > _WIDEST_INT:
            raise ParseError("a length that is no integer", expected="a binary property list")
        size = 1 << (marker & 0x0F)
        return int.from_bytes(self._take(at + 2, size), "big"), at + 2 + size

    def _refs(self, start: int, count: int) -> list[int]:
        self._budget.spend(count)
        size = self._ref_size
        raw = self._slice(start, count * size)
        return [int.from_bytes(raw[at : at + size], "big") for at in range(0, len(raw), size)]

    def _take(self, start: int, size: int) -> bytes:
        self._budget.spend(0, size)
        return self._slice(start, size)

    def _slice(self, start: int, size: int) -> bytes:
        if start + size > len(self._raw):
            raise ParseError("an object beyond the file's end", expected="a whole binary property list")
        return self._raw[start : start + size]

    def _byte(self, at: int) -> int:
        return self._raw[at]
