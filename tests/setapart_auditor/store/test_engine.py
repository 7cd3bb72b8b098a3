"""What was acknowledged is on disk; what can't be had is said in one line, without a secret."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from postgres_server import PostgresServer
from record_builder import NOW
from setapart_auditor.errors import AuditorError, StoreError
from setapart_auditor.installation import Installation, open_installation
from setapart_auditor.store.engine import Store, open_engine
from setapart_auditor.store.schema import device
from stores import make_installation
from typed_commands import run

SECRET = "open-sesame-4711"


@pytest.fixture
def guarded() -> Iterator[PostgresServer]:
    """A server of its own, which asks for passwords."""
    server = PostgresServer.create()
    try:
        server.sql(f"ALTER ROLE setapart PASSWORD '{SECRET}'")
        server.sql("CREATE DATABASE a")
        server.stop("fast")
        (server.data / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="utf-8")
        server.start()
        yield server
    finally:
        server.close()


def refusal(url: str, password: str | None = None) -> StoreError:
    engine = open_engine(url, password=password)
    try:
        with pytest.raises(StoreError) as refused, Store(engine=engine).read():
            pass
    finally:
        engine.dispose()
    assert "\n" not in str(refused.value)
    assert SECRET not in str(refused.value)
    return refused.value


def test_every_connection_to_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}", create=True)
    connections = [engine.connect() for _ in range(5)]
    for one in connections:
        asked = {name: one.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")}
        assert asked == {"journal_mode": "wal", "synchronous": 2}
        assert one.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        one.close()
    engine.dispose()


def test_a_database_that_is_gone_is_no_new_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        open_engine(f"sqlite:///{tmp_path / 'other.db'}")
    assert not (tmp_path / "other.db").exists()


def test_a_new_database_is_private(tmp_path: Path) -> None:
    made = make_installation(tmp_path / "A")
    with made.store.write() as connection:
        connection.execute(insert(device).values({"name": "d", "folded": "d", "class": "ordinary", "created_at": NOW}))
        for path in (tmp_path / "A").glob("auditor.db*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    made.store.close()


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    made = make_installation(tmp_path / "A")
    made.store.close()
    (tmp_path / "A" / "auditor.db").write_bytes(b"no database at all" * 1000)
    ran = run(tmp_path, "setapart-auditor", "db", "check", "--dir", "A")
    assert ran.code in {1, 2}
    assert "not a database" in ran.printed
    assert "restore a backup" in ran.printed
    served = run(tmp_path, "setapart-auditor", "serve", "--dir", "A", "--listen", "127.0.0.1:0")
    assert served.code == 2, "waiting helps nobody here"
    (tmp_path / "A" / "auditor.db").unlink()
    ran = run(tmp_path, "setapart-auditor", "db", "check", "--dir", "A")
    assert ran.code == 2
    assert "no database" in ran.printed
    assert not (tmp_path / "A" / "auditor.db").exists()


@pytest.mark.parametrize("url", ["", "mysql://a/b", "sqlite://", "postgresql:/x y", "no url", "postgresql://h:port/x"])
def test_what_is_no_url_of_ours_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="no database URL"):
        open_engine(url)


def test_a_password_among_the_options_is_refused_and_not_said() -> None:
    with pytest.raises(StoreError, match="password_file") as refused:
        open_engine(f"postgresql://u@h/d?password={SECRET}")
    assert SECRET not in str(refused.value)
    engine = open_engine(f"postgresql://u:{SECRET}@h/d")
    assert SECRET not in f"{engine.url!r} {engine!r} {Store(engine=engine)!r}"
    engine.dispose()


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("where", ["DATABASE {name}", "ROLE lax", "ROLE lax IN DATABASE {name}", "URL"])
def test_a_server_that_does_not_wait_for_the_disk_is_refused(postgres: PostgresServer, where: str) -> None:
    url = postgres.new_database()
    name = url.partition("@/")[2].partition("?")[0]
    postgres.sql("DROP ROLE IF EXISTS lax")
    postgres.sql("CREATE ROLE lax LOGIN")
    url = url.replace("setapart@", "lax@")
    if where == "URL":
        url += "&options=-csynchronous_commit%3Doff"
    else:
        postgres.sql(f"ALTER {where.format(name=name)} SET synchronous_commit = off")
    found = refusal(url)
    assert found.got == "synchronous_commit is off"
    postgres.sql(f"DROP DATABASE {name}")
    postgres.sql("DROP ROLE lax")


@pytest.mark.needs("postgresql")
def test_a_server_without_fsync_or_stopped_is_refused(guarded: PostgresServer) -> None:
    with (guarded.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("fsync = off\n")
    guarded.stop("fast")
    guarded.start()
    assert refusal(guarded.url("a"), SECRET).got == "fsync is off"
    guarded.stop()
    down = refusal(guarded.url("a"), SECRET)
    assert "connection" in down.got
    assert "the server runs" in down.cure


@pytest.mark.needs("postgresql")
def test_passwords_come_from_a_file_and_go_nowhere(guarded: PostgresServer, tmp_path: Path) -> None:
    url = guarded.url("a")
    assert "password_file" in refusal(url).cure
    assert "password" in refusal(url, f"{SECRET}x").got
    assert "password" in refusal(url.replace("setapart@", f"setapart:{SECRET}x@")).got
    made = make_installation(tmp_path / "A", url.replace("setapart@", f"setapart:{SECRET}@"))
    made.store.close()
    settings = tmp_path / "A" / "auditor.toml"
    settings.write_text(f'[database]\nurl = "{url}"\npassword_file = "password"\n', encoding="utf-8")
    with pytest.raises(AuditorError, match="password in a file"):
        open_installation(tmp_path / "A")
    (tmp_path / "A" / "password").write_text(f"{SECRET}\n", encoding="utf-8")
    open_installation(tmp_path / "A").store.close()
    for words in (("check",), ("upgrade",), ("backup", "b")):
        ran = run(tmp_path, "setapart-auditor", "db", *words, "--dir", "A")
        assert ran.code == 0, ran.printed
        assert SECRET not in ran.printed


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u@no-such-host.invalid/x", "resolve"),
        ("postgresql://u@127.0.0.1:9/x", "refused"),
        ("postgresql://u@/x?host=/no/such/folder", "No such file"),
        ("postgresql://u@/x?nonsense=1", "nonsense"),
    ],
)
def test_a_server_that_is_not_there_is_one_line(url: str, words: str) -> None:
    assert words in str(refusal(url.replace("u@", f"u:{SECRET}@")))


def test_a_full_disk_is_said_and_nothing_is_half_written(installation: Installation) -> None:
    store = installation.store
    if store.is_postgresql:
        with store.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file: No space left on device'; "
                "END $$"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER full_disk BEFORE INSERT ON log_leaf FOR EACH ROW EXECUTE FUNCTION full_disk()"
            )
    rows = [
        {"name": f"d{n}", "folded": f"d{n}", "class": "ordinary", "created_at": NOW, "role": "x" * 1000}
        for n in range(500)
    ]
    if not store.is_postgresql:
        with store.engine.connect() as connection:  # the pool's only one, which the writer gets next
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(StoreError, match="free some space"), store.write() as connection:
        connection.execute(insert(device), rows)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM device")).scalar_one() == 0
        assert connection.execute(text("SELECT size FROM log_state")).scalar_one() == 0


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_truncate_does_not_empty_the_record(installation: Installation) -> None:
    for table in ("evidence", "log_leaf", "verdict", "log_checkpoint"):
        with (
            pytest.raises(StoreError, match="append-only"),
            installation.store.write() as connection,
        ):
            connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")
