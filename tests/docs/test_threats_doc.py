"""docs/threats.md: every attack has an answer or a plain `not yet`, and every test that is named exists."""

import ast
from functools import cache

import pytest

from markdown import codes, document, table
from repository import REPOSITORY

ROWS = table(document("docs/threats.md"), "The table").rows
NAMED = sorted({(number, name) for number, _, _, shown in ROWS for name in codes(shown)})


@cache
def names_of(path: str) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize(("number", "name"), NAMED)
def test_a_test_that_is_named_exists(number: str, name: str) -> None:
    path, _, test = name.partition("::")
    assert test in names_of(path), f"threat {number}"


def test_every_threat_is_shown_or_not_yet_answered() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, len(ROWS) + 1))
    for number, _, answer, shown in ROWS:
        assert (shown == "-") == answer.startswith("not yet"), number


def test_the_threats_with_names_of_their_own_name_them() -> None:
    for file in (REPOSITORY / "tests" / "threats").glob("test_*.py"):
        number = file.name.split("_")[1].lstrip("0")
        path = file.relative_to(REPOSITORY).as_posix()
        assert any(path in name for listed, name in NAMED if listed == number), path
