"""LevelDB's two kinds of files, as far as one needs them to look up the keys with one prefix.

A table (`.ldb`, doc/table_format.md) is sorted blocks with an index; a log (`.log`, doc/log_format.md) is batches of
writes in records. A key may stand in several files: the highest sequence number counts, and it may say "deleted".
"""

import struct
from collections.abc import Iterable, Iterator

from msgspec import Struct

from setapart_agent.collectors.browser.parse.snappy import decompress, varint
from setapart_agent.errors import ParseError

_FOOTER = 48
_MAGIC = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
_TRAILER = 5  # compression and checksum after each block
_SEQUENCE = 8
_LOG_BLOCK = 32768
_LOG_HEADER = struct.Struct("<IHB")
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_DELETION, _VALUE = 0, 1
_BATCH_HEADER = 12
_MOST = 8 * 1024 * 1024
"""Bytes of unpacked blocks that one table may give."""


class _Write(Struct, frozen=True, kw_only=True):
    key: bytes
    sequence: int
    value: bytes | None


def is_table(content: bytes) -> bool:
    """Whether a file ends like a table."""
    return len(content) >= _FOOTER and content.endswith(_MAGIC)


def may_hold(prefix: bytes, content: bytes) -> bool:
    """Whether a file has writes below a prefix; one that is broken may have, and `values_below` tells."""
    if not is_table(content):
        return prefix in content
    try:
        return any(True for _ in _table(content, prefix))
    except ParseError:
        return True


def values_below(prefix: bytes, contents: Iterable[bytes]) -> dict[bytes, bytes]:
    """The newest values of all keys that start with `prefix`, over all files of one database.

    Raises:
        ParseError: a file is broken; a log that ends inside a record is not, since LevelDB itself allows for that.
    """
    newest: dict[bytes, _Write] = {}
    for content in contents:
        writes = _table(content, prefix) if is_table(content) else _log(content, prefix)
        for write in writes:
            known = newest.get(write.key)
            if known is None or known.sequence <= write.sequence:
                newest[write.key] = write
    return {key: write.value for key, write in newest.items() if write.value is not None}


def _table(content: bytes, prefix: bytes) -> Iterator[_Write]:
    footer = content[-_FOOTER:]
    _, at = varint(footer, 0)
    _, at = varint(footer, at)
    offset, at = varint(footer, at)
    size, _ = varint(footer, at)
    budget = _MOST
    index = _block(content, offset, size, budget)
    for last_key, handle in _entries(index):
        if last_key[:-_SEQUENCE] < prefix:
            continue
        offset, at = varint(handle, 0)
        size, _ = varint(handle, at)
        block = _block(content, offset, size, budget)
        budget -= len(block)
        for key, value in _entries(block):
            user_key = key[:-_SEQUENCE]
            if user_key.startswith(prefix):
                tag = int.from_bytes(key[-_SEQUENCE:], "little")
                yield _Write(key=user_key, sequence=tag >> 8, value=value if tag & 0xFF == _VALUE else None)
        if last_key[:-_SEQUENCE] > prefix + b"\xff":
            return


def _block(content: bytes, offset: int, size: int, limit: int) -> bytes:
    end = offset + size
    if end + _TRAILER > len(content):
        raise ParseError("a LevelDB block outside its table", expected="a whole table")
    block, compression = content[offset:end], content[end]
    if compression == 1:
        return decompress(block, limit)
    if compression != 0 or size > limit:
        raise ParseError(f"a LevelDB block of compression {compression}", expected="none or snappy")
    return block


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values; a key says how many bytes it shares with the one before."""
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    if len(block) < 4 or end < 0:  # noqa: PLR2004 - the count of restarts
        raise ParseError("a broken LevelDB block", expected="a whole table")
    key = b""
    at = 0
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        length, at = varint(block, at)
        if shared > len(key) or at + own + length > end or shared + own < _SEQUENCE:
            raise ParseError("a broken LevelDB entry", expected="a whole table")
        key = key[:shared] + block[at : at + own]
        at += own
        yield key, block[at : at + length]
        at += length


def _log(content: bytes, prefix: bytes) -> Iterator[_Write]:
    if prefix not in content:
        return
    for batch in _records(content):
        if prefix in batch:
            yield from _batch(batch, prefix)


def _records(content: bytes) -> Iterator[bytes]:
    pending: list[bytes] = []
    at = 0
    while at + _LOG_HEADER.size <= len(content):
        room = _LOG_BLOCK - at % _LOG_BLOCK
        if room < _LOG_HEADER.size:
            at += room
            continue
        _, length, kind = _LOG_HEADER.unpack_from(content, at)
        start = at + _LOG_HEADER.size
        if kind == 0 and length == 0:  # room that was set aside and never written
            at += room
            continue
        if kind not in (_FULL, _FIRST, _MIDDLE, _LAST) or length > room - _LOG_HEADER.size:
            raise ParseError("a broken LevelDB record", expected="a whole log")
        if start + length > len(content):
            return
        if kind in (_FULL, _FIRST):
            pending = []
        pending.append(content[start : start + length])
        if kind in (_FULL, _LAST):
            yield b"".join(pending)
            pending = []
        at = start + length


def _batch(batch: bytes, prefix: bytes) -> Iterator[_Write]:
    if len(batch) < _BATCH_HEADER:
        raise ParseError("a broken LevelDB batch", expected="a whole log")
    sequence, count = struct.unpack_from("<QI", batch)
    at = _BATCH_HEADER
    for number in range(min(count, len(batch))):
        if at >= len(batch) or batch[at] not in (_DELETION, _VALUE):
            raise ParseError("a broken LevelDB batch", expected="a whole log")
        kind = batch[at]
        key, at = _slice(batch, at + 1)
        value: bytes | None = None
        if kind == _VALUE:
            value, at = _slice(batch, at)
        if key.startswith(prefix):
            yield _Write(key=key, sequence=sequence + number, value=value)


def _slice(data: bytes, at: int) -> tuple[bytes, int]:
    length, at = varint(data, at)
    if at + length > len(data):
        raise ParseError("a broken LevelDB batch", expected="a whole log")
    return data[at : at + length], at + length
