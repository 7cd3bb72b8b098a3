"""A register's import beside a bare executemany of the same rows, on both databases: `bench/register_import.py`.

Each round imports a CSV of N devices into a new store (checked, dated, logged, sealed row by row, committed), and
inserts the rows of `device` and `device_change` that came of it into another with two bare executemany and a commit.
Then the register is read as appraisal reads it. Ratios are taken within a round. Arguments: N, rounds.
"""

import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

from sqlalchemy import Connection, insert, select, text  # noqa: E402

import postgres_server  # noqa: E402
from setapart_auditor.installation import Installation, initialise  # noqa: E402
from setapart_auditor.register.csv_file import read_csv  # noqa: E402
from setapart_auditor.register.database import registrations  # noqa: E402
from setapart_auditor.register.incoming import carry_out, plan  # noqa: E402
from setapart_auditor.store.schema import device, device_change  # noqa: E402

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def fleet() -> bytes:
    lines = (
        f"device-{n},{('ordinary', 'personal')[n % 2]},holder-{n},unit-{n % 40},2026-01-01,S{n},linux"
        for n in range(COUNT)
    )
    return "\n".join(("name,class,holder,unit,since,serial,platform", *lines)).encode()


def imported(installation: Installation, raw: bytes) -> float:
    """Seconds from the file's bytes to the commit."""
    began = time.perf_counter()
    incoming, errors = read_csv(raw, Path("fleet.csv"), installation.authority.secrets.id_key)
    assert not errors
    with installation.store.write() as connection:
        wanted = plan(connection, incoming, NOW, where=str, may_change=False)
        assert len(wanted.added) == COUNT
        carry_out(connection, wanted, "o1", NOW)
    return time.perf_counter() - began


def bare(installation: Installation, rows: list[dict[str, object]], changes: list[dict[str, object]]) -> float:
    """Seconds of two executemany and a commit, with nothing that watches."""
    if not installation.store.is_postgresql:
        installation.store.engine.dispose()
    with installation.store.engine.connect() as connection:
        if installation.store.is_postgresql:
            connection.execute(text("DROP TABLE IF EXISTS pg_temp.touched"))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        began = time.perf_counter()
        connection.execute(insert(device), rows)
        connection.execute(insert(device_change), changes)
        connection.commit()
        return time.perf_counter() - began


def rows_of(connection: Connection) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    return (
        [dict(row) for row in connection.execute(select(device)).mappings()],
        [dict(row) for row in connection.execute(select(device_change)).mappings()],
    )


@contextmanager
def new_store(url: str | None) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        made = initialise(Path(folder) / "auditor", database=url)
        try:
            yield made
        finally:
            made.store.close()


def measure(name: str, server: postgres_server.PostgresServer | None) -> None:
    raw, ours, theirs, read = fleet(), [], [], []
    for _ in range(ROUNDS):
        with new_store(server.new_database() if server else None) as installation:
            ours.append(imported(installation, raw))
            with installation.store.read() as connection:
                began = time.perf_counter()
                assert len(registrations(connection)) == COUNT
                read.append(time.perf_counter() - began)
                rows, changes = rows_of(connection)
        with new_store(server.new_database() if server else None) as installation:
            theirs.append(bare(installation, rows, changes))
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"{name}: {COUNT} devices imported in {statistics.median(ours):.1f} s, bare executemany "
        f"{statistics.median(theirs):.1f} s, ratio {ratio:.1f}; read in {statistics.median(read):.1f} s"
    )


def main() -> None:
    measure("SQLite", None)
    if not postgres_server.is_installed():
        print("PostgreSQL: not installed")
        return
    server = postgres_server.PostgresServer.create()
    try:
        measure("PostgreSQL", server)
    finally:
        server.close()


if __name__ == "__main__":
    main()
