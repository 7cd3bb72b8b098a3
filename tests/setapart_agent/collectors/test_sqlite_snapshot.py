import sqlite3
from pathlib import Path

import pytest

from setapart_agent.collectors.sqlite_snapshot import Schema, read_rows, read_rows_of_file
from setapart_agent.errors import ParseError

QUERY = {"rows": "SELECT a.x, b.x FROM a LEFT JOIN b ON b.id = a.id"}
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) "


def database(folder: Path, *statements: str) -> bytes:
    connection = sqlite3.connect(folder / "made")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return (folder / "made").read_bytes()


def test_rows_of_tables_are_read_and_a_missing_table_gives_none(tmp_path: Path) -> None:
    made = database(
        tmp_path, "CREATE TABLE a(id, x)", "CREATE TABLE b(id, x)", "INSERT INTO a VALUES (1, 'v'), (2, x'ff')"
    )
    assert read_rows(made, QUERY | {"none": "SELECT x FROM c"}) == {"rows": (("v", None), (b"\xff", None))}


def test_a_view_in_place_of_a_table_is_not_run(tmp_path: Path) -> None:
    made = database(
        tmp_path, "CREATE TABLE b(id, x)", f"CREATE VIEW a AS {COUNT} SELECT i AS id, zeroblob(9000000) AS x FROM n"
    )
    with pytest.raises(ParseError):
        read_rows(made, QUERY)


def test_a_join_that_multiplies_a_small_file_ends(tmp_path: Path) -> None:
    made = database(
        tmp_path,
        "CREATE TABLE a(id, x)",
        "CREATE TABLE b(id, x)",
        f"INSERT INTO a {COUNT} SELECT 1, '' FROM n",
        f"INSERT INTO b {COUNT} SELECT 1, zeroblob(1000) FROM n",
    )
    with pytest.raises(ParseError, match="bytes"):
        read_rows(made, QUERY)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_database_is_an_error(content: bytes) -> None:
    with pytest.raises(ParseError):
        read_rows(content, QUERY)


def test_queries_may_follow_the_tables_that_are_there(tmp_path: Path) -> None:
    made = database(
        tmp_path, "CREATE TABLE Z_7(x, y)", "INSERT INTO Z_7 VALUES (1, 2)", "CREATE VIEW Z_8 AS SELECT * FROM Z_7"
    )
    seen: list[Schema] = []

    def queries(schema: Schema) -> dict[str, str]:
        seen.append(schema)
        return {table: f"SELECT y FROM {table}" for table in schema}

    assert read_rows(made, queries) == {"Z_7": ((2,),)}
    assert seen == [{"Z_7": ("x", "y")}]


def test_a_large_database_is_read_where_it_is_and_nothing_is_written(tmp_path: Path) -> None:
    made = database(tmp_path, "CREATE TABLE a(id, x)", "INSERT INTO a VALUES (1, 'v')")
    before = sorted(tmp_path.iterdir())
    assert read_rows_of_file(tmp_path / "made", {"rows": "SELECT x FROM a"}) == {"rows": (("v",),)}
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "made").read_bytes() == made


def test_a_name_with_signs_of_addresses_is_a_file_like_any_other(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE a(x)", "INSERT INTO a VALUES (1)")
    path = (tmp_path / "made").rename(tmp_path / "a?mode=rwc&x=%41#b")
    assert read_rows_of_file(path, {"rows": "SELECT x FROM a"}) == {"rows": ((1,),)}


def test_the_log_beside_a_large_database_is_read_and_stays(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "made")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE a(x)")
    connection.execute("INSERT INTO a VALUES (1)")
    connection.commit()
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    connection.close()
    copy = tmp_path / "copy"
    copy.mkdir()
    for name, content in kept.items():
        (copy / name).write_bytes(content)
    assert read_rows_of_file(copy / "made", {"rows": "SELECT x FROM a"}) == {"rows": ((1,),)}
    assert (copy / "made-wal").read_bytes() == kept["made-wal"]


def test_a_file_that_is_no_database_or_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"nonsense")
    for name in ("x", "none"):
        with pytest.raises(ParseError):
            read_rows_of_file(tmp_path / name, QUERY)
