"""docs/threats.md: every attack has an answer or a plain `not yet`, and every test that is named exists."""

import ast
import re
from functools import cache

import pytest

from markdown import document, table
from repository import REPOSITORY

ROWS = table(document("docs/threats.md"), "The table").rows
_CLAIM = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")
NAMED = sorted({(number, path, name) for number, _, _, shown in ROWS for name, path in _CLAIM.findall(shown)})


@cache
def names_of(path: str) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize(("number", "path", "name"), NAMED)
def test_a_test_that_is_named_exists_in_the_file_that_it_links_to(number: str, path: str, name: str) -> None:
    assert name in names_of(path), f"threat {number}"


def test_every_threat_is_shown_or_not_yet_answered() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, len(ROWS) + 1))
    for number, _, answer, shown in ROWS:
        assert (shown == "-") == answer.startswith("not yet"), number


def test_whatever_shows_an_answer_is_a_link_to_its_test() -> None:
    for number, _, _, shown in ROWS:
        left = _CLAIM.sub("", shown).strip(", ")
        assert left in {"", "-"}, f"threat {number}: {left}; expected [`test_name`](../tests/FILE.py)"


def test_the_threats_with_names_of_their_own_name_them() -> None:
    for file in (REPOSITORY / "tests" / "threats").glob("test_*.py"):
        number = file.name.split("_")[1].lstrip("0")
        path = file.relative_to(REPOSITORY).as_posix()
        assert any(path == linked for listed, linked, _ in NAMED if listed == number), path
