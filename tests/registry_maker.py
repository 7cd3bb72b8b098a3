"""Registry hives and exports from one description, written by the formats' specifications.

A description is a dict: names to dicts (keys) or to values. Values: `str` is REG_SZ, `int` REG_DWORD, `bytes`
REG_BINARY, a tuple of `str` REG_MULTI_SZ, `Expand` REG_EXPAND_SZ, `Qword` REG_QWORD, `Raw` any type with any bytes.
Format: M. Suhanov, "Windows registry file format specification"; Microsoft, ".reg files".
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any

from setapart_agent.collectors.windows.parse.registry_key import Data, Key, TreeKey, data_of

BASE = 4096
FILETIME = 133_000_000_000_000_000


class Expand(str):
    """Text of the type REG_EXPAND_SZ."""

    __slots__ = ()


class Qword(int):
    """A number of the type REG_QWORD."""


class Raw(tuple[int, bytes]):
    """A type and the bytes of a value, whatever they mean."""

    __slots__ = ()


def encoded(value: Any) -> tuple[int, bytes]:
    """The type and bytes of a value."""
    if isinstance(value, Raw):
        return value[0], value[1]
    if isinstance(value, str):
        return (2 if isinstance(value, Expand) else 1), utf16(value + "\0")
    if isinstance(value, bytes):
        return 3, value
    if isinstance(value, tuple):
        return 7, utf16("".join(f"{item}\0" for item in value) + "\0")
    return (11, struct.pack("<Q", value)) if isinstance(value, Qword) else (4, struct.pack("<I", value))


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def hive(
    tree: Mapping[str, Any],
    *,
    name: str = "",
    root: str = "ROOT",
    lists: str = "lh",
    sequence: tuple[int, int] = (1, 1),
    minor: int = 5,
    written: int = FILETIME,
) -> bytes:
    """A hive file.

    Args:
        tree: what the root key holds.
        name: the file name that the header carries.
        root: the name of the root key.
        lists: the kind of the lists of keys: lf, lh, li, or ri for a list of lists.
        sequence: the two sequence numbers; a hive whose numbers differ is dirty.
        minor: the minor version.
        written: when it was written last, in ticks of 100 ns since 1601.
    """
    writer = _Writer(lists, minor)
    top = writer.key(root, tree, 0xFFFFFFFF, 0x2C)
    body = bytearray(writer.bins())
    head = bytearray(BASE)
    struct.pack_into("<4sIIQIIIIIII", head, 0, b"regf", *sequence, written, 1, minor, 0, 1, top, len(body), 1)
    head[48:112] = utf16(name)[:64].ljust(64, b"\0")
    return bytes(sealed(head)) + bytes(body)


def sealed(head: bytearray) -> bytearray:
    """A header with its checksum."""
    total = 0
    for (word,) in struct.iter_unpack("<I", head[:508]):
        total ^= word
    struct.pack_into("<I", head, 508, total)
    return head


class _Writer:
    def __init__(self, lists: str, minor: int) -> None:
        self._cells = bytearray()
        self._lists = lists
        self._minor = minor

    def bins(self) -> bytes:
        """All cells in one bin; what is left over is one free cell."""
        size = -(-(32 + len(self._cells)) // 4096) * 4096
        free = size - 32 - len(self._cells)
        tail = struct.pack("<i", free).ljust(free, b"\0") if free else b""
        return struct.pack("<4sIIQQI", b"hbin", 0, size, 0, FILETIME, 0) + bytes(self._cells) + tail

    def cell(self, content: bytes) -> int:
        at = 32 + len(self._cells)
        size = -(-(4 + len(content)) // 8) * 8
        self._cells += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
        return at

    def key(self, name: str, tree: Mapping[str, Any], parent: int, flags: int = 0x20) -> int:
        compressed = all(ord(char) < 256 for char in name)
        raw = name.encode("latin-1") if compressed else utf16(name)
        head = bytearray(76) + raw
        at = self.cell(bytes(head))
        children = {key: value for key, value in tree.items() if isinstance(value, Mapping)}
        values = {key: value for key, value in tree.items() if not isinstance(value, Mapping)}
        below = sorted(children, key=str.upper)
        keys = self._list([(key, self.key(key, children[key], at)) for key in below])
        listed = [self.value(key, value) for key, value in values.items()]
        listing = self.cell(struct.pack(f"<{len(listed)}I", *listed)) if listed else 0xFFFFFFFF
        struct.pack_into(
            "<2sHQIIIIIIIIIIIIIIIHH", head, 0,
            b"nk", (flags & ~0x20) | (0x20 if compressed else 0), FILETIME, 0, parent, len(below), 0, keys, 0xFFFFFFFF,
            len(listed), listing, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0, 0, len(raw), 0,
        )  # fmt: skip
        self._cells[at - 32 + 4 : at - 32 + 4 + len(head)] = head
        return at

    def _list(self, keys: list[tuple[str, int]]) -> int:
        if not keys:
            return 0xFFFFFFFF
        if self._lists == "ri":
            halves = [half for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]) if half]
            offsets = [self._leaf("lh", half) for half in halves]
            return self.cell(b"ri" + struct.pack(f"<H{len(offsets)}I", len(offsets), *offsets))
        return self._leaf(self._lists, keys)

    def _leaf(self, kind: str, keys: list[tuple[str, int]]) -> int:
        content = kind.encode() + struct.pack("<H", len(keys))
        for name, offset in keys:
            content += struct.pack("<I", offset)
            if kind == "lf":
                content += name.encode("latin-1", "replace")[:4].ljust(4, b"\0")
            elif kind == "lh":
                content += struct.pack("<I", name_hash(name))
        return self.cell(content)

    def value(self, name: str, value: Any) -> int:
        kind, data = encoded(value)
        if len(data) <= 4:
            size, at = len(data) | 0x80000000, int.from_bytes(data.ljust(4, b"\0"), "little")
        elif len(data) > 16344 and self._minor >= 4:
            parts = [self.cell(data[start : start + 16344]) for start in range(0, len(data), 16344)]
            segments = self.cell(struct.pack(f"<{len(parts)}I", *parts))
            size, at = len(data), self.cell(b"db" + struct.pack("<HI", len(parts), segments))
        else:
            size, at = len(data), self.cell(data)
        compressed = all(ord(char) < 256 for char in name)
        raw = name.encode("latin-1") if compressed else utf16(name)
        return self.cell(struct.pack("<2sHIIIHH", b"vk", len(raw), size, at, kind, int(compressed), 0) + raw)


def name_hash(name: str) -> int:
    """The hash of a name in lists of the kind lh."""
    total = 0
    for char in name.upper():
        total = (total * 37 + ord(char)) & 0xFFFFFFFF
    return total


def reg_text(tree: Mapping[str, Any], root: str = "HKEY_CURRENT_USER") -> bytes:
    """The export of a key: what `reg export` writes, UTF-16 with a byte-order mark and lines that end in CR LF."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    _export(root, tree, lines)
    return b"\xff\xfe" + utf16("\r\n".join(lines) + "\r\n")


def _export(path: str, tree: Mapping[str, Any], lines: list[str]) -> None:
    lines.append(f"[{path}]")
    for name, value in tree.items():
        if not isinstance(value, Mapping):
            lines.append((f'"{_escaped(name)}"' if name else "@") + "=" + _written(value))
    lines.append("")
    for name, value in tree.items():
        if isinstance(value, Mapping):
            _export(f"{path}\\{name}", value, lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _written(value: Any) -> str:
    kind, data = encoded(value)
    if kind == 1 and not isinstance(value, Raw):
        return f'"{_escaped(value)}"'
    if kind == 4 and len(data) == 4:
        return f"dword:{int.from_bytes(data, 'little'):08x}"
    head = "hex:" if kind == 3 else f"hex({kind:x}):"
    digits = [f"{byte:02x}" for byte in data]
    rows = [",".join(digits[start : start + 24]) for start in range(0, len(digits), 24)] or [""]
    return head + ",\\\r\n  ".join(rows)


def merged(*trees: Mapping[str, Any]) -> dict[str, Any]:
    """Several descriptions in one; of two values of a name the last wins."""
    found: dict[str, Any] = {}
    for tree in trees:
        for name, value in tree.items():
            old = found.get(name)
            found[name] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return found


def at(path: str, tree: Mapping[str, Any]) -> dict[str, Any]:
    r"""A description whose keys stand below a path such as `Software\Microsoft`."""
    found: Mapping[str, Any] = tree
    for part in reversed(path.split("\\")):
        found = {part: found}
    return dict(found)


def key_of(tree: Mapping[str, Any], name: str = "") -> TreeKey:
    """A key in memory."""
    key = TreeKey(name)
    for child, value in tree.items():
        if isinstance(value, Mapping):
            key.held[child.lower()] = key_of(value, child)
        else:
            key.kept[child.lower()] = data_of(*encoded(value))
    return key


def walk(key: Key) -> Iterator[tuple[str, str, Data]]:
    """Every value with the path of its key; a key without values too; what is broken ends it."""
    pending = [(key.name, key)]
    while pending:
        path, at = pending.pop()
        values = at.values()
        if at.broken_values is not None:
            raise at.broken_values
        yield from ((path, name, data) for name, data in values.items())
        if not values:
            yield path, "", b""
        pending += [(f"{path}/{child.name}", child) for child in at]
