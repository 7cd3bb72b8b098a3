import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, inspect, text

from record_builder import fill
from setapart_auditor.errors import StoreError
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.log.note import NoteKey
from setapart_auditor.log.verify import verify_log
from setapart_auditor.store.engine import open_engine
from setapart_auditor.store.migrate import MIGRATIONS, check, head, upgrade, version
from setapart_auditor.store.schema import VERSION, metadata

SECOND = '''"""A later schema, for the tests alone: a column, and a slow look at every row."""

import os
import time

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("device", sa.Column("colour", sa.Text()))
    with op.batch_alter_table("rejection") as batch:
        batch.add_column(sa.Column("note", sa.Text()))
    if "SLOW" in os.environ:
        print("in the middle", flush=True)
        time.sleep(60)
    op.execute("UPDATE device SET colour = 'grey'")
'''


@pytest.fixture
def engine(tmp_path: Path, database_url: str | None) -> Iterator[Engine]:
    made = open_engine(database_url or f"sqlite:///{tmp_path / 'x.db'}", create=True)
    yield made
    made.dispose()


@pytest.fixture
def later(tmp_path: Path) -> Path:
    copy = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "versions" / "0002_second.py").write_text(SECOND)
    return copy


def triggers(engine: Engine) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        return set(connection.execute(text(query)).scalars())


def test_the_schema_names_its_newest_migration() -> None:
    assert head() == VERSION


def test_the_migrations_make_the_schema_as_it_is_declared(engine: Engine) -> None:
    assert upgrade(engine) == (None, head())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        asked = inspect(connection)
        for table in metadata.sorted_tables:
            defaults = {one["name"]: plain(one["default"]) for one in asked.get_columns(table.name)}
            wanted = {one.name: one.server_default for one in table.columns if one.server_default is not None}
            for name, default in wanted.items():
                assert defaults[name] == plain(str(default.arg)), (table.name, name)  # type: ignore[attr-defined]
            declared = {
                str(one.name): words(str(one.sqltext)) for one in table.constraints if isinstance(one, CheckConstraint)
            }
            found = {str(one["name"]): words(one["sqltext"]) for one in asked.get_check_constraints(table.name)}
            assert found.keys() == declared.keys()
            if engine.dialect.name == "sqlite":
                assert found == declared


def plain(default: str | None) -> str:
    """A default without quotes and casts; PostgreSQL says false where SQLite says 0."""
    return (default or "").partition("::")[0].strip("'").replace("false", "0")


def words(sql: str) -> str:
    return " ".join(sql.split())


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    before = triggers(engine)
    assert before
    assert upgrade(engine) == (head(), head())
    assert triggers(engine) == before


def test_two_upgrades_at_once_are_one_after_the_other(tmp_path: Path, database_url: str | None) -> None:
    url = database_url or f"sqlite:///{tmp_path / 'x.db'}"
    found = []

    def run() -> None:
        engine = open_engine(url, create=True)
        try:
            found.append(upgrade(engine))
        finally:
            engine.dispose()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found, key=str) == [*[(head(), head())] * 3, (None, head())]


def test_a_later_schema_is_refused_and_a_missing_one_is_made_by_upgrade(engine: Engine, later: Path) -> None:
    with pytest.raises(StoreError, match=r"without a schema.*db upgrade"):
        check(engine)
    upgrade(engine)
    check(engine)
    upgrade(engine, later)
    with pytest.raises(StoreError, match=r"0002, which is newer.*upgrade setapart"):
        check(engine)
    with pytest.raises(StoreError, match="newer"):
        upgrade(engine)


def test_an_auditor_with_another_schema_does_not_open(installation: Installation, later: Path) -> None:
    upgrade(installation.store.engine, later)
    with pytest.raises(StoreError, match="newer than this program"):
        open_installation(installation.folder)
    with installation.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(StoreError, match="db upgrade"):
        open_installation(installation.folder)
    open_installation(installation.folder, any_schema=True).store.close()


def test_a_populated_store_upgrades_and_still_verifies(installation: Installation, later: Path) -> None:
    fill(installation)
    before = triggers(installation.store.engine)
    assert upgrade(installation.store.engine, later) == ("0001", "0002")
    assert triggers(installation.store.engine) == before
    key = NoteKey(name=installation.settings.log.origin, key=installation.authority.signer.public)
    with installation.store.read() as connection:
        assert verify_log(connection, key).defects == ()
        assert connection.execute(text("SELECT count(*) FROM device WHERE colour = 'grey'")).scalar_one() == 2


def test_an_upgrade_that_is_killed_in_the_middle_has_not_happened_and_is_run_again(
    tmp_path: Path, database_url: str | None, later: Path
) -> None:
    url = database_url or f"sqlite:///{tmp_path / 'x.db'}"
    engine = open_engine(url, create=True)
    upgrade(engine)
    program = (
        "import sys; from pathlib import Path; from setapart_auditor.store.engine import open_engine; "
        "from setapart_auditor.store.migrate import upgrade; upgrade(open_engine(sys.argv[1]), Path(sys.argv[2]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, url, str(later)],
        stdout=subprocess.PIPE,
        env={**os.environ, "SLOW": "1"},
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"in the middle\n"
        running.send_signal(signal.SIGKILL)
    assert version(engine) == "0001"
    assert "colour" not in {one["name"] for one in inspect(engine).get_columns("device")}
    assert upgrade(engine, later) == ("0001", "0002")
    assert "colour" in {one["name"] for one in inspect(engine).get_columns("device")}
    engine.dispose()


def test_an_upgrade_that_fails_changes_nothing(engine: Engine, later: Path) -> None:
    upgrade(engine)
    (later / "versions" / "0002_second.py").write_text(SECOND + "    op.execute('SELECT nothing FROM nowhere')\n")
    with pytest.raises(StoreError):
        upgrade(engine, later)
    assert version(engine) == "0001"
    check(engine)
    assert "colour" not in {one["name"] for one in inspect(engine).get_columns("device")}
