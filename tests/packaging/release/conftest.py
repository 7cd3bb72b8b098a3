"""The maker of releases, importable; a small repository that may be released."""

import subprocess
import sys
from pathlib import Path

import pytest

from repository import REPOSITORY

BUILDERS = tuple(str(REPOSITORY / "packaging" / whose) for whose in ("agent", "release"))
sys.path[:0] = BUILDERS

FILES = {
    "agent/setapart_evidence/__init__.py": '__version__ = "1.2.3"\n',
    "agent/setapart_agent/cli.py": "agent\n",
    "auditor/setapart_auditor/cli.py": "auditor\n",
    "config/packs/a.toml": "pack\n",
    "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-02\n- All of it.\n",
}


class Clone:
    """A git repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q")
        for name, text in FILES.items():
            self.write(name, text)
        self.commit()

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "tag.gpgSign=false")
        command = ["git", *who, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def commit(self, tag: str | None = None) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        if tag:
            self.git("tag", tag)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clean repository at the tag of its version."""
    folder = tmp_path / "clone"
    folder.mkdir()
    made = Clone(folder)
    made.git("tag", "v1.2.3")
    return made
