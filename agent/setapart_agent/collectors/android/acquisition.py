"""What androidqf wrote: a folder, or a zip of one (`<uuid>.zip`), as files by name.

androidqf before 1.8 leaves a folder, later ones also a zip, packed by itself or by whoever carried it, with the files
at its root or in one folder. With a key it encrypts the zip by age (`<uuid>.zip.age`), which only the key's owner
opens. Source: acquisition/{acquisition,secure,encrypted_stream}.go of androidqf.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from setapart_agent.collectors.android.archive import MAGIC, BrokenArchiveError, open_archive, pieces
from setapart_agent.collectors.base import Absent, Denied, Failed, Observed
from setapart_agent.errors import SourceError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

KNOWN = frozenset({"packages.json", "dumpsys.txt", "getprop.txt", "bugreport.zip", "acquisition.json"})
"""Names of which at least one is there."""

_EXPECTED = "a folder written by androidqf, or a zip of one"
_AGE = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")
_IN_MEMORY = 64 * 1024 * 1024
_DEEPEST = 4

File = Observed[IO[bytes]] | Absent | Denied | Failed


class Acquisition(Protocol):
    """The files of one acquisition."""

    @property
    def written(self) -> float:
        """When it was last written to, in seconds since 1970."""

    def open(self, name: str, limit: int) -> File:
        """A file, to be closed by the caller; `Failed` for one that is longer than `limit` bytes or broken."""


@contextmanager
def open_acquisition(path: Path) -> Iterator[Acquisition]:
    """The acquisition that a folder or a zip holds.

    Raises:
        SourceError: there is none, it is encrypted, or there are several.
    """
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        if not path.is_file():
            raise SourceError(f"no folder {str(path)!r}", expected=_EXPECTED)
        with path.open("rb") as file:
            head = file.read(64)
            if head.startswith(_AGE):
                raise SourceError(
                    f"{path.name!r} is encrypted by age",
                    expected=_EXPECTED,
                    cure="decrypt it with its key: age --decrypt -i KEY -o FILE.zip FILE.zip.age",
                )
            if not head.startswith(MAGIC):
                raise SourceError(f"{path.name!r} is no zip", expected=_EXPECTED)
            with open_archive(file, _EXPECTED) as archive:
                yield _Zip(archive, os.fstat(file.fileno()).st_mtime)
    except OSError as exc:
        raise SourceError(f"{path.name!r}: {exc.strerror}", expected=_EXPECTED) from None


class _Folder:
    """A folder; links are not followed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def written(self) -> float:
        """See `Acquisition`."""
        return self._path.stat().st_mtime

    def open(self, name: str, limit: int) -> File:
        """See `Acquisition`."""
        try:
            handle = os.open(self._path / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except FileNotFoundError:
            return Absent()
        except PermissionError:
            return Denied(f"{name}: permission denied")
        except OSError as exc:
            return Failed(f"{name}: {exc.strerror}")
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            os.close(handle)
            return Failed(f"{name} is not a file")
        if status.st_size > limit:
            os.close(handle)
            return Failed(f"{name} is longer than {limit} bytes")
        return Observed(open(handle, "rb"))  # noqa: PTH123 - a descriptor; the caller closes it


class _Zip:
    """A zip; a name that it holds twice is read by nobody, since either may be the decoy."""

    def __init__(self, archive: "ZipFile", written: float) -> None:
        self.written = written
        self._archive = archive
        self._members: dict[str, list[ZipInfo]] = {}
        prefix = _prefix(archive)
        for member in archive.infolist():
            if member.filename.startswith(prefix):
                self._members.setdefault(member.filename[len(prefix) :], []).append(member)

    def open(self, name: str, limit: int) -> File:
        """See `Acquisition`."""
        from tempfile import SpooledTemporaryFile

        members = self._members.get(name, [])
        if not members:
            return Absent()
        if len(members) > 1:
            return Failed(f"the archive holds {name} twice")
        file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            for chunk in pieces(self._archive, members[0], limit):
                file.write(chunk)
        except BrokenArchiveError as exc:
            file.close()
            return Failed(f"{name}: {exc}")
        file.seek(0)
        return Observed(file)


def _prefix(archive: "ZipFile") -> str:
    """The folder of the archive that holds the files, with its slash, or nothing.

    Raises:
        SourceError: none does, or several do.
    """
    found = {
        name.rpartition("/")[0]
        for name in archive.namelist()
        if name.rpartition("/")[2] in KNOWN and name.count("/") < _DEEPEST
    }
    top = {folder for folder in found if not any(folder.startswith(f"{one}/") or not one for one in found - {folder})}
    if not top:
        raise SourceError("nothing of androidqf in this zip", expected=_EXPECTED)
    if len(top) > 1:
        raise SourceError("several acquisitions in one zip", expected="one", cure="unpack it and give one folder")
    folder = top.pop()
    return f"{folder}/" if folder else ""
