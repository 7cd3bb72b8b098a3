"""Hive files: `NTUSER.DAT`, `UsrClass.dat`, `SOFTWARE`, `SYSTEM`, whole or rooted somewhere below.

The layouts of the format's records are regipy's (extra `offline-windows`). The walk is ours, since files of strangers
need one that checks every signature and bound, never goes around in a circle, and tells damage instead of passing it
over in silence. Format: M. Suhanov, "Windows registry file format specification", github.com/msuhanov/regf.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from setapart_agent.collectors.windows.hive_log import replayed
from setapart_agent.collectors.windows.parse.registry_key import Data, Key, data_of
from setapart_agent.errors import ParseError, SourceError

T = TypeVar("T")
SIGNATURE = b"regf"
EXTRA = "pip install setapart[offline-windows]"

_BASE = 4096
_ROOT_AT = 36
_NAME_AT, _NAME_END = 48, 112
_MINOR_AT, _TYPE_AT = 24, 28
_NO_OFFSET = 0xFFFFFFFF
_BIG_DATA_FROM = 4  # the minor version that brought it
_SEGMENT = 16344
_INLINE = 0x80000000
_MAX_RECORDS = 1_000_000
_MAX_BYTES = 512 * 1024 * 1024
_MAX_DEPTH = 512  # Windows' own limit: "Registry element size limits"
_MAX_VALUES = 20_000
_MAX_DATA = 16 * 1024 * 1024
_WORDS = {b"li": 1, b"lf": 2, b"lh": 2}
"""Kinds of lists of keys, to the words of an element."""
_WHOLE = "a whole registry hive"


def open_hive(content: bytes, logs: tuple[bytes, ...] = ()) -> tuple["Key", str | None]:
    """The root of a hive, and what makes its newest values doubtful, or `None`.

    Args:
        content: the hive.
        logs: its transaction logs (`.LOG1`, `.LOG2`), which hold what was not yet written when the system stopped.

    Raises:
        ParseError: no hive, or one without a root.
        SourceError: the reader is not installed.
    """
    if len(content) <= _BASE or not is_hive(content):
        raise ParseError("no registry hive", expected=_WHOLE)
    content, doubt = replayed(content, logs)
    hive = _Hive(content)
    (root,) = struct.unpack_from("<I", content, _ROOT_AT)
    return _HiveKey(hive, root, None, 0), doubt


def is_hive(content: bytes) -> bool:
    """Whether this is a hive file, and not its transaction log, which has a header of the same kind."""
    return content.startswith(SIGNATURE) and content[_TYPE_AT : _TYPE_AT + 4] == bytes(4)


def hive_name(content: bytes) -> str:
    """The name that a hive carries: the last characters of the path where it was loaded from; may be empty."""
    return content[_NAME_AT:_NAME_END].decode("utf-16-le", "replace").partition("\0")[0]


class _Hive:
    """The cells of one hive, and which of them were keys already: a key has one parent, so none is met twice."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.view = memoryview(content)
        self.big = struct.unpack_from("<I", content, _MINOR_AT)[0] >= _BIG_DATA_FROM
        self._met: set[int] = set()
        self._records = 0
        self._bytes = 0
        try:
            from regipy import structs
        except ImportError:
            raise SourceError("no reader of registry hives is installed", expected="regipy", cure=EXTRA) from None
        self._structs = structs

    def record(self, layout: str, raw: bytes | memoryview) -> Any:  # noqa: ANN401 - a container of regipy's making
        """A record of the format; whatever goes wrong in the library is damage of the hive."""
        self.spend(len(raw))
        parse: Callable[[bytes], Any] = getattr(self._structs, layout).parse
        try:
            return parse(bytes(raw))
        except Exception as exc:  # noqa: BLE001 - errors of construct, of struct, and of what it runs
            raise ParseError(f"a broken record: {type(exc).__name__}", expected=_WHOLE) from None

    def cell(self, offset: int) -> memoryview:
        """The content of an allocated cell."""
        at = _BASE + offset
        if offset == _NO_OFFSET or at + 4 > len(self.content):
            raise ParseError("a reference out of the hive", expected=_WHOLE)
        size = -struct.unpack_from("<i", self.content, at)[0]
        if size < 8 or at + size > len(self.content):  # noqa: PLR2004 - the least that a cell can have
            raise ParseError("a cell that is free or too long", expected=_WHOLE)
        return self.view[at + 4 : at + size]

    def node(self, offset: int, parent: int | None) -> Any:  # noqa: ANN401 - a container of regipy's making
        """A key node below its parent; `None` is that of the root, which may lead anywhere."""
        cell = self.cell(offset)
        if bytes(cell[:2]) != b"nk":
            raise ParseError("no key where one should be", expected=_WHOLE)
        if offset in self._met:
            raise ParseError("a key that stands in two places", expected=_WHOLE)
        self._met.add(offset)
        found = self.record("CM_KEY_NODE", cell[2:])
        if parent is not None and found.parent_key_offset != parent:
            raise ParseError("a key below another one than its own", expected=_WHOLE)
        return found

    def subkeys(self, offset: int, count: int) -> Iterator[int]:
        """The offsets of the keys that a list names, which may be a list of lists."""
        if not count:
            return
        left = count
        cell = self.cell(offset)
        lists = self._offsets(cell, 1) if bytes(cell[:2]) == b"ri" else (offset,)
        for at in lists:
            cell = self.cell(at)
            self.spend()
            words = _WORDS.get(bytes(cell[:2]))
            if words is None:
                raise ParseError("a list of keys of no known kind", expected=_WHOLE)
            found = self._offsets(cell, words)
            left -= len(found)
            for one in found:
                self.spend()
                yield one
        if left:
            raise ParseError("another number of keys than the hive says", expected=_WHOLE)

    def values(self, offset: int, count: int) -> tuple[int, ...]:
        """The offsets of the values that a list names."""
        if not count:
            return ()
        cell = self.cell(offset)
        if count > _MAX_VALUES or count * 4 > len(cell):
            raise ParseError("another number of values than the hive says", expected=_WHOLE)
        return struct.unpack_from(f"<{count}I", cell)

    @staticmethod
    def _offsets(cell: memoryview, words: int) -> tuple[int, ...]:
        """The first of each element's words."""
        (count,) = struct.unpack_from("<H", cell, 2)
        if 4 + 4 * words * count > len(cell):
            raise ParseError("a list of keys longer than its cell", expected=_WHOLE)
        return struct.unpack_from(f"<{words * count}I", cell, 4)[::words]

    def spend(self, size: int = 0) -> None:
        """Counts what was read: a small hive can name the same cells over and over again."""
        self._records += 1
        self._bytes += size
        if self._records > _MAX_RECORDS or self._bytes > _MAX_BYTES:
            raise ParseError(f"more than {_MAX_RECORDS} records or {_MAX_BYTES} bytes", expected="fewer")

    def value(self, offset: int) -> tuple[str, Data]:
        """A value's name and data."""
        cell = self.cell(offset)
        found = self.record("VALUE_KEY", cell)
        raw = bytes(cell[20 : 20 + found.name_size])
        name = raw.decode("latin-1") if found.flags.VALUE_COMP_NAME else raw.decode("utf-16-le", "replace")
        return name, data_of(int(found.data_type), self._data(found.data_size, found.data_offset))

    def _data(self, size: int, offset: int) -> bytes:
        if size & _INLINE:
            return struct.pack("<I", offset)[: min(size - _INLINE, 4)]
        if not size:
            return b""
        if size > min(_MAX_DATA, len(self.content)):
            raise ParseError("a value longer than the hive", expected=_WHOLE)
        self.spend(size)
        cell = self.cell(offset)
        if self.big and size > _SEGMENT and bytes(cell[:2]) == b"db":
            return self._segments(size, cell)
        if size > len(cell):
            raise ParseError("a value longer than its cell", expected=_WHOLE)
        return bytes(cell[:size])

    def _segments(self, size: int, cell: memoryview) -> bytes:
        head = self.record("BIG_DATA_BLOCK", cell)
        listed = self.cell(head.offset_to_list_of_segments)
        needed = -(-size // _SEGMENT)
        if head.number_of_segments != needed or needed * 4 > len(listed):
            raise ParseError("a long value whose parts do not add up", expected=_WHOLE)
        parts = (self.cell(at)[:_SEGMENT] for at in struct.unpack_from(f"<{needed}I", listed))
        data = b"".join(parts)
        if len(data) < size:
            raise ParseError("a long value whose parts do not add up", expected=_WHOLE)
        return data[:size]


class _HiveKey(Key):
    """A key whose keys and values are read when they are asked for, and kept."""

    def __init__(self, hive: _Hive, offset: int, parent: int | None, depth: int) -> None:
        self._hive = hive
        self._offset = offset
        self._node = hive.node(offset, parent)
        self._depth = depth
        self._children: dict[str, Key] | None = None
        self._values: dict[str, Data] | None = None
        raw = self._node.key_name_string
        self.name = raw.decode("latin-1") if self._node.flags.KEY_COMP_NAME else raw.decode("utf-16-le", "replace")

    def children(self) -> Mapping[str, Key]:
        """See `Key.children`."""
        if self._children is None:
            if self._depth >= _MAX_DEPTH:
                raise ParseError(f"keys deeper than {_MAX_DEPTH}", expected=_WHOLE)
            if self._node.flags.KEY_SYM_LINK:  # Windows' own links are made at each start, and not kept
                self.broken_keys = ParseError("a key that leads to another one", expected=_WHOLE)
            found: list[tuple[str, Key]] = []
            try:
                for offset in self._hive.subkeys(self._node.subkeys_list_offset, self._node.subkey_count):
                    self._take(found, offset)
            except ParseError as exc:
                self.broken_keys = exc
            self._children = _each_of_its_name(found)
            if len(self._children) < len(found):
                self.broken_keys = ParseError("two keys of one name", expected=_WHOLE)
        return self._children

    def _take(self, found: list[tuple[str, Key]], offset: int) -> None:
        try:
            key = _HiveKey(self._hive, offset, self._offset, self._depth + 1)
        except ParseError as exc:
            self.broken_keys = exc
        else:
            found.append((key.name.lower(), key))

    def values(self) -> Mapping[str, Data]:
        """See `Key.values`."""
        if self._values is None:
            found: list[tuple[str, Data]] = []
            try:
                listed = self._hive.values(self._node.values_list_offset, self._node.values_count)
                for offset in dict.fromkeys(listed):
                    self._hive.spend()
                    self._keep(found, offset)
            except ParseError as exc:
                self.broken_values = exc
            self._values = _each_of_its_name(found)
            if len(self._values) < len(found):
                self.broken_values = ParseError("two values of one name", expected=_WHOLE)
        return self._values

    def _keep(self, found: list[tuple[str, Data]], offset: int) -> None:
        try:
            name, data = self._hive.value(offset)
        except ParseError as exc:
            self.broken_values = exc
        else:
            found.append((name.lower(), data))


def _each_of_its_name(named: list[tuple[str, T]]) -> dict[str, T]:
    """What has a name of its own: of two with one name nobody knows which one counts."""
    counts = Counter(name for name, _ in named)
    return {name: item for name, item in named if counts[name] == 1}
