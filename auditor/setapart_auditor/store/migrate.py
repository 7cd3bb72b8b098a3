"""The schema of a store: made, upgraded and asked for its version.

An upgrade is one transaction on both databases: one that was interrupted has not happened, and is run again.
"""

from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from setapart_auditor.errors import StoreError

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
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            before = _version(connection)
            _refuse_unknown(before, scripts)
            command.upgrade(_config(scripts, connection), to)
            after = _version(connection)
            connection.commit()
    except DBAPIError as exc:
        raise StoreError(
            str(exc.orig).strip().partition("\n")[0] or "the database failed",
            expected="a database that can be changed",
            cure="check the database, then run it again: nothing was changed",
        ) from exc
    return before, after


def version(engine: Engine) -> str | None:
    """The version of a database's schema, None for an empty one.

    Raises:
        StoreError: it can't be reached.
    """
    try:
        with engine.connect() as connection:
            return _version(connection)
    except DBAPIError as exc:
        raise StoreError(
            str(exc.orig).strip().partition("\n")[0] or "the database failed", expected="a database that answers"
        ) from exc


def check(engine: Engine) -> None:
    """Returns if the schema is this program's.

    Raises:
        StoreError: it is older, newer, or not there.
    """
    found = version(engine)
    newest = head()
    if found == newest:
        return
    _refuse_unknown(found, MIGRATIONS)
    raise StoreError(
        f"a database of schema {found}" if found else "a database without a schema",
        expected=f"schema {newest}",
        cure="back it up, then run `setapart-auditor db upgrade`",
    )


def head(scripts: Path = MIGRATIONS) -> str:
    """The newest version that a folder of migrations makes."""
    found = ScriptDirectory(str(scripts)).get_current_head()
    assert found is not None
    return found


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(found: str | None, scripts: Path) -> None:
    if found is None:
        return
    with suppress(Exception):  # Alembic has several for what it does not know
        if ScriptDirectory(str(scripts)).get_revision(found) is not None:
            return
    raise StoreError(
        f"a database of schema {found[:40]}, which is newer than this program",
        expected=f"schema {head(scripts)}",
        cure="upgrade setapart on this machine",
    )


def _config(scripts: Path, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
