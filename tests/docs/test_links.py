"""Every relative link and anchor in every document leads somewhere."""

from pathlib import Path

import pytest

from markdown import anchors, documents, links
from repository import REPOSITORY

DOCUMENTS = documents()


@pytest.mark.parametrize("file", DOCUMENTS, ids=[file.relative_to(REPOSITORY).as_posix() for file in DOCUMENTS])
def test_links_lead_to_files_and_headings(file: Path) -> None:
    for link in links(file.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), link
        assert target.is_relative_to(REPOSITORY), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_the_index_names_every_document() -> None:
    index = REPOSITORY / "docs" / "index.md"
    named = {(index.parent / link).resolve() for link in links(index.read_text(encoding="utf-8")) if "://" not in link}
    docs = {file for file in DOCUMENTS if file.parent == index.parent}
    assert docs - {index} <= named
