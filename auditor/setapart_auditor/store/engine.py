"""Opening a store, and the two ways to use it: to read, and to write as the only writer.

SQLite: WAL with `synchronous=FULL`, so that a commit is on disk when it returns. PostgreSQL: `synchronous_commit` must
be on, which is asserted for every connection.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from setapart_auditor.errors import StoreError

from .schema import log_state
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
        with _own_errors(), self.engine.connect() as connection:
            if self.is_postgresql:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction of the only writer; committed, and on disk, when the block ends without an error.

        Raises:
            StoreError: the database can't be reached, is full, or answers with an error; nothing was changed.
        """
        with _own_errors(), self.engine.begin() as connection:
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


def open_engine(url: str) -> Engine:
    """An engine with the settings that durability needs; the database is not asked for anything yet.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.

    Raises:
        StoreError: no such database, or its library is not installed.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    kind = parsed.get_backend_name() if parsed is not None else ""
    if parsed is None or kind not in {"sqlite", "postgresql"}:
        raise StoreError("no database URL", expected="sqlite:///FILE or postgresql://USER@HOST/NAME")
    try:
        return _sqlite(parsed) if kind == "sqlite" else _postgresql(parsed)
    except (ImportError, NoSuchModuleError):
        raise StoreError(
            "PostgreSQL's library is not installed", expected="psycopg", cure="pip install 'setapart[postgresql]'"
        ) from None


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's
        # The driver's own transactions begin too late; `write` begins them.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA temp_store = MEMORY")

    return engine


def _postgresql(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args={"connect_timeout": BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _record: object) -> None:  # noqa: ANN401 - psycopg's
        found = connection.execute("SHOW synchronous_commit").fetchone()[0]
        connection.execute(TOUCHED)
        connection.commit()
        if found not in _DURABLE:
            raise StoreError(
                f"synchronous_commit is {found}",
                expected="on: an acknowledged report is on disk",
                cure="remove the setting from the database, the role and postgresql.conf",
            )

    return engine


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except DBAPIError as exc:
        words = str(exc.orig).strip().splitlines() or ["the database failed"]
        raise StoreError(words[0], expected="a database that answers", cure=_cure(words[0])) from exc
    except SQLAlchemyError as exc:
        raise StoreError(f"the database failed: {type(exc).__name__}") from exc


def _cure(message: str) -> str:
    if "disk" in message or "space" in message:
        return "free some space; what was acknowledged is safe"
    if "no such table" in message or "does not exist" in message:
        return "run `setapart-auditor init`, or `setapart-auditor db upgrade`"
    return "check the database, then try again"
