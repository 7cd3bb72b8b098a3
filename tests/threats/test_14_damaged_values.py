"""Threat 14: whatever somebody writes into a column of the database, each command that reads ends in words of ours."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary

from record_builder import fill
from setapart_auditor.store.schema import metadata
from setapart_auditor.store.types import Day, Moment
from stores import make_installation

COLUMNS = [
    f"{table.name}.{column.name}"
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, LargeBinary | Moment | Day) and table.name not in {"rejection", "current"}
]
"""All that is decoded after the database has answered."""
_READING = (
    ("list", "--jobs", "1"), ("explain", "d1"), ("history", "d1"), ("sweep", "--jobs", "1"),
    ("export", "--format", "json"), ("device", "list"), ("device", "show", "d1"), ("device", "export"),
    ("device", "tokens", "list"), ("device", "station", "list"), ("exception", "list"), ("exception", "show", "E-1"),
    ("officer", "list"), ("log", "show", "--limit", "600"), ("log", "verify"), ("log", "prove", "3"),
    ("log", "checkpoint"), ("db", "check"), ("db", "retain", "--dry-run"),
)  # fmt: skip
_RUN = """
import contextlib, io, json, sys, traceback
from setapart_auditor.cli import main
for words in json.loads(sys.argv[1]):
    said = io.StringIO()
    sys.argv = ["setapart-auditor", *words, "--dir", "A"]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main()
        code = 0
    except SystemExit as exc:
        code = exc.code
    except BaseException:
        code = traceback.format_exc()
    print(json.dumps([words, code, said.getvalue()[-300:]]))
"""


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of an auditor with rows in every table, no officer but its makers, and no trigger that stops a hand."""
    folder = tmp_path_factory.mktemp("pristine") / "A"
    made = make_installation(folder)
    fill(made)
    made.store.close()
    with sqlite3.connect(folder / "auditor.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE officer SET implicit = 1")
        connection.execute("UPDATE device SET state = 'active'")
    return folder


@pytest.mark.parametrize("column", COLUMNS)
def test_a_value_that_was_written_by_hand_is_told_of_and_is_never_a_traceback(
    pristine: Path, tmp_path: Path, column: str
) -> None:
    shutil.copytree(pristine, tmp_path / "A")
    table, name = column.split(".")
    with sqlite3.connect(tmp_path / "A" / "auditor.db") as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        unique = f'WHERE rowid = (SELECT min(rowid) FROM "{table}")'
        assert connection.execute(f'UPDATE "{table}" SET "{name}" = ? {unique}', (b"\xff{",)).rowcount == 1
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, json.dumps(_READING)],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(answers) == len(_READING)
    assert [one for one in answers if one[1] not in {0, 1, 2, 3}] == []
