"""Reading a foreign sqlite database: on a private copy, read-only, without trusting its schema: tables, no views.

A database in WAL mode and its `-wal` are copied together: rows may live in the WAL alone, and `deserialize` refuses
such files.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from setapart_agent.errors import ParseError

if TYPE_CHECKING:
    import sqlite3

_PROGRESS_EVERY = 1_000
_PATIENCE = 20.0
_MAX_ROWS = 200_000
_MAX_VALUE = 16 * 1024 * 1024
_MAX_COLUMNS = 1_000
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 1000"
_GENERATED = (
    "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c "
    "WHERE m.type = 'table' AND m.sql LIKE '%AS%(%' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND c.hidden > 1"
)
_MAX_BYTES = 192 * 1024 * 1024
"""Bytes of all values of one query: rows of a join repeat them, so that a small file can give many."""
HEADER = b"SQLite format 3\x00"


Schema = Mapping[str, tuple[str, ...]]
"""Every table's columns."""
Queries = Mapping[str, str] | Callable[[Schema], Mapping[str, str]]
"""SQL by name; or what gives it for a database's tables, where those are named differently from version to version."""
Rows = dict[str, tuple[tuple[object, ...], ...]]


def read_rows(main: bytes, queries: Queries, wal: bytes | None = None) -> Rows:
    """Runs queries over a private copy of a database.

    Args:
        main: the database file.
        queries: name to SQL; a query whose table does not exist gives no key in the answer.
        wal: the write-ahead log beside it, if there is one.

    Returns:
        The rows by query name.

    Raises:
        ParseError: not an sqlite database, or one that lies about itself, is too large, or does not end.
    """
    if not main.startswith(HEADER):
        raise ParseError("no sqlite header", expected="an sqlite 3 database")
    with tempfile.TemporaryDirectory(prefix="setapart-") as folder:
        path = Path(folder, "db")
        path.write_bytes(main)
        if wal:
            Path(folder, "db-wal").write_bytes(wal)
        return _ask(str(path), queries)


def read_rows_of_file(path: Path, queries: Queries) -> Rows:
    """The same for a database that is too large to be held in memory, and that nobody writes to.

    It is read where it is, and nothing is written beside it; only with a write-ahead log is it copied first.

    Raises:
        ParseError: as `read_rows`.
    """
    import shutil

    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                raise ParseError("no sqlite header", expected="an sqlite 3 database")
        wal = path.with_name(path.name + "-wal")
        if not wal.is_symlink() and wal.is_file() and wal.stat().st_size:
            with tempfile.TemporaryDirectory(prefix="setapart-") as folder:
                shutil.copyfile(path, Path(folder, "db"))
                shutil.copyfile(wal, Path(folder, "db-wal"))
                return _ask(str(Path(folder, "db")), queries)
        return _ask(f"{path.resolve().as_uri()}?mode=ro&immutable=1", queries)
    except OSError as exc:
        raise ParseError(f"sqlite: {exc.strerror}", expected="a database that can be read") from None


def _ask(database: str, queries: Queries) -> Rows:
    import sqlite3

    deadline = time.monotonic() + _PATIENCE
    found: Rows = {}
    try:
        connection = sqlite3.connect(database, isolation_level=None, uri=database.startswith("file:"))
        try:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _PROGRESS_EVERY)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
            for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON", "mmap_size=0"):
                connection.execute(f"PRAGMA {pragma}").close()
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            generated = set(_rows(connection, _GENERATED) or ())

            def authorize(
                action: int, table: str | None, column: str | None, _of: str | None, inside: str | None
            ) -> int:
                # No program of the file's own: `inside` names the view or trigger that an access is a part of, and a
                # generated column computes what it likes, without an end that the progress handler could see.
                foreign = action == sqlite3.SQLITE_READ and (table, column) in generated
                return sqlite3.SQLITE_DENY if foreign or inside is not None else sqlite3.SQLITE_OK

            connection.set_authorizer(authorize)
            for name, query in (queries(_schema(connection)) if callable(queries) else queries).items():
                rows = _rows(connection, query)
                if rows is not None:
                    found[name] = rows
        finally:
            connection.close()
    except (sqlite3.Error, ValueError, OverflowError, MemoryError) as exc:
        # Not its own words, which hold names out of the database.
        what = getattr(exc, "sqlite_errorname", None) or type(exc).__name__
        raise ParseError(f"sqlite: {what}", expected="a whole sqlite 3 database") from None
    return found


def _schema(connection: "sqlite3.Connection") -> Schema:
    """The columns of every table; views and virtual tables are none."""
    named = _rows(connection, _TABLES)
    found: dict[str, tuple[str, ...]] = {}
    for (name,) in named or ():
        columns = connection.execute("SELECT name FROM pragma_table_info(?)", (name,)).fetchmany(_MAX_COLUMNS)
        found[str(name)] = tuple(str(column) for (column,) in columns)
    return found


def _rows(connection: "sqlite3.Connection", query: str) -> tuple[tuple[object, ...], ...] | None:
    import sqlite3

    try:
        cursor = connection.execute(query)
    except sqlite3.OperationalError as exc:
        if "no such table" in str(exc) or "no such column" in str(exc):
            return None
        raise
    rows: list[tuple[object, ...]] = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(rows) > _MAX_ROWS or size > _MAX_BYTES:
            raise ParseError(f"sqlite: more than {_MAX_ROWS} rows or {_MAX_BYTES} bytes", expected="fewer")
    return tuple(rows)
