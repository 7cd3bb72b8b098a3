"""Fixtures of stores: every test that takes one runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres_server import PostgresServer
from setapart_auditor.installation import Installation, initialise
from setapart_auditor.store.engine import Store

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run; mark the test `needs("postgresql")`."""
    server = PostgresServer.create()
    yield server
    server.close()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that the test may stop: the run's own syncs every database of the run when it comes back."""
    server = PostgresServer.create()
    yield server
    server.close()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str | None:
    """What to initialise with: None for SQLite in the folder, an empty database on PostgreSQL."""
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def installation(tmp_path: Path, database_url: str | None) -> Iterator[Installation]:
    """A new auditor, on either database."""
    made = make_installation(tmp_path / "auditor", database_url)
    yield made
    made.store.close()


@pytest.fixture
def store(installation: Installation) -> Store:
    """The store of a new auditor, on either database."""
    return installation.store


def make_installation(
    folder: Path, url: str | None = None, *, pack: str | None = None, overlay: Path | None = None
) -> Installation:
    """Initialises an auditor."""
    return initialise(folder, database=url, pack=pack, overlay=overlay)
