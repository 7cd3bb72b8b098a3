"""Backups: the database as it is at one moment, and the auditor's folder, in one archive; and back from it."""

import datetime as dt
import stat
from collections.abc import Callable, Collection
from pathlib import Path

from sqlalchemy import Engine, inspect

from setapart_auditor.errors import StoreError
from setapart_auditor.whole_file import sync_folder, write_file

from .archive import FOLDER, TABLES, Manifest, members, new_archive
from .dump import Loader, dump, empty
from .engine import Store, own_errors
from .migrate import MIGRATIONS, head, upgrading, version
from .schema import VERSION_TABLE

Progress = Callable[[int], None]


def back_up(
    store: Store,
    folder: Path,
    target: Path,
    now: dt.datetime,
    *,
    leave_out: Collection[Path] = (),
    progress: Progress = lambda _rows: None,
) -> Manifest:
    """Writes a backup while the auditor goes on working.

    Args:
        store: of any version that has a schema.
        folder: the auditor's: keys, settings, bundles.
        target: the archive; it holds every key, and is readable by its owner alone.
        now: when.
        leave_out: files of the folder that are the database.
        progress: called with a number of rows that are done.

    Returns:
        What is in it.

    Raises:
        StoreError: there is such a file, or the database can't be read.
    """
    schema = version(store.engine)
    if schema is None:
        raise StoreError("a database without a schema", expected="an auditor's database")
    with new_archive(target) as archive:
        with store.read() as connection:
            tables = dump(connection, archive, progress)
        # After the rows: a key or bundle that a row names is made before the row is written.
        for path in _files(folder):
            if path not in leave_out and path != target:
                archive.add(f"{FOLDER}{path.relative_to(folder)}", path.read_bytes())
        return archive.finish(now.astimezone(dt.UTC).replace(microsecond=0), schema, tables)


def unpack_folder(archive: Path, manifest: Manifest, folder: Path) -> None:
    """Writes the files of a verified archive into a new folder, each readable by its owner alone."""
    made = {folder}
    for name, raw in members(archive, manifest):
        if not name.startswith(FOLDER):
            continue
        path = folder / name.removeprefix(FOLDER)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made.add(path.parent)
        write_file(path, raw)
    for one in made:
        sync_folder(one)


def load(
    engine: Engine,
    archive: Path,
    manifest: Manifest,
    *,
    scripts: Path = MIGRATIONS,
    progress: Progress = lambda _: None,
) -> None:
    """Fills an empty database from a verified archive and brings it up to date; all of it, or nothing.

    Raises:
        StoreError: the database is not empty, the backup is of a later schema, or something failed.
    """
    with own_errors(), upgrading(engine, scripts) as (connection, to):
        if set(inspect(connection).get_table_names()) - {VERSION_TABLE}:
            raise StoreError(
                "the database is not empty", expected="a new one", cure="make one, and name it with --database"
            )
        to(manifest.schema)
        empty(connection)
        loader = Loader(connection, manifest)
        for name, raw in members(archive, manifest):
            if name.startswith(TABLES):
                progress(loader.load(name, raw))
        loader.finish()
        to(head(scripts))


def _files(folder: Path) -> list[Path]:
    """Regular files, also those that links lead to, without what is only being written."""
    found = sorted(folder.rglob("*"))
    return [path for path in found if not path.name.startswith(".") and stat.S_ISREG(path.stat().st_mode)]
