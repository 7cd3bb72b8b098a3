"""Transaction logs of a hive: what Windows had noted and not yet written into it when it stopped.

A hive whose two sequence numbers differ was being written. Since Windows 8.1 its logs hold entries (`HvLE`), each with
a sequence number and two Marvin32 hashes; before, a bitmap of changed sectors and those sectors (`DIRT`). Only entries
that are whole, and that follow one another from the hive's own number on, are applied, as Windows does. Behind the
entries of a log may stand what is left of older ones, whose numbers are below that of the log's header; a log whose
header is broken is none. A hive whose header has a wrong sum was being written, too: Windows takes the header out of a
log, and here it stays in doubt.

Format: M. Suhanov, "Windows registry file format specification", github.com/msuhanov/regf, "Format of transaction log
files". Ours and not regipy's, whose replay takes entries of any number and checks no hash.
"""

import struct
from collections.abc import Iterator
from functools import reduce
from operator import xor

from msgspec import Struct

_BASE = 4096
_LOG_BASE = 512
_SECTOR = 512
_ENTRY = struct.Struct("<4sIIIIIQQ")
_MAX_ENTRY = 64 * 1024 * 1024
_SEED = 0x82EF4D887A4E55C5
_MASK = 0xFFFFFFFF
_DOUBT = "the hive was being written when the system stopped, and its log does not complete it"


class _Entry(Struct, frozen=True):
    sequence: int
    size: int
    pages: tuple[tuple[int, int, int], ...]
    """Where in the hive's bins, where in the log, how many bytes."""
    log: bytes


def replayed(hive: bytes, logs: tuple[bytes, ...]) -> tuple[bytes, str | None]:
    """The hive with what its logs complete, and a reason for doubt where it was being written and they do not.

    Args:
        hive: the primary file, with a header.
        logs: the logs' contents, in any order.
    """
    primary, secondary = struct.unpack_from("<II", hive, 4)
    if not _has_its_sum(hive):
        return hive, _DOUBT
    if primary == secondary:
        return hive, None
    logs = tuple(log for log in logs if _is_whole(log))
    entries = sorted(
        (entry for log in logs for entry in _entries(log) if entry.sequence >= secondary), key=lambda one: one.sequence
    )
    if entries:
        return _applied(hive, entries), None
    for log in logs:
        older = _sectors(hive, log, primary)
        if older is not None:
            return older, None
    return hive, _DOUBT


def _has_its_sum(head: bytes) -> bool:
    """Whether the last word of a header is the exclusive or of those before it, of which two values are never used."""
    words: tuple[int, ...] = struct.unpack_from("<128I", head)
    found = reduce(xor, words[:-1])
    return words[-1] == {0: 1, _MASK: _MASK - 1}.get(found, found)


def _is_whole(log: bytes) -> bool:
    """Whether a log has a header that was written to its end."""
    return len(log) > _LOG_BASE and log.startswith(b"regf") and log[4:8] == log[8:12] and _has_its_sum(log)


def _entries(log: bytes) -> Iterator[_Entry]:
    at = _LOG_BASE
    (first_number,) = struct.unpack_from("<I", log, 4)
    while at + _ENTRY.size <= len(log):
        signature, size, _flags, sequence, bins, count, first, second = _ENTRY.unpack_from(log, at)
        if signature != b"HvLE" or not _ENTRY.size + 8 * count <= size <= min(len(log) - at, _MAX_ENTRY):
            return
        head = log[at : at + 32]
        if sequence < first_number or marvin32(head) != second or marvin32(log[at + _ENTRY.size : at + size]) != first:
            return
        pages: list[tuple[int, int, int]] = []
        data = at + _ENTRY.size + 8 * count
        for index in range(count):
            target, length = struct.unpack_from("<II", log, at + _ENTRY.size + 8 * index)
            if data + length > at + size or target + length > bins:
                return
            pages.append((target, data, length))
            data += length
        yield _Entry(sequence, bins, tuple(pages), log)
        at += size


def _applied(hive: bytes, entries: list[_Entry]) -> bytes:
    found = bytearray(hive)
    expected = entries[0].sequence
    for entry in entries:
        if entry.sequence != expected:
            if entry.sequence < expected:
                continue  # the same entry in the other log
            break
        expected += 1
        if len(found) < _BASE + entry.size <= len(hive) + _MAX_ENTRY:  # the hive has grown
            found.extend(bytes(_BASE + entry.size - len(found)))
        for target, data, length in entry.pages:
            if _BASE + target + length <= len(found):
                found[_BASE + target : _BASE + target + length] = entry.log[data : data + length]
    return bytes(found)


def _sectors(hive: bytes, log: bytes, primary: int) -> bytes | None:
    """The hive with the sectors of an older log, or `None` where it is none of this hive's."""
    if len(log) < _LOG_BASE + 4 or log[_LOG_BASE : _LOG_BASE + 4] != b"DIRT":
        return None
    if struct.unpack_from("<I", log, 4) != (primary,):
        return None
    (bins,) = struct.unpack_from("<I", log, 40)
    bitmap = log[_LOG_BASE + 4 : _LOG_BASE + 4 + bins // _SECTOR // 8]
    at = -(-(_LOG_BASE + 4 + len(bitmap)) // _SECTOR) * _SECTOR
    found = bytearray(hive)
    for number, byte in enumerate(bitmap):
        for bit in range(8):
            if byte >> bit & 1:
                sector = log[at : at + _SECTOR]
                target = _BASE + (number * 8 + bit) * _SECTOR
                if len(sector) < _SECTOR or target > len(found):
                    return None
                found[target : target + _SECTOR] = sector
                at += _SECTOR
    return bytes(found)


def marvin32(data: bytes, seed: int = _SEED) -> int:
    """The hash of log entries. Source: the specification above; and .NET's System.Marvin, of which this is the form."""
    low, high = seed & _MASK, seed >> 32
    whole = len(data) & ~3
    tail = int.from_bytes(data[whole:] + b"\x80", "little")
    for word in (*struct.unpack_from(f"<{whole // 4}I", data), tail, 0):
        low = (low + word) & _MASK
        high ^= low
        low = ((low << 20 | low >> 12) + high) & _MASK
        high = (high << 9 | high >> 23) & _MASK ^ low
        low = ((low << 27 | low >> 5) + high) & _MASK
        high = (high << 19 | high >> 13) & _MASK
    return high << 32 | low
