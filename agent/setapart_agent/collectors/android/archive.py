"""Zip archives of strangers: nothing is extracted by name, members are streamed under limits."""

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from setapart_agent.errors import SourceError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MAGIC = b"PK\x03\x04"
RATIO_LIMIT = 200
"""How many times its packed size a member may have, once it is longer than `RATIO_FREE`."""
RATIO_FREE = 64 * 1024 * 1024
MEMBER_LIMIT = 20_000
DIRECTORY_LIMIT = 16 * 1024 * 1024
"""Bytes that the archive's directory may have."""

_CHUNK = 1024 * 1024
_END_RECORD = b"PK\x05\x06"
_END_RECORD_REACH = 22 + 65_535


class BrokenArchiveError(Exception):
    """A member's content does not go on, or must not; the message says why, and names nothing."""


def open_archive(file: IO[bytes], expected: str) -> "ZipFile":
    """The archive behind a file whose directory is small enough to be read.

    Args:
        file: from its beginning; stays open as long as the archive.
        expected: what the caller wanted, for the error.

    Raises:
        SourceError: it is not, or not a zip.
    """
    from zipfile import BadZipFile, ZipFile

    try:
        _check_directory(file, expected)
        archive = ZipFile(file)
    except (BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError, OSError) as exc:
        raise SourceError(f"a broken zip: {exc}", expected=expected) from None
    if len(archive.infolist()) > MEMBER_LIMIT:
        archive.close()
        raise SourceError(f"a zip with more than {MEMBER_LIMIT} members", expected=expected)
    return archive


def _check_directory(file: IO[bytes], expected: str) -> None:
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_RECORD_REACH))
    tail = file.read(_END_RECORD_REACH)
    file.seek(0)
    at = tail.rfind(_END_RECORD)
    directory = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if directory > DIRECTORY_LIMIT:
        raise SourceError("a zip with an oversized directory", expected=expected)


def pieces(archive: "ZipFile", member: "ZipInfo", limit: int) -> Iterator[bytes]:
    """A member's content.

    Args:
        archive: the archive.
        member: one of its own.
        limit: bytes that are given at most.

    Raises:
        BrokenArchiveError: it breaks off, or goes on beyond the limit or the ratio; what came before has been given.
    """
    import zlib
    from zipfile import BadZipFile

    size = 0
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(min(_CHUNK, limit)):
                size += len(chunk)
                yield chunk
                if size >= limit or (size > RATIO_FREE and size > RATIO_LIMIT * max(member.compress_size, 1)):
                    raise BrokenArchiveError("longer than what is read")
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError, OverflowError, EOFError, OSError, zlib.error):
        # Encrypted, packed in a way that we do not know, cut off, or with a wrong check sum.
        raise BrokenArchiveError("the archive breaks off here") from None
