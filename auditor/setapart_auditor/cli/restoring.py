"""Restoring a backup: files and rows are made beside the folder, which gets its name at the end.

The database is filled in one transaction, and the folder named after it. Who is killed in between leaves both whole:
the next restore of the same backup into the same place finds them, and finishes. What it finds of a restore that had
not filled its database it takes away.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shlex
import shutil
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from setapart_auditor.errors import AuditorError
from setapart_auditor.whole_file import sync_folder, write_file

if TYPE_CHECKING:
    from setapart_auditor.store.archive import Manifest

_MARK = ".restoring"


class Mark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a folder is being made of, put into it before its database is touched: backup's digest, database's URL."""

    backup: str
    database: str | None


def restore(archive: Path, folder: Path, database: str | None, progress: Callable[[int], None]) -> "Manifest":
    """Makes an auditor's folder and its database from an archive, or finishes what an earlier restore was killed at.

    Args:
        archive: what `db backup` wrote.
        folder: a new one, or empty; absolute.
        database: a URL; SQLite in the folder by default.
        progress: called with a number of rows that are done.

    Raises:
        AuditorError: the folder is not empty, or something came into its place; of another restore the database is
            filled.
        StoreError: it is no whole backup, or the database is not empty, or can't be filled.
    """
    from setapart_auditor.store.archive import verify_archive

    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise AuditorError(f"{folder} is not empty", expected="a new folder", cure="choose another --dir")
    manifest = verify_archive(archive)
    mark = Mark(backup=hashlib.sha256(msgspec.json.encode(manifest)).hexdigest(), database=database)
    folder.parent.mkdir(parents=True, exist_ok=True)
    finished = [_finish(left, folder, mark) for left in _left(folder)]
    if any(finished):
        return manifest
    made = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}")
    made.mkdir(mode=0o700)
    with _locked(made):
        try:
            _fill(made, archive, manifest, mark, progress)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        put(made, folder)
    return manifest


def put(made: Path, folder: Path) -> None:
    """Puts the files in their place. The database is filled by now: what can't be put there is kept, not thrown away.

    Raises:
        AuditorError: something is in that place.
    """
    try:
        made.replace(folder)
    except OSError as exc:
        raise AuditorError(
            f"{exc.strerror or 'the files can not be put there'}; everything was restored, with its files in {made}",
            expected=f"{folder} not to be there, or empty",
            cure=f"move away what is there, then `{_move(made, folder)}`",
        ) from None
    sync_folder(folder.parent)
    (folder / _MARK).unlink(missing_ok=True)


def _fill(made: Path, archive: Path, manifest: "Manifest", mark: Mark, progress: Callable[[int], None]) -> None:
    from setapart_auditor.installation import database_engine
    from setapart_auditor.settings import read_settings
    from setapart_auditor.store.backup import load, unpack_folder

    unpack_folder(archive, manifest, made)
    _name_database(made, mark.database)
    write_file(made / _MARK, msgspec.json.encode(mark))
    engine = database_engine(made, read_settings(made), create=True)
    try:
        load(engine, archive, manifest, progress=progress)
    finally:
        engine.dispose()


def _finish(left: Path, folder: Path, mark: Mark) -> bool:
    """Whether a killed restore had all but put its files in their place, and now has; if not, it is taken away."""
    with _locked(left) as free:
        if not free:
            return False
        found = _mark_of(left)
        if found is None or not _is_filled(left):
            shutil.rmtree(left)
            return False
        if found != mark:
            raise AuditorError(
                f"a restore of another backup or into another database was cut off at its end; its files are in {left}",
                expected="the same backup and --database as then",
                cure=f"`{_move(left, folder)}` finishes it; or remove {left}, if nobody needs its database",
            )
        put(left, folder)
    return True


def _is_filled(left: Path) -> bool:
    from setapart_auditor.installation import database_engine
    from setapart_auditor.settings import read_settings
    from setapart_auditor.store.migrate import version

    engine = database_engine(left, read_settings(left), create=True)
    try:
        return version(engine) is not None
    finally:
        engine.dispose()


def _mark_of(left: Path) -> Mark | None:
    try:
        return msgspec.json.decode((left / _MARK).read_bytes(), type=Mark)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _left(folder: Path) -> list[Path]:
    """What restores into this place have beside it."""
    name = re.compile(rf"\.{re.escape(folder.name)}\.[0-9a-f]{{12}}\Z")
    return sorted(one for one in folder.parent.iterdir() if name.match(one.name) and one.is_dir())


@contextmanager
def _locked(made: Path) -> Iterator[bool]:
    """Whether nobody else works at a folder, and from now on to the end of the block nobody does."""
    handle = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _move(made: Path, folder: Path) -> str:
    return f"mv -T {shlex.quote(str(made))} {shlex.quote(str(folder))}"


def _name_database(folder: Path, database: str | None) -> None:
    """Writes the new database's URL into the settings; a password's file stays named for a server."""
    import tomli_w

    from setapart_auditor.settings import SETTINGS_FILE

    path = folder / SETTINGS_FILE
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    kept = values.get("database", {})
    named = {"url": database or "sqlite:///auditor.db"}
    if database is not None and database.startswith("postgresql") and "password_file" in kept:
        named["password_file"] = kept["password_file"]
    if named != kept:
        write_file(path, tomli_w.dumps({**values, "database": named}).encode(), replace=True)
