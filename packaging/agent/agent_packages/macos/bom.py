"""Bills of materials (Bom), by which macOS's Installer knows what a package put where.

Apple documents mkbom(8) and lsbom(8), not the file. This is what the free readers of the format describe (`bom.h` of
bomutils, `format.rs` of apple-bom) and find in Apple's own files: blocks that are found by their numbers, some of them
by names, and a tree whose leaves hold the paths in the order of parent and name. Big-endian.
"""

import struct
import zlib

from agent_packages.macos.entry import Entry

_HEADER_BYTES = 512
_LEAF = 256
"""Paths in a leaf."""
_BLOCK = 4096
_FOLDER, _FILE = 2, 1
_ANY_ARCHITECTURE = 3
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Blocks:
    """The blocks of a file. Number 0 is nobody's."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = [b""]
        self._names: list[tuple[str, int]] = []

    def add(self, content: bytes) -> int:
        self._blocks.append(content)
        return len(self._blocks) - 1

    def replace(self, number: int, content: bytes) -> None:
        self._blocks[number] = content

    def name(self, name: str, content: bytes) -> None:
        self._names.append((name, self.add(content)))

    def whole(self) -> bytes:
        """Header, names, blocks, the table of blocks, and an empty list of free ones."""
        names = struct.pack(">I", len(self._names))
        names += b"".join(struct.pack(">IB", number, len(name)) + name.encode() for name, number in self._names)
        place = _HEADER_BYTES + len(names)
        table = struct.pack(">I", len(self._blocks))
        for block in self._blocks:
            table += struct.pack(">II", place if block else 0, len(block))
            place += len(block)
        table += struct.pack(">I4I", 0, 0, 0, 0, 0)
        header = struct.pack(
            ">8s6I", b"BOMStore", 1, len(self._blocks) - 1, place, len(table), _HEADER_BYTES, len(names)
        )
        return header.ljust(_HEADER_BYTES, b"\0") + names + b"".join(self._blocks) + table


def bill(entries: tuple[Entry, ...], moment: int) -> bytes:
    """The bill of entries, each folder before what it holds; all of them root's and of one moment."""
    blocks = _Blocks()
    blocks.name("BomInfo", struct.pack(">3I4I", 1, len(entries) + 1, 1, 0, 0, 0, 0))
    blocks.name("Paths", _tree(_paths(blocks, entries, moment), len(entries)))
    blocks.name("HLIndex", _tree(blocks.add(_leaf(())), 0))
    blocks.name("VIndex", struct.pack(">3IB", 1, blocks.add(_tree(blocks.add(_leaf(())), 0, size=128)), 0, 0))
    blocks.name("Size64", _tree(blocks.add(_leaf(())), 0))
    return blocks.whole()


def checksum(content: bytes) -> int:
    """The CRC of cksum(1) (POSIX): zlib's polynomial, but the bits come the other way round, and the length last."""
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8, "little")
    found = zlib.crc32(length.translate(_REVERSED), zlib.crc32(content.translate(_REVERSED), 0xFFFFFFFF))
    return int(f"{found:032b}"[::-1], 2)


def _paths(blocks: _Blocks, entries: tuple[Entry, ...], moment: int) -> int:
    """The number of the block where the tree of paths begins."""
    rows = [_path(blocks, number, parent, entry, moment) for number, parent, entry in _numbered(entries)]
    leaves = [tuple(rows[start : start + _LEAF]) for start in range(0, len(rows), _LEAF)]
    numbers = [blocks.add(b"") for _ in leaves]
    for place, leaf in enumerate(leaves):
        after = numbers[place + 1] if place + 1 < len(numbers) else 0
        before = numbers[place - 1] if place else 0
        blocks.replace(numbers[place], _leaf(leaf, after=after, before=before))
    if len(leaves) == 1:
        return numbers[0]
    branches = tuple((number, leaf[-1][1]) for number, leaf in zip(numbers, leaves, strict=True))
    return blocks.add(_leaf(branches, holds_paths=False))


def _numbered(entries: tuple[Entry, ...]) -> list[tuple[int, int, Entry]]:
    """Number, parent's number and entry, in the tree's order."""
    held: dict[str, list[Entry]] = {}
    for entry in entries:
        held.setdefault(entry.name.rpartition("/")[0], []).append(entry)
    waiting = [(0, entry) for entry in held[""]]
    found: list[tuple[int, int, Entry]] = []
    while len(found) < len(waiting):
        parent, entry = waiting[len(found)]
        found.append((len(found) + 1, parent, entry))
        below = sorted(held.get(entry.name, ()), key=lambda each: each.name.encode())
        waiting += [(len(found), each) for each in below]
    return found


def _path(blocks: _Blocks, number: int, parent: int, entry: Entry, moment: int) -> tuple[int, int]:
    """The two blocks of a path: what it is, and how it is called."""
    kind = _FOLDER if entry.is_folder else _FILE
    user, group, link_bytes = 0, 0, 0
    what = blocks.add(
        struct.pack(
            ">BBHHIIIIBII",
            kind, 1, _ANY_ARCHITECTURE, entry.mode, user, group, moment, len(entry.content),
            1, 0 if entry.is_folder else checksum(entry.content), link_bytes,
        )
    )  # fmt: skip
    name = entry.name.rpartition("/")[2].encode() + b"\0"
    return blocks.add(struct.pack(">II", number, what)), blocks.add(struct.pack(">I", parent) + name)


def _leaf(rows: tuple[tuple[int, int], ...], *, holds_paths: bool = True, after: int = 0, before: int = 0) -> bytes:
    head = struct.pack(">HHII", int(holds_paths), len(rows), after, before)
    return head + b"".join(struct.pack(">II", *row) for row in rows)


def _tree(begins: int, count: int, *, size: int = _BLOCK) -> bytes:
    return struct.pack(">4s4IB", b"tree", 1, begins, size, count, 0)
