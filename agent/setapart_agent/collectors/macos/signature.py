"""The team that signed a program, read from its Mach-O file by a few ranged reads.

A universal file (big-endian) holds one Mach-O per architecture. A Mach-O's load commands name where its code signature
stands: a SuperBlob (big-endian), whose first slot is the CodeDirectory, and that names the team. Formats: Apple's
<mach-o/fat.h>, <mach-o/loader.h> and xnu's cs_blobs.h (`CodeDirectory.teamOffset`, from version 0x20200 on).

Nothing is verified here: the system did that when it opened the program first, and the answer is as good as the disk. A
program that Apple signed, or nobody, has no team. Tried on programs for macOS that their makers signed and published.
"""

import re
import struct
from collections.abc import Callable

Read = Callable[[int, int], bytes]
"""Gives the bytes at an offset, of at most a length; fewer where the file ends or can't be read."""

_FAT, _FAT64 = 0xCAFEBABE, 0xCAFEBABF
_MAGIC = {
    b"\xcf\xfa\xed\xfe": ("<", 32),
    b"\xce\xfa\xed\xfe": ("<", 28),
    b"\xfe\xed\xfa\xcf": (">", 32),
    b"\xfe\xed\xfa\xce": (">", 28),
}
"""First bytes of a Mach-O to its byte order and the length of its header."""
_CODE_SIGNATURE = 0x1D
_SUPER_BLOB, _CODE_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
_DIRECTORY_SLOT = 0
_SUPPORTS_TEAM = 0x20200
_TEAM_AT = 48
_HEAD = 4096
_MOST_COMMANDS = 256 * 1024
_MOST_SLOTS = 64
_LARGEST = 1 << 40
"""Bytes of the largest program: an offset beyond is made up."""
_DIRECTORY_HEAD = 4096
_TEAM = re.compile(rb"[0-9A-Z]{10}(?=\x00)")


def team_of(read: Read) -> str | None:
    """`team:` and the team's ten characters, or `None` where there is no well-formed signature of a developer.

    Args:
        read: gives parts of the program; called at most seven times, for some hundred KiB at most.
    """
    try:
        start = _slice(read)
        signature = None if start is None else _signature(read, start)
        team = None if signature is None else _team(read, signature)
    except struct.error:
        return None
    return None if team is None else f"team:{team}"


def _slice(read: Read) -> int | None:
    """Where the first Mach-O starts: all architectures of one program are signed by one team."""
    head = read(0, 40)
    if len(head) < 8:  # noqa: PLR2004 - a magic number and a count
        return None
    magic, count = struct.unpack_from(">II", head)
    if magic not in (_FAT, _FAT64):
        return 0
    if not 0 < count <= _MOST_SLOTS:  # a Java class file has the same magic number, and a version here
        return None
    (offset,) = struct.unpack_from(">I" if magic == _FAT else ">Q", head, 16)
    return int(offset) if offset <= _LARGEST else None


def _signature(read: Read, start: int) -> int | None:
    """Where the code signature stands in the file."""
    head = read(start, _HEAD)
    order, size = _MAGIC.get(head[:4], ("", 0))
    if not order:
        return None
    count, length = struct.unpack_from(f"{order}II", head, 16)
    if length > _MOST_COMMANDS:
        return None
    commands = head[size : size + length]
    if len(commands) < length:
        commands = read(start + size, length)
    at = 0
    for _ in range(min(count, len(commands) // 8)):
        command, step = struct.unpack_from(f"{order}II", commands, at)
        if command == _CODE_SIGNATURE:
            (offset,) = struct.unpack_from(f"{order}I", commands, at + 8)
            return start + int(offset)
        if step < 8:  # noqa: PLR2004 - the two words just read
            return None
        at += step
    return None


def _team(read: Read, signature: int) -> str | None:
    head = read(signature, 12 + 8 * _MOST_SLOTS)
    magic, _, slots = struct.unpack_from(">III", head)
    if magic != _SUPER_BLOB or slots > _MOST_SLOTS:
        return None
    found = (struct.unpack_from(">II", head, 12 + 8 * slot) for slot in range(slots))
    offset = next((offset for kind, offset in found if kind == _DIRECTORY_SLOT), None)
    if offset is None:
        return None
    at = signature + offset
    directory = read(at, _DIRECTORY_HEAD)
    magic, _, version = struct.unpack_from(">III", directory)
    if magic != _CODE_DIRECTORY or version < _SUPPORTS_TEAM:
        return None
    (where,) = struct.unpack_from(">I", directory, _TEAM_AT)
    name = directory[where : where + 11] if where + 11 <= len(directory) else read(at + where, 11)
    team = _TEAM.match(name) if where else None
    return team[0].decode("ascii") if team else None
