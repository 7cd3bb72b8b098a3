"""Bug reports as a source: the zip that `adb bugreport` saves, or its main text alone.

In the zip `main_entry.txt` names the main text (Android 7 and later; `bugreport-<device>-<build>-<date>.txt`), and
`FS/` holds copies of files, which are not read. The zip comes from a stranger's device: nothing is extracted by name,
members are streamed under limits, and every member that could be the main text is read, so that a decoy hides nothing.
Format: docs of AOSP's dumpstate (bugreport-format.md).
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from setapart_agent.collectors.android.collector import collect
from setapart_agent.collectors.android.held import HeldSource, moment_of, outputs_of
from setapart_agent.collectors.android.parse.bugreport import Section, Splitter, is_dumpstate
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

KIND = "android.bugreport"
MATURITY: Maturity = "captures"

TEXT_LIMIT = 512 * 1024 * 1024
"""Bytes that are streamed of one text."""
RATIO_LIMIT = 200
"""How many times its packed size a text may have, once it is longer than `RATIO_FREE`."""
RATIO_FREE = 64 * 1024 * 1024
MEMBER_LIMIT = 20_000
DIRECTORY_LIMIT = 16 * 1024 * 1024
"""Bytes that the zip's directory may have."""

_CHUNK = 1024 * 1024
_ZIP = b"PK\x03\x04"
_MAIN_ENTRY = "main_entry.txt"
_MAIN_ENTRY_LIMIT = 4096
_MOST_TEXTS = 8
_MAIN_TEXT = re.compile(r"bugreport[^/\\]*\.txt|dumpstate(?:-[^/\\]*)?\.txt|dumpState_[^/\\]*\.(?:log|txt)")
_END_RECORD = b"PK\x05\x06"
_END_RECORD_REACH = 22 + 65_535
_BREAKS_OFF = b"\n*** the archive breaks off here ***\n"
_TOO_LONG = b"\n*** longer than what is read of a bug report ***\n"


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the main text of a bug report, or a zip with a main text."""
    if content.startswith(_ZIP):
        try:
            return bool(_texts_of(BytesIO(content)))
        except SourceError:
            return False
    return is_dumpstate(content[: 1024 * 1024])


def parse(files: FileSet) -> Facts:
    """Everything that the bug report tells, with coverage.

    Raises:
        ParseError: not a bug report.
    """
    try:
        return collect(_source(BytesIO(files.main), "the file")[0]).facts
    except SourceError as exc:
        raise ParseError(exc.got, expected=exc.expected, cure=exc.cure) from None


def open_bugreport(path: Path) -> HeldSource:
    """A bug report as a source.

    Raises:
        SourceError: no such file, or not a bug report.
    """
    try:
        if not path.is_file():
            raise SourceError(f"no file {str(path)!r}", expected="a bug report, zip or txt")
        with path.open("rb") as file:
            source, stamp = _source(file, repr(path.name))
            source.taken_at = moment_of(stamp, file.fileno())
            return source
    except OSError as exc:
        raise SourceError(f"{str(path)!r}: {exc.strerror}", expected="a bug report that can be read") from None


def _source(file: IO[bytes], name: str) -> tuple[HeldSource, str | None]:
    """The source, and when the report says that it was taken."""
    head = file.read(len(_ZIP))
    file.seek(0)
    splitter = Splitter()
    sections = _sections_of_zip(file, splitter) if head == _ZIP else _sections_of_text(file, splitter)
    if not sections:
        raise SourceError(
            f"{name} is not a bug report",
            expected="the zip that `adb bugreport` saves, or its main text",
            cure="take one with `adb bugreport FILE.zip` and give that file",
        )
    return HeldSource("bugreport", outputs_of(sections), called="a bug report"), splitter.taken_at


def _sections_of_text(file: IO[bytes], splitter: Splitter) -> tuple[Section, ...]:
    left = TEXT_LIMIT
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        splitter.feed(chunk)
        left -= len(chunk)
    if left <= 0 and file.read(1):
        splitter.feed(_TOO_LONG)
    return splitter.end()


def _sections_of_zip(file: IO[bytes], splitter: Splitter) -> tuple[Section, ...]:
    with _archive(file) as archive:
        for member in _members(archive):
            for chunk in _stream(archive, member, TEXT_LIMIT):
                splitter.feed(chunk)
            splitter.end_of_text()
    return splitter.end()


def _texts_of(file: IO[bytes]) -> tuple[str, ...]:
    with _archive(file) as archive:
        return tuple(member.filename for member in _members(archive))


def _archive(file: IO[bytes]) -> "ZipFile":
    """The archive behind a file whose directory is small enough to be read.

    Raises:
        SourceError: it is not.
    """
    from zipfile import BadZipFile, ZipFile

    try:
        _check_directory(file)
        archive = ZipFile(file)
    except (BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError, OSError) as exc:
        raise SourceError(f"a broken zip: {exc}", expected="the zip that `adb bugreport` saves") from None
    if len(archive.infolist()) > MEMBER_LIMIT:
        archive.close()
        raise SourceError(f"a zip with more than {MEMBER_LIMIT} members", expected="a bug report")
    return archive


def _check_directory(file: IO[bytes]) -> None:
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_RECORD_REACH))
    tail = file.read(_END_RECORD_REACH)
    file.seek(0)
    at = tail.rfind(_END_RECORD)
    directory = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if directory > DIRECTORY_LIMIT:
        raise SourceError("a zip with an oversized directory", expected="a bug report")


def _members(archive: "ZipFile") -> tuple["ZipInfo", ...]:
    """The members that may be the main text: the one that `main_entry.txt` names, and those named like one."""
    root = [member for member in archive.infolist() if "/" not in member.filename and "\\" not in member.filename]
    named = set()
    for member in root:
        if member.filename == _MAIN_ENTRY:
            content = b"".join(_stream(archive, member, _MAIN_ENTRY_LIMIT))
            named.add(content.decode("utf-8", "replace").strip())
    named.discard(_MAIN_ENTRY)
    found = tuple(member for member in root if member.filename in named or _MAIN_TEXT.fullmatch(member.filename))
    if len(found) > _MOST_TEXTS:
        raise SourceError(f"a zip with more than {_MOST_TEXTS} main texts", expected="one bug report")
    return found


def _stream(archive: "ZipFile", member: "ZipInfo", limit: int) -> Iterator[bytes]:
    """A member's content in pieces, with a mark where it breaks off or a limit ends it."""
    import zlib
    from zipfile import BadZipFile

    size = 0
    try:
        with archive.open(member) as stream:
            while chunk := stream.read(min(_CHUNK, limit)):
                size += len(chunk)
                yield chunk
                if size >= limit or (size > RATIO_FREE and size > RATIO_LIMIT * max(member.compress_size, 1)):
                    yield _TOO_LONG
                    return
    except (BadZipFile, NotImplementedError, RuntimeError, ValueError, OverflowError, EOFError, OSError, zlib.error):
        # Encrypted, packed in a way that we do not know, cut off, or with a wrong check sum.
        yield _BREAKS_OFF
