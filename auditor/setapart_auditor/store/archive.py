"""The file of a backup: a tar of members in zstd, of which the last one, the manifest, names every other's digest.

`tables/NAME/00000000` holds rows (a MessagePack array of arrays), `folder/PATH` a file of the auditor's folder.
Everything that reads an archive verifies it first: names, order, sizes and digests. Behind the zstd frame a skippable
one (RFC 8878, section 3.1.2), which other programs pass over, holds the SHA-256 of all before it: bits of a frame that
change nothing in what it unpacks to are seen too.
"""

import datetime as dt
import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import zstandard
from msgspec import Meta, Struct

from setapart_auditor.errors import StoreError
from setapart_auditor.whole_file import new_file

FORMAT = 1
MANIFEST = "manifest.json"
TABLES = "tables/"
FOLDER = "folder/"
_MOST_BYTES = 256 * 1024 * 1024
"""In one member: rows come in chunks far below this."""
_NAME = re.compile(r"(?:tables/[a-z_]{1,60}/[0-9]{8}|folder/[^/\0]{1,255}(?:/[^/\0]{1,255}){0,7})\Z")
_AT_ONCE = 1024 * 1024
_WINDOW = 1 << 27
_SEAL = (0x184D2A50).to_bytes(4, "little") + (32).to_bytes(4, "little")
_SEAL_BYTES = len(_SEAL) + 32

Kind = Literal["int", "text", "bytes", "date", "bool"]


class Member(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member: its name, size in bytes, and hex SHA-256."""

    name: str
    size: int
    sha256: str


class DumpedColumn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column, and what its values are."""

    name: str
    kind: Kind


class DumpedTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table: its columns, and how many rows of it there are."""

    name: str
    columns: tuple[DumpedColumn, ...]
    rows: int


class Manifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in a backup. Tables stand before those that refer to them; `schema` is the version they are of."""

    format: int
    made_at: Annotated[dt.datetime, Meta(tz=True)]
    schema: str
    tables: tuple[DumpedTable, ...]
    members: tuple[Member, ...]


class ArchiveWriter:
    """Writes members one after the other, and the manifest at the end."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members: list[Member] = []

    def add(self, name: str, raw: bytes) -> None:
        """Adds a member.

        Raises:
            StoreError: no backup can hold it.
        """
        if not _is_name(name) or len(raw) > _MOST_BYTES:
            raise StoreError(f"{name} can't be in a backup", expected="files of a usual name and size")
        self._members.append(Member(name=name, size=len(raw), sha256=hashlib.sha256(raw).hexdigest()))
        self._put(name, raw)

    def finish(self, made_at: dt.datetime, schema: str, tables: tuple[DumpedTable, ...]) -> Manifest:
        """Adds the manifest, and returns it."""
        manifest = Manifest(format=FORMAT, made_at=made_at, schema=schema, tables=tables, members=tuple(self._members))
        self._put(MANIFEST, msgspec.json.encode(manifest))
        return manifest

    def _put(self, name: str, raw: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(raw), 0o600
        self._tar.addfile(info, io.BytesIO(raw))


@contextmanager
def new_archive(path: Path) -> Iterator[ArchiveWriter]:
    """A new archive, readable by its owner alone; it is there, and on disk, once all went well.

    Raises:
        StoreError: there is such a file already.
    """
    if path.exists() or path.is_symlink():
        raise _there_already(path)
    try:
        with new_file(path) as file:
            compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
            with (
                compressor.stream_writer(file, closefd=False) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield ArchiveWriter(tar)
            file.seek(0)
            seal = _SEAL + hashlib.file_digest(file, "sha256").digest()
            file.write(seal)
    except FileExistsError:
        raise _there_already(path) from None


def verify_archive(path: Path) -> Manifest:
    """Reads an archive once, and returns its manifest if every byte is what that says.

    Raises:
        StoreError: it is no backup, or a damaged one, or of a later form.
    """
    found: list[Member] = []
    manifest: Manifest | None = None
    for name, raw in _read(path):
        if manifest is not None:
            raise _damaged(path, "something follows the manifest")
        if name == MANIFEST:
            manifest = _manifest(path, raw)
        else:
            found.append(Member(name=name, size=len(raw), sha256=hashlib.sha256(raw).hexdigest()))
    if manifest is None:
        raise _damaged(path, "it has no end")
    if tuple(found) != manifest.members:
        raise _damaged(path, "its members are not those of its manifest")
    if len({one.name for one in found}) != len(found):
        raise _damaged(path, "a member is there twice")
    if not _is_sealed(path):
        raise _damaged(path, "it is not the file that was written")
    return manifest


def members(path: Path, manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """The members of a verified archive in their order, verified again as they are read.

    Raises:
        StoreError: it is not the archive that was verified.
    """
    expected = iter(manifest.members)
    for name, raw in _read(path):
        one = next(expected, None)
        if name == MANIFEST and one is None:
            return
        if one is None or (name, len(raw), hashlib.sha256(raw).hexdigest()) != (one.name, one.size, one.sha256):
            raise _damaged(path, "it changed while it was read")
        yield name, raw


def _read(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with path.open("rb") as file:
            unpacked = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(file, closefd=False)
            with unpacked, tarfile.open(fileobj=unpacked, mode="r|") as tar:
                for info in tar:
                    if not info.isreg() or not 0 <= info.size <= _MOST_BYTES or not _is_name(info.name):
                        raise _damaged(path, "a member that no backup has")
                    stream = tar.extractfile(info)
                    raw = stream.read() if stream is not None else b""
                    if len(raw) != info.size:
                        raise _damaged(path, "it is cut off")
                    yield info.name, raw
    except (zstandard.ZstdError, tarfile.TarError, EOFError, ValueError, OverflowError):
        raise _damaged(path, "it is no zstd of a tar, or cut off") from None


def _is_sealed(path: Path) -> bool:
    """Whether the digest at the end is that of all before it."""
    with path.open("rb") as file:
        left = max(0, file.seek(0, os.SEEK_END) - _SEAL_BYTES)
        file.seek(0)
        found = hashlib.sha256()
        while left and (part := file.read(min(left, _AT_ONCE))):
            found.update(part)
            left -= len(part)
        return file.read() == _SEAL + found.digest()


def _manifest(path: Path, raw: bytes) -> Manifest:
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _damaged(path, "its manifest can't be read") from None
    if manifest.format != FORMAT:
        raise StoreError(
            f"a backup of form {manifest.format}", expected=f"form {FORMAT}", cure="upgrade setapart", where=str(path)
        )
    return manifest


def _is_name(name: str) -> bool:
    return name == MANIFEST or (_NAME.match(name) is not None and not {".", ".."} & set(name.split("/")))


def _damaged(path: Path, got: str) -> StoreError:
    return StoreError(
        f"the backup is damaged: {got}",
        expected="a file as `setapart-auditor db backup` wrote it",
        cure="use another backup; nothing was changed",
        where=str(path),
    )


def _there_already(path: Path) -> StoreError:
    return StoreError(f"{path} is there already", expected="the name of a new file", cure="name another")
