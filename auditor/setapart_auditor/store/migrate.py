"""The schema of a store: made, upgraded and asked for its version.

An upgrade is one transaction on both databases: one that was interrupted has not happened, and is run again. Alembic is
imported for an upgrade alone: every command of the auditor asks for the version.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect

from setapart_auditor.errors import StoreError

from . import append_only
from .engine import own_errors
from .schema import VERSION, VERSION_TABLE
from .watch import WATCH_POSTGRESQL

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x5E7A9A27
"""Of PostgreSQL's advisory locks: upgrades stand in one line."""


def upgrade(engine: Engine, scripts: Path = MIGRATIONS, to: str = "head") -> tuple[str | None, str | None]:
    """Brings the schema up to date, whole or not at all. Returns the versions before and after.

    Args:
        engine: the database; empty, or of an earlier version.
        scripts: a folder of migrations.
        to: the version to upgrade to.

    Raises:
        StoreError: the database can't be reached or changed, or is of a version that this program does not know.
    """
    with own_errors(), upgrading(engine, scripts) as (connection, bring):
        before = _version(connection)
        bring(to)
        return before, _version(connection)


@contextmanager
def upgrading(engine: Engine, scripts: Path = MIGRATIONS) -> Iterator[tuple[Connection, Callable[[str], None]]]:
    """The transaction of an upgrade, alone in the database: a connection, and what brings it to a version.

    Raises:
        StoreError: the schema is of a version that this program does not know.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        else:
            # Rebuilding a table, as SQLite needs it, must not disturb what refers to it.
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            _refuse_unknown(_version(connection), scripts)
            yield connection, lambda to: _bring(connection, scripts, to)
            _refuse_orphans(connection)
            connection.commit()
        finally:
            connection.rollback()
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")


def _bring(connection: Connection, scripts: Path, to: str) -> None:
    from alembic import command

    _refuse_unknown(to if to != "head" else None, scripts)
    command.upgrade(_config(scripts, connection), to)
    dialect = connection.dialect.name
    if to in {"head", head(scripts)}:
        # Triggers are made anew each time: they are code, and a rebuilt table has lost its own.
        for name, table in triggers_of(connection):
            on = f' ON "{table}"' if dialect == "postgresql" else ""
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"{on}')
        for statement in (*append_only.statements(dialect), *(WATCH_POSTGRESQL if dialect == "postgresql" else ())):
            connection.exec_driver_sql(statement)


def triggers_of(connection: Connection) -> list[tuple[str, str]]:
    """Every trigger that there is, with its table."""
    query = (
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
    )
    return [(str(name), str(table)) for name, table in connection.exec_driver_sql(query)]


def _refuse_orphans(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StoreError(
            f"a row of {broken[0]} refers to a row of {broken[2]} that is not there",
            expected="a whole database",
            cure="run `setapart-auditor db check`; nothing was changed",
        )


def version(engine: Engine) -> str | None:
    """The version of a database's schema, None for an empty one.

    Raises:
        StoreError: it can't be reached.
    """
    with own_errors(), engine.connect() as connection:
        return _version(connection)


def check(engine: Engine) -> None:
    """Returns if the schema is this program's.

    Raises:
        StoreError: it is older, newer, or not there.
    """
    found = version(engine)
    if found == VERSION:
        return
    _refuse_unknown(found, MIGRATIONS)
    raise StoreError(
        f"a database of schema {found}" if found else "a database without a schema",
        expected=f"schema {VERSION}",
        cure="back it up, then run `setapart-auditor db upgrade`",
    )


def head(scripts: Path = MIGRATIONS) -> str:
    """The newest version that a folder of migrations makes."""
    found = _scripts(scripts).get_current_head()
    assert found is not None
    return found


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar_one_or_none()  # noqa: S608
    return None if found is None else str(found)


def _scripts(folder: Path) -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(folder))


def _refuse_unknown(found: str | None, scripts: Path) -> None:
    if found is None:
        return
    with suppress(Exception):  # Alembic has several for what it does not know
        if _scripts(scripts).get_revision(found) is not None:
            return
    raise StoreError(
        f"a database of schema {found[:40]}, which is newer than this program",
        expected=f"schema {head(scripts)}",
        cure="upgrade setapart on this machine",
    )


def _config(scripts: Path, connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
