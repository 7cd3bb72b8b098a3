"""The folder of a backup: its files by domain and path, as Manifest.db lists them.

iOS 10 and later: a file lies in `<first two digits>/<id>` under its id, which is the SHA-1 of domain, `-` and path; in
some copies straight in the folder. The folder is a stranger's: ids that are none, links, and what is no regular file
are refused, nothing is read without a limit, and of the manifest only the rows of the few files that are wanted.
"""

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed, Outcome
from setapart_agent.collectors.ios.parse import backup_manifest
from setapart_agent.collectors.sqlite_snapshot import Rows, read_rows_of_file
from setapart_agent.errors import ParseError

FILE_LIMIT = 64 * 1024 * 1024
NOT_IN_FOLDER = "listed in the backup's manifest and not in its folder"
"""The reason of rows for files that somebody left out or took away."""

HOME, PREFERENCES = "HomeDomain", "SystemPreferencesDomain"
CLIP_FOLDER = "Library/WebClips/"
PROFILE_FOLDERS = (
    ("SysSharedContainerDomain-systemgroup.com.apple.configurationprofiles", "Library/ConfigurationProfiles/"),
    (HOME, "Library/ConfigurationProfiles/"),
    (HOME, "Library/UserConfigurationProfiles/"),
)
"""Domain and folder of the profiles of the device, of older versions of iOS, and of enrolled users (user enrolment)."""

_ID = re.compile(r"[0-9a-f]{40}", re.ASCII)
_FILE = 1  # Manifest.db's flags: 1 a file, 2 a folder, 4 a link
_MOST_FILES = 5_000


class ListedFile(Struct, frozen=True):
    """A row of the manifest."""

    id: str
    domain: str
    path: str


class Opener(Protocol):
    """Gives the content of a listed file; decrypts it where the backup is encrypted."""

    def __call__(self, listed: ListedFile, path: Path) -> Outcome[bytes]:
        """The content of the file that lies at a path of the folder."""


class Backup:
    """The files of one backup that are wanted."""

    def __init__(self, folder: Path, rows: Rows, opener: Opener) -> None:
        self.rows = rows
        self._folder = folder
        self._opener = opener
        self._listed = {
            (domain, path): ListedFile(str(number), domain, path)
            for number, domain, path, flags in rows.get("files", ())
            if isinstance(domain, str) and isinstance(path, str) and flags == _FILE
        }

    @property
    def cut(self) -> bool:
        """Whether the manifest lists more wanted files than are looked at."""
        return len(self.rows.get("files", ())) >= _MOST_FILES

    def lists(self, domain: str, path: str) -> bool:
        """Whether the manifest lists a file."""
        return (domain, path) in self._listed

    def below(self, domain: str, folder: str) -> tuple[str, ...]:
        """The paths of the files that are listed below a folder."""
        return tuple(path for where, path in self._listed if where == domain and path.startswith(folder))

    def read(self, domain: str, path: str) -> Outcome[bytes]:
        """The content of a file: absent if the manifest does not list it, failed if the folder lacks it."""
        listed = self._listed.get((domain, path))
        if listed is None:
            return Absent()
        if _ID.fullmatch(listed.id) is None:
            return Failed("a file id that is none")
        for place in (self._folder / listed.id[:2] / listed.id, self._folder / listed.id):
            seen = look(place)
            if isinstance(seen, Observed):
                return self._opener(listed, place)
            if not isinstance(seen, Absent):
                return seen
        return Failed(NOT_IN_FOLDER)


def look(path: Path) -> Outcome[int]:
    """The size of a regular file that no link leads to."""
    try:
        if path.parent.is_symlink():
            return Failed("a link in the backup's folder")
        found = path.lstat()
    except OSError as exc:
        return outcome(exc)
    if stat.S_ISLNK(found.st_mode):
        return Failed("a link in the backup's folder")
    if not stat.S_ISREG(found.st_mode):
        return Failed("not a file")
    return Failed(f"larger than {FILE_LIMIT} bytes") if found.st_size > FILE_LIMIT else Observed(found.st_size)


def read_file(path: Path) -> Outcome[bytes]:
    """The content of a regular file that no link leads to."""
    seen = look(path)
    if not isinstance(seen, Observed):
        return seen
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor, so that no link is followed
            # No more is asked for than is there: the whole would be allocated.
            content = file.read(min(os.fstat(file.fileno()).st_size, FILE_LIMIT) + 1)
    except OSError as exc:
        return outcome(exc)
    return Failed(f"larger than {FILE_LIMIT} bytes") if len(content) > FILE_LIMIT else Observed(content)


def plain(listed: ListedFile, path: Path) -> Outcome[bytes]:  # noqa: ARG001 - the contract of Opener
    """The opener of a backup that is not encrypted."""
    return read_file(path)


def rows_of(manifest: Path, names: Iterable[tuple[str, str]]) -> Rows:
    """The rows of Manifest.db for apps and for the wanted files.

    Args:
        manifest: where the database is.
        names: domain and path of each file that is wanted beside profiles and web clips.

    Raises:
        ParseError: no database, or without a table of files.
    """
    exact = " OR ".join(f"(domain = '{domain}' AND relativePath = '{path}')" for domain, path in names)
    below = " OR ".join(
        f"(domain = '{domain}' AND relativePath > '{folder}' AND relativePath < '{folder[:-1]}0')"  # '0' follows '/'
        for domain, folder in (*PROFILE_FOLDERS, (HOME, CLIP_FOLDER))
    )
    wanted = (
        f"SELECT fileID, domain, relativePath, flags FROM Files WHERE {exact} OR {below} "  # noqa: S608 - our own names
        f"LIMIT {_MOST_FILES}"
    )
    rows = read_rows_of_file(manifest, {**backup_manifest.QUERIES, "files": wanted})
    if "files" not in rows or "apps" not in rows:
        raise ParseError("no table of files", expected="Manifest.db of a backup")
    return rows


def outcome(exc: OSError) -> Absent | Denied | Failed:
    """What an error of the system means."""
    if isinstance(exc, FileNotFoundError | NotADirectoryError):
        return Absent()
    if isinstance(exc, PermissionError):
        return Denied("permission denied")
    return Failed("I/O error")
