"""LevelDB's files, made by hand from the descriptions of their formats."""

import struct
from collections.abc import Sequence

Write = tuple[bytes, bytes | None]
"""A key, and its value or `None` for "deleted"."""


def varint(number: int) -> bytes:
    """Seven bits a byte, low bits first."""
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def log(writes: Sequence[Write], sequence: int = 1) -> bytes:
    """A log with one batch, cut into records at the borders of blocks."""
    batch = struct.pack("<QI", sequence, len(writes))
    for key, value in writes:
        batch += bytes([value is not None]) + varint(len(key)) + key
        batch += b"" if value is None else varint(len(value)) + value
    out = b""
    first = True
    while batch or first:
        room = 32768 - len(out) % 32768
        if room < 7:
            out += bytes(room)
            continue
        piece, batch = batch[: room - 7], batch[room - 7 :]
        kind = (1 if first else 4) if not batch else (2 if first else 3)
        out += struct.pack("<IHB", 0, len(piece), kind) + piece
        first = False
    return out


def table(writes: Sequence[Write], sequence: int = 1, *, packed: bool = False) -> bytes:
    """A table with a block per four keys; `packed` puts blocks through snappy, as one literal each."""
    out = b""
    index: list[Write] = []
    ordered = sorted(writes, key=lambda write: write[0])
    for at in range(0, len(ordered), 4):
        part = [(_internal(key, value, sequence), value or b"") for key, value in ordered[at : at + 4]]
        block = _stored(_block(part), packed)
        index.append((part[-1][0], varint(len(out)) + varint(len(block) - 5)))
        out += block
    meta = _stored(_block([]), packed)
    handles = varint(len(out)) + varint(len(meta) - 5)
    out += meta
    block = _stored(_block(index), packed)
    handles += varint(len(out)) + varint(len(block) - 5)
    return out + block + handles.ljust(40, b"\x00") + struct.pack("<Q", 0xDB4775248B80FB57)


def snappy(data: bytes) -> bytes:
    """Snappy with literals only."""
    out = varint(len(data))
    for at in range(0, len(data), 60):
        piece = data[at : at + 60]
        out += bytes([(len(piece) - 1) << 2]) + piece
    return out


def web_app(url: bytes, name: bytes, state: int | None = 1) -> bytes:
    """The record of a web app: field 1 is sync_data (1 is the start address, 2 the name), 8 is install_state."""
    inner = b"\x0a" + varint(len(url)) + url + b"\x12" + varint(len(name)) + name + b"\x18\x01"
    return b"\x28\x05" + b"\x0a" + varint(len(inner)) + inner + (b"" if state is None else b"\x40" + varint(state))


def _internal(key: bytes, value: bytes | None, sequence: int) -> bytes:
    return key + struct.pack("<Q", sequence << 8 | (value is not None))


def _block(entries: Sequence[tuple[bytes, bytes | None]]) -> bytes:
    out = b""
    last = b""
    for key, value in entries:
        shared = 0
        while shared < min(len(key), len(last)) and key[shared] == last[shared]:
            shared += 1
        out += varint(shared) + varint(len(key) - shared) + varint(len(value or b"")) + key[shared:] + (value or b"")
        last = key
    return out + struct.pack("<II", 0, 1)


def _stored(block: bytes, packed: bool) -> bytes:
    return (snappy(block) + b"\x01" if packed else block + b"\x00") + bytes(4)
