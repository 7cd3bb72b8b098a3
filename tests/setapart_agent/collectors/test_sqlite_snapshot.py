import sqlite3
from pathlib import Path

import pytest

from setapart_agent.collectors.sqlite_snapshot import read_rows
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
