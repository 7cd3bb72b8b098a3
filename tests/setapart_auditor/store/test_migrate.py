import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from setapart_auditor.errors import StoreError
from setapart_auditor.store.engine import open_engine
from setapart_auditor.store.migrate import MIGRATIONS, check, head, upgrade, version
from setapart_auditor.store.schema import log_state, metadata

NEXT = '''\
"""A second schema."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("device", sa.Column("colour", sa.Text()))
    {pause}
    op.create_table("colour", sa.Column("name", sa.Text(), primary_key=True))
'''


@pytest.fixture
def url(database_url: str | None, tmp_path: Path) -> str:
    return database_url or f"sqlite:///{tmp_path / 'auditor.db'}"


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = open_engine(url, create=True)
    yield made
    made.dispose()


def next_scripts(folder: Path, *, pause: str = "pass") -> Path:
    """The migrations with one more, as a later release would have."""
    folder.joinpath("versions").mkdir(parents=True)
    for file in (*MIGRATIONS.glob("*"), *MIGRATIONS.glob("versions/*.py")):
        if file.is_file():
            folder.joinpath(file.relative_to(MIGRATIONS)).write_bytes(file.read_bytes())
    folder.joinpath("versions", "9999_next.py").write_text(NEXT.format(before=head(), pause=pause))
    return folder


def test_an_empty_database_gets_the_newest_schema_once(engine: Engine) -> None:
    assert version(engine) is None
    assert upgrade(engine) == (None, head())
    assert upgrade(engine) == (head(), head())
    check(engine)
    with engine.connect() as connection:
        assert connection.execute(select(log_state.c.size)).scalars().all() == [0]


def test_the_migrations_make_what_the_code_expects(engine: Engine) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        made = inspect(connection)
        for table in metadata.sorted_tables:
            named = {one["name"] for one in made.get_check_constraints(table.name)}
            wanted = {one.name for one in table.constraints if one.name and str(one.name).startswith("ck_")}
            assert named == wanted, table.name


def test_two_upgrades_at_once_are_one(url: str, engine: Engine) -> None:
    engine.dispose()
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        found = pool.map(_upgrade, [url] * 3)
    assert sorted(found, key=str) == [(head(), head()), (head(), head()), (None, head())]


def _upgrade(url: str) -> tuple[str | None, str | None]:
    engine = open_engine(url)
    try:
        return upgrade(engine)
    finally:
        engine.dispose()


def test_a_later_schema_is_reached_and_then_refused_by_this_program(engine: Engine, tmp_path: Path) -> None:
    upgrade(engine)
    assert upgrade(engine, next_scripts(tmp_path / "next")) == (head(), "next")
    for act in (check, upgrade):
        with pytest.raises(StoreError, match="newer than this program"):
            act(engine)


def test_a_database_without_a_schema_is_refused(engine: Engine) -> None:
    with pytest.raises(StoreError, match="without a schema") as refused:
        check(engine)
    assert "db upgrade" in refused.value.cure


def test_an_upgrade_that_fails_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    upgrade(engine)
    scripts = next_scripts(tmp_path / "next", pause='op.execute("nonsense")')
    with pytest.raises(StoreError):
        upgrade(engine, scripts)
    assert version(engine) == head()
    with engine.connect() as connection:
        assert "colour" not in {column["name"] for column in inspect(connection).get_columns("device")}


def test_an_upgrade_that_was_killed_is_run_again(url: str, engine: Engine, tmp_path: Path) -> None:
    upgrade(engine)
    engine.dispose()
    mark = tmp_path / "half"
    pause = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
    scripts = next_scripts(tmp_path / "next", pause=pause)
    program = (
        "import sys; from pathlib import Path; from setapart_auditor.store.engine import open_engine; "
        "from setapart_auditor.store.migrate import upgrade; upgrade(open_engine(sys.argv[1]), Path(sys.argv[2]))"
    )
    with subprocess.Popen([sys.executable, "-c", program, url, str(scripts)]) as process:
        for _ in range(600):
            if mark.exists():
                break
            time.sleep(0.05)
        assert mark.exists()
        os.kill(process.pid, signal.SIGKILL)
    assert version(engine) == head()
    whole = next_scripts(tmp_path / "whole")
    assert upgrade(engine, whole) == (head(), "next")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(colour) FROM device")).scalar_one() == 0
