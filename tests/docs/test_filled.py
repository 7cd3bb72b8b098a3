"""Parts of documents that are made from the code are what the code says today."""

import importlib.util
from pathlib import Path

import pytest

from repository import REPOSITORY

_SPEC = importlib.util.spec_from_file_location("fill", REPOSITORY / "docs" / "fill.py")
assert _SPEC is not None
assert _SPEC.loader is not None
fill = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(fill)
MARKED = [
    path
    for path in sorted((REPOSITORY / "docs").rglob("*.md"))
    if "<!-- fill:" in path.read_text() or "<!-- code:" in path.read_text()
]


@pytest.mark.parametrize("path", MARKED, ids=lambda path: path.name)
def test_the_document_says_what_the_code_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert fill.filled(text) == text, "run `make filled-docs`"


def test_there_are_documents_to_compare() -> None:
    assert {path.name for path in MARKED} >= {"devices.md", "collector.md", "privacy.md"}


def test_a_mark_that_names_nothing_is_refused() -> None:
    with pytest.raises(SystemExit):
        fill.source_of("docs/fill.py", "no_such_name")
