"""Bug reports as a source: the zip that `adb bugreport` saves, or its main text alone.

In the zip `main_entry.txt` names the main text (Android 7 and later; `bugreport-<device>-<build>-<date>.txt`), and
`FS/` holds copies of files, which are not read; packed again, all this may stand in one folder. The zip comes from a
stranger's device: nothing is extracted by name, members are streamed under limits, and every member that could be the
main text is read, so that a decoy hides nothing. Format: docs of AOSP's dumpstate (bugreport-format.md).
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from setapart_agent.collectors.android.archive import MAGIC, BrokenArchiveError, open_archive, pieces
from setapart_agent.collectors.android.collector import collect
from setapart_agent.collectors.android.held import HeldSource, moment_of, outputs_of
from setapart_agent.collectors.android.parse.bugreport import Section, Splitter, is_dumpstate
from setapart_agent.collectors.android.parse.command_output import TOO_LONG
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.statement import Maturity

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

KIND = "android.bugreport"
MATURITY: Maturity = "captures"

TEXT_LIMIT = 512 * 1024 * 1024
"""Bytes that are streamed of one text."""

_CHUNK = 1024 * 1024
_EXPECTED = "the zip that `adb bugreport` saves"
_MAIN_ENTRY = "main_entry.txt"
_MAIN_ENTRY_LIMIT = 4096
_MOST_TEXTS = 8
_MAIN_TEXT = re.compile(r"bugreport[^/\\]*\.txt|dumpstate(?:-[^/\\]*)?\.txt|dumpState_[^/\\]*\.(?:log|txt)")


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is the main text of a bug report, or a zip with a main text."""
    if content.startswith(MAGIC):
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


def sections_of(file: IO[bytes], name: str) -> tuple[tuple[Section, ...], str | None]:
    """The sections that matter, and when the report says that it was taken.

    Args:
        file: zip or text, from its beginning.
        name: how the error calls it.

    Raises:
        SourceError: not a bug report.
    """
    head = file.read(len(MAGIC))
    file.seek(0)
    splitter = Splitter()
    sections = _sections_of_zip(file, splitter) if head == MAGIC else _sections_of_text(file, splitter)
    if not sections:
        raise SourceError(
            f"{name} is not a bug report",
            expected="the zip that `adb bugreport` saves, or its main text",
            cure="take one with `adb bugreport FILE.zip` and give that file",
        )
    return sections, splitter.taken_at


def _source(file: IO[bytes], name: str) -> tuple[HeldSource, str | None]:
    """The source, and when the report says that it was taken."""
    sections, stamp = sections_of(file, name)
    return HeldSource("bugreport", outputs_of(sections), called="a bug report"), stamp


def _sections_of_text(file: IO[bytes], splitter: Splitter) -> tuple[Section, ...]:
    left = TEXT_LIMIT
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        splitter.feed(chunk)
        left -= len(chunk)
    if left <= 0 and file.read(1):
        splitter.feed(TOO_LONG)
    return splitter.end()


def _sections_of_zip(file: IO[bytes], splitter: Splitter) -> tuple[Section, ...]:
    with open_archive(file, _EXPECTED) as archive:
        for member in _members(archive):
            for chunk in _marked(archive, member, TEXT_LIMIT):
                splitter.feed(chunk)
            splitter.end_of_text()
    return splitter.end()


def _texts_of(file: IO[bytes]) -> tuple[str, ...]:
    with open_archive(file, _EXPECTED) as archive:
        return tuple(member.filename for member in _members(archive))


def _members(archive: "ZipFile") -> tuple["ZipInfo", ...]:
    """The members that may be the main text: the one that `main_entry.txt` names, and those named like one."""
    near: list[tuple[ZipInfo, str, str]] = []
    named: set[tuple[str, str]] = set()
    for member in archive.infolist():
        folder, _, name = member.filename.rpartition("/")
        if "/" in folder or "\\" in member.filename:
            continue
        if name == _MAIN_ENTRY:
            content = b"".join(_marked(archive, member, _MAIN_ENTRY_LIMIT))
            named.add((folder, content.decode("utf-8", "replace").strip()))
        else:
            near.append((member, folder, name))
    found = tuple(
        member for member, folder, name in near if (folder, name) in named or _MAIN_TEXT.fullmatch(name) is not None
    )
    if len(found) > _MOST_TEXTS:
        raise SourceError(f"a zip with more than {_MOST_TEXTS} main texts", expected="one bug report")
    return found


def _marked(archive: "ZipFile", member: "ZipInfo", limit: int) -> Iterator[bytes]:
    """A member's content in pieces, with a mark where it breaks off or a limit ends it."""
    try:
        yield from pieces(archive, member, limit)
    except BrokenArchiveError as exc:
        yield f"\n*** {exc} ***\n".encode()
