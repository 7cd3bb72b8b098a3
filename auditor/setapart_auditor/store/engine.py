"""Opening a store, and the two ways to use it: to read, and to write as the only writer.

SQLite: WAL with `synchronous=FULL`, so that a commit is on disk when it returns. PostgreSQL: `synchronous_commit` and
`fsync` must be on. Both are asserted for every connection.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from setapart_auditor.errors import StoreError, TransientStoreError

from .schema import log_state
from .types import CHECKED, damaged
from .watch import TOUCHED, watch

BUSY_SECONDS = 30
_DURABLE = frozenset({"on", "local", "remote_write", "remote_apply"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An open database of the current schema."""

    engine: Engine
    before_commit: Callable[[Connection], None] = lambda _connection: None
    """Called at the end of every transaction that writes, before it is committed: the log seals what was written."""

    @property
    def is_postgresql(self) -> bool:
        """Whether a server keeps it."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store and changes nothing.

        Raises:
            StoreError: the database can't be reached or answers with an error.
        """
        with own_errors(), self.engine.connect() as connection:
            if self.is_postgresql:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield connection
                connection.rollback()
                return
            connection.exec_driver_sql("PRAGMA query_only = ON")
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.rollback()
                connection.exec_driver_sql("PRAGMA query_only = OFF")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of the only writer; committed, and on disk, when the block ends without an error.

        Raises:
            StoreError: the database can't be reached, is full, or answers with an error; nothing was changed.
        """
        with own_errors(), self.engine.begin() as connection:
            if self.is_postgresql:
                connection.execute(select(log_state.c.id).with_for_update())
            else:
                watch(connection)
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            self.before_commit(connection)

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def open_engine(url: str, *, password: str | None = None, create: bool = False) -> Engine:
    """An engine with the settings that durability needs; a server is not asked for anything yet.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.
        password: the server's, where the URL holds none.
        create: make the file, readable by its owner alone; else it must be there.

    Raises:
        StoreError: no such database, or its library is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    kind = parsed.get_backend_name() if parsed is not None else ""
    if parsed is None or kind not in {"sqlite", "postgresql"} or (kind == "sqlite" and not parsed.database):
        raise StoreError("no database URL", expected="sqlite:///FILE or postgresql://USER@HOST/NAME")
    if "password" in parsed.query:
        raise StoreError(
            "a password among the URL's options, where it is easily shown",
            expected="postgresql://USER@HOST/NAME",
            cure="put it in a file, and name that as password_file in auditor.toml",
        )
    try:
        return _sqlite(parsed, create=create) if kind == "sqlite" else _postgresql(parsed, password)
    except (ImportError, NoSuchModuleError):
        raise StoreError(
            "PostgreSQL's library is not installed", expected="psycopg", cure="pip install 'setapart[postgresql]'"
        ) from None


def _sqlite(url: URL, *, create: bool) -> Engine:
    path = Path(url.database or "").absolute()
    if create:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    elif not path.exists():
        raise StoreError(
            f"no database {path}",
            expected="the file that `setapart-auditor init` made",
            cure="restore it with `setapart-auditor db restore`",
        )

    def connect() -> sqlite3.Connection:
        # Only `create` makes a file: a database that is gone is an error, never a new and empty one.
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )
        try:
            _make_durable(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(url, creator=connect)
    engine.dialect.colspecs = {**engine.dialect.colspecs, **CHECKED}
    return engine


def _make_durable(connection: sqlite3.Connection) -> None:
    # The driver's own transactions begin too late; `write` begins them.
    connection.isolation_level = None
    _into_wal(connection)
    for name, value in (
        ("synchronous", "FULL"),
        ("fullfsync", "ON"),  # macOS alone knows a difference
        ("foreign_keys", "ON"),
        ("recursive_triggers", "ON"),  # else REPLACE deletes rows without asking the guards
        ("trusted_schema", "OFF"),
        ("cache_size", "-65536"),
        ("wal_autocheckpoint", "8000"),  # pages, 32 MiB: what many batches change is written to its place once
        ("temp_store", "MEMORY"),
    ):
        connection.execute(f"PRAGMA {name} = {value}")
    if connection.execute("PRAGMA synchronous").fetchone() != (2,):
        raise StoreError("SQLite does not wait for the disk", expected="PRAGMA synchronous = FULL")


def _into_wal(connection: sqlite3.Connection) -> None:
    """A new database's first connections may all want to turn it into WAL: SQLite lets nobody wait for that."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as exc:
            if "locked" not in str(exc) or time.monotonic() > until:
                raise
            time.sleep(0.02)
            continue
        if mode != "wal":
            raise StoreError(
                f"SQLite's journal is {mode}",
                expected="a folder on which it can be WAL",
                cure="put the folder on a local disk: network file systems can't do it",
            )
        return


def _postgresql(url: URL, password: str | None) -> Engine:
    if password is not None and url.password is None:
        url = url.set(password=password)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": BUSY_SECONDS,
            "tcp_user_timeout": BUSY_SECONDS * 1000,
            "application_name": "setapart-auditor",
        },
    )

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _record: object) -> None:  # noqa: ANN401 - psycopg's
        try:
            _assert_durable(connection)
            connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
            connection.execute(TOUCHED)
            connection.commit()
        except BaseException:
            connection.close()
            raise

    return engine


def _assert_durable(connection: Any) -> None:  # noqa: ANN401 - psycopg's
    for name, accepted, where in (
        ("synchronous_commit", _DURABLE, "the URL, the role, the database and postgresql.conf"),
        ("fsync", frozenset({"on"}), "postgresql.conf"),
    ):
        (found,) = connection.execute(f"SHOW {name}").fetchone()
        if found not in accepted:
            raise StoreError(
                f"{name} is {found}",
                expected="on: an acknowledged report is on disk",
                cure=f"remove the setting from {where}",
            )


@contextmanager
def own_errors() -> Iterator[None]:
    """The database's errors as ours: one line, what to do next, and no secret.

    Raises:
        TransientStoreError: in place of SQLAlchemy's and the drivers' errors.
    """
    try:
        yield
    except DBAPIError as exc:
        words = str(exc.orig).strip().splitlines() or ["the database failed"]
        raise _told(words[0], getattr(exc.orig, "sqlstate", None) or "") from None
    except sqlite3.Error as exc:
        raise _told(str(exc), "") from None
    except SQLAlchemyError as exc:
        raise TransientStoreError(f"the database failed: {type(exc).__name__}") from None


_CURES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("53100",), ("disk is full", "No space left"), "free some space; what was acknowledged is safe"),
    (
        ("25006",),
        ("readonly database",),
        "the auditor must be able to write: name the server that takes writes, or own the file and its folder",
    ),
    (("42P01",), ("no such table",), "run `setapart-auditor db upgrade`"),
    (("28",), ("password",), "check the user in [database] url and its password_file, in auditor.toml"),
    (("55P03", "57014"), ("locked",), "another process is writing: try again"),
    (
        (),
        ("connection", "resolve", "open database"),
        "check [database] url in auditor.toml, and that the server runs",
    ),
)
"""What to do, by how SQLSTATE begins (PostgreSQL, appendix A) or by a word of the message (SQLite's)."""


def _told(message: str, state: str) -> StoreError:
    if "not a database" in message:  # SQLITE_NOTADB: no waiting helps
        return StoreError(
            message,
            expected="an SQLite database",
            cure="name the auditor's own file in [database] url of auditor.toml, or restore a backup",
        )
    if "Could not decode to UTF-8" in message:  # SQLite's driver, of a text that somebody wrote
        return damaged("text")
    cures = (cure for states, words, cure in _CURES if _fits(states, words, message, state))
    return TransientStoreError(
        message, expected="a database that answers", cure=next(cures, "run `setapart-auditor db check`")
    )


def _fits(states: tuple[str, ...], words: tuple[str, ...], message: str, state: str) -> bool:
    return (bool(state) and state.startswith(states)) or any(word in message for word in words)
