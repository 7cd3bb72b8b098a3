"""rpm's databases, made by hand from the descriptions of their formats."""

import struct

PAGE = 4096


def header(name: str, version: str = "1", release: str = "2", epoch: int | None = None, filler: int = 0) -> bytes:
    """A header blob with an i18n table, the names, and an entry of `filler` bytes that nobody reads."""
    data = b"C\x00"
    entries = [(100, 8, 0, 1)]
    for tag, value in ((1000, name), (1001, version), (1002, release)):
        entries.append((tag, 6, len(data), 1))
        data += value.encode() + b"\x00"
    if epoch is not None:
        data += bytes(-len(data) % 4)
        entries.append((1003, 4, len(data), 1))
        data += struct.pack(">I", epoch)
    entries.append((1005, 7, len(data), filler))
    data += bytes(filler)
    index = b"".join(struct.pack(">iIiI", *entry) for entry in entries)
    return struct.pack(">II", len(entries), len(data)) + index + data


def ndb(*blobs: bytes) -> bytes:
    """A `Packages.db` with one page of slots."""
    slots = [b""] * (PAGE // 16 - 2)
    body = b""
    for index, blob in enumerate(blobs, 1):
        room = -(-(len(blob) + 28) // 16) * 16
        slots[index - 1] = struct.pack("<4sIII", b"Slot", index, (PAGE + len(body)) // 16, room // 16)
        start = struct.pack("<4sIII", b"BlbS", index, 1, len(blob)) + blob
        body += start + bytes(room - len(start) - 12) + struct.pack("<II4s", 0, len(blob), b"BlbE")
    table = b"".join(slot or struct.pack("<4sIII", b"Slot", 0, 0, 0) for slot in slots)
    return struct.pack("<4sIIIIIII", b"RpmP", 0, 1, 1, len(blobs) + 1, 0, 0, 0) + table + body


def bdb(*blobs: bytes, order: str = "<", inline: bool = False) -> bytes:
    """A Berkeley DB hash with one bucket page, and each blob on overflow pages of its own unless `inline`."""
    items = [b"\x01\x00\x00\x00\x00", b"\x01" + struct.pack(order + "I", len(blobs))]
    pages = []
    for number, blob in enumerate(blobs, 1):
        items.append(b"\x01" + struct.pack(order + "I", number))
        if inline:
            items.append(b"\x01" + blob)
            continue
        first = 2 + len(pages)
        items.append(b"\x03\x00\x00\x00" + struct.pack(order + "II", first, len(blob)))
        pieces = [blob[at : at + PAGE - 26] for at in range(0, len(blob), PAGE - 26)]
        for at, piece in enumerate(pieces):
            following = first + at + 1 if at + 1 < len(pieces) else 0
            pages.append(
                _page(order, first + at, following, entries=1, free=len(piece), kind=7)
                + piece.ljust(PAGE - 26, b"\x00")
            )
    meta = bytes(8) + struct.pack(order + "IIII", 0, 0x00061561, 9, PAGE) + bytes([0, 8, 0, 0])
    meta += struct.pack(order + "II", 0, 1 + len(pages))
    return meta.ljust(PAGE, b"\x00") + _bucket(order, items) + b"".join(pages)


def _bucket(order: str, items: list[bytes]) -> bytes:
    page = bytearray(PAGE)
    at = PAGE
    offsets = []
    for item in items:
        at -= len(item)
        page[at : at + len(item)] = item
        offsets.append(at)
    start = _page(order, 1, 0, entries=len(items), free=at, kind=13) + struct.pack(f"{order}{len(offsets)}H", *offsets)
    page[: len(start)] = start
    return bytes(page)


def _page(order: str, number: int, following: int, *, entries: int, free: int, kind: int) -> bytes:
    return bytes(8) + struct.pack(order + "IIIHHBB", number, 0, following, entries, free, 1 if kind == 7 else 0, kind)
