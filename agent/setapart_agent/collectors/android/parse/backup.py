"""The apps of an Android backup: a file of `adb backup`, such as androidqf's `backup.ab`.

Four lines, `ANDROID BACKUP`, the version (1 to 5), 1 if packed by zlib, and `none` or `AES-256`; then a tar, in which
each app has a folder `apps/<package>/` that starts with `_manifest`: lines with 1, the package, its version code,
Android's API level, the installer or nothing, 1 if its APK follows, the number of certificates, and each in
hexadecimal digits. Xiaomi's own backups put lines of theirs before the first. Source: BackupManagerService and
AppMetadataBackupWriter of AOSP.

Names and certificates are read, nothing of what an app has saved. Many apps forbid backups, and from Android 12 on
those that do not say otherwise are left out: such a list is never whole.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator

from msgspec import Struct

from setapart_agent.collectors.android.parse.pm_list import COLLECTOR, PACKAGE_NAME
from setapart_agent.collectors.base import Unsupported, uncovered
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage
from setapart_evidence.statement import Maturity

KIND = "android.backup"
MATURITY: Maturity = "untested"

NOT_ALL = "a backup holds only apps that allow it"
ENCRYPTED = "the backup is encrypted: take one without a password"

SIZE_LIMIT = 16 * 1024 * 1024 * 1024
"""Bytes that are unpacked."""
RATIO_LIMIT = 1100
"""How many times its packed size a backup may have: zlib packs nothing tighter than 1032 to 1."""

_MAGIC = b"ANDROID BACKUP\n"
_XIAOMI = b"MIUI BACKUP\n"
_LONGEST_HEAD = 1024
_HEADER = re.compile(rb"ANDROID BACKUP\n(\d{1,3})\n([01])\n([\w-]{1,16})\n")
_BLOCK = 512
_CHUNK = 1024 * 1024
_LONGEST_MANIFEST = 256 * 1024
_MOST_APPS = 20_000
_PAX_PATH = re.compile(rb"\d{1,6} path=([^\n]{1,4096})\n")
_CERTIFICATE = re.compile(r"(?:[0-9a-fA-F]{2}){64,16384}")
_CERTIFICATES_FROM = 7


class SavedApp(Struct, frozen=True, kw_only=True):
    """One app; `publisher` is `sha256:` and the digest of its only certificate, if that is told."""

    name: str
    publisher: str | None = None


class Backup(Struct, frozen=True, kw_only=True):
    """The apps of a backup, and why there may be more in it than were found."""

    apps: tuple[SavedApp, ...] = ()
    encrypted: bool = False
    damage: str | None = None


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """Whether this is an Android backup."""
    return content.startswith(_MAGIC) or (content.startswith(_XIAOMI) and _MAGIC in content[:_LONGEST_HEAD])


def parse(files: FileSet) -> Facts:
    """The apps; never all of them.

    Raises:
        ParseError: not a backup.
    """
    backup = read(files.main)
    user = "0" if files.profile == "unknown" else files.profile
    if backup.encrypted:
        return Facts(coverage=(uncovered("apps", user, COLLECTOR, Unsupported(ENCRYPTED)),))
    row = Coverage(section="apps", profile=user, collector=COLLECTOR, status="partial", reason=backup.damage or NOT_ALL)
    return Facts(
        apps=tuple(
            App(identifier=app.name, profile=user, source="backup", publisher=app.publisher) for app in backup.apps
        ),
        coverage=(row,),
    )


def read(raw: bytes) -> Backup:
    """The apps that a backup holds.

    Raises:
        ParseError: not a backup, or of a version that nobody knows.
    """
    header = _HEADER.match(raw, max(0, raw.find(_MAGIC, 0, _LONGEST_HEAD)))
    if header is None or not recognise("", raw):
        raise ParseError("no heading of a backup", expected="a file of `adb backup`")
    if header[3] != b"none":
        return Backup(encrypted=True)
    reader = _Reader()
    damage: str | None = None
    try:
        for chunk in _unpacked(raw, header.end()) if header[2] == b"1" else _pieces(raw, header.end()):
            reader.feed(chunk)
            if reader.ended:
                break
    except zlib.error:
        damage = "the backup breaks off"
    except _TooLongError:
        damage = "the backup is longer than what is read"
    apps = tuple(SavedApp(name=name, publisher=publisher) for name, publisher in reader.apps.items())
    return Backup(apps=apps, damage=damage or reader.damage)


class _TooLongError(Exception):
    """More than the limits allow."""


def _pieces(raw: bytes, start: int) -> Iterator[bytes]:
    for at in range(start, len(raw), _CHUNK):
        yield raw[at : at + _CHUNK]


def _unpacked(raw: bytes, start: int) -> Iterator[bytes]:
    """The unpacked content, piece by piece.

    Raises:
        zlib.error: broken.
        _TooLongError: beyond the limits.
    """
    unpacker = zlib.decompressobj()
    size = 0
    limit = min(SIZE_LIMIT, RATIO_LIMIT * (len(raw) - start) + _CHUNK)
    for piece in _pieces(raw, start):
        rest = piece
        while rest and not unpacker.eof:
            chunk = unpacker.decompress(rest, _CHUNK)
            rest = unpacker.unconsumed_tail
            size += len(chunk)
            if size > limit:
                raise _TooLongError
            yield chunk
    yield unpacker.flush(_CHUNK)


class _Reader:
    """Walks through a tar as it comes; only headings and manifests are kept."""

    def __init__(self) -> None:
        self.apps: dict[str, str | None] = {}
        self.ended = False
        self._odd: str | None = None
        self._buffer = b""
        self._skip = 0
        self._wanted = 0
        self._package: str | None = None
        self._path: bytes | None = None

    @property
    def damage(self) -> str | None:
        """Why there may be more apps than were found."""
        if self._odd is None and not self.ended:
            return "the backup breaks off"
        return self._odd

    def feed(self, chunk: bytes) -> None:
        """Takes the next piece."""
        if self._skip >= len(chunk):
            self._skip -= len(chunk)
            return
        data = self._buffer + chunk[self._skip :]
        self._skip = at = 0
        while not self.ended:
            if self._wanted:
                if len(data) - at < self._wanted:
                    break
                self._content(data[at : at + self._wanted])
                at += self._wanted
                self._wanted = 0
            elif len(data) - at >= _BLOCK:
                self._heading(data[at : at + _BLOCK])
                at += _BLOCK
            else:
                break
            if self._skip:
                step = min(self._skip, len(data) - at)
                at += step
                self._skip -= step
        self._buffer = data[at:]

    def _heading(self, block: bytes) -> None:
        """One heading of 512 bytes; what follows is skipped, kept if it is a manifest or a long name."""
        if not block.strip(b"\0"):
            self.ended = True
            return
        size = _number(block[124:136])
        if size is None or block[257:262] != b"ustar":
            self._odd, self.ended = "the backup is broken", True
            return
        padded = -(-size // _BLOCK) * _BLOCK
        if block[156:157] == b"x" and size <= _LONGEST_MANIFEST:
            self._package, self._wanted = None, padded
            return
        prefix = block[345:500].rstrip(b"\0")
        name = block[:100].rstrip(b"\0")
        path, self._path = self._path or (prefix + b"/" + name if prefix else name), None
        package = self._found(path)
        if package is not None and path.endswith(b"/_manifest") and 0 < size <= _LONGEST_MANIFEST:
            self._package, self._wanted = package, padded
        else:
            self._skip = padded

    def _found(self, path: bytes) -> str | None:
        """The package whose folder a path is in, which is noted."""
        parts = path.decode("utf-8", "replace").split("/", 2)
        if parts[0] != "apps" or not any(parts[1:]):
            return None
        if PACKAGE_NAME.fullmatch(parts[1]) is None or len(self.apps) >= _MOST_APPS:
            self._odd = self._odd or "an entry of the backup is broken"
            return None
        self.apps.setdefault(parts[1], None)
        return parts[1]

    def _content(self, content: bytes) -> None:
        """The content of a manifest, or of the heading of a long name."""
        if self._package is None:
            path = _PAX_PATH.search(content)
            self._path = path[1] if path else None
            return
        lines = content.rstrip(b"\0").decode("ascii", "replace").split("\n")
        if len(lines) > _CERTIFICATES_FROM and lines[1] == self._package and lines[6] == "1":
            digits = lines[_CERTIFICATES_FROM]
            if _CERTIFICATE.fullmatch(digits):
                self.apps[self._package] = f"sha256:{hashlib.sha256(bytes.fromhex(digits)).hexdigest()}"


def _number(field: bytes) -> int | None:
    """A size: octal digits, or from 8 GiB on the bytes themselves behind a set bit."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if re.fullmatch(rb"[0-7]{1,11}", digits) else None
