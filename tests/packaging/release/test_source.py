"""packaging/release/releasing/source.py: what may be released, and every reason why not."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from releasing.errors import ReleaseError
from releasing.source import source_of

from repository import REPOSITORY


def test_a_clean_tree_at_the_tag_of_its_version_is_released_as_committed(clone: Any, tmp_path: Path) -> None:
    source = source_of(clone.folder)
    assert (source.version, source.tag) == ("1.2.3", "v1.2.3")
    assert source.commit == clone.git("rev-parse", "HEAD").strip()
    assert source.moment == int(clone.git("log", "-1", "--format=%ct"))
    source.unpack(tmp_path / "unpacked")
    assert (tmp_path / "unpacked" / "config/packs/a.toml").read_text() == "pack\n"
    assert source.digests()["config/packs/a.toml"] == sha256(b"pack\n").hexdigest()


@pytest.mark.parametrize("name", ["new.txt", "config/packs/a.toml"])
def test_a_file_that_is_not_committed_is_refused_by_name(name: str, clone: Any) -> None:
    clone.write(name, "changed\n")
    with pytest.raises(ReleaseError, match=rf"not clean: {name}; expected what is committed"):
        source_of(clone.folder)


def test_what_git_ignores_does_not_count(clone: Any) -> None:
    clone.write(".gitignore", "dist/\n")
    clone.commit()
    clone.git("tag", "-f", "v1.2.3")
    clone.write("dist/x.deb", "x")
    assert source_of(clone.folder).version == "1.2.3"


@pytest.mark.parametrize(("tag", "named"), [(None, r"\(none\)"), ("v1.2.4", "v1.2.4"), ("1.2.3", "1.2.3")])
def test_a_tree_that_is_not_at_the_tag_of_its_version_is_refused(tag: str | None, named: str, clone: Any) -> None:
    clone.commit(tag)
    with pytest.raises(ReleaseError, match=rf"HEAD has the tags {named}; expected v1\.2\.3"):
        source_of(clone.folder)


@pytest.mark.parametrize(
    "text",
    [
        "## [Unreleased]\n- All of it.\n",
        "## [1.2.3]\n- No day.\n",
        "## [1.2.30] - 2026-01-02\n- Another.\n",
        "## [1.2.3] - 2026-01-02\n\n## [1.2.2] - 2025-01-02\n- Nothing of 1.2.3.\n",
    ],
)
def test_a_changelog_that_does_not_tell_of_it_is_refused(text: str, clone: Any) -> None:
    clone.write("CHANGELOG.md", text)
    clone.commit()
    clone.git("tag", "-f", "v1.2.3")
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md does not tell of 1\.2\.3"):
        source_of(clone.folder)


def test_a_version_that_cannot_be_found_is_said(clone: Any) -> None:
    clone.write("agent/setapart_evidence/__init__.py", "")
    clone.commit()
    with pytest.raises(ReleaseError, match="has no version; expected a line"):
        source_of(clone.folder)


def test_what_is_no_clone_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="expected a clone of the repository"):
        source_of(tmp_path)


def test_the_repository_has_its_version_where_it_is_looked_for() -> None:
    text = (REPOSITORY / "agent/setapart_evidence/__init__.py").read_text("utf-8")
    assert text.count("\n__version__ = ") + text.startswith("__version__ = ") == 1
