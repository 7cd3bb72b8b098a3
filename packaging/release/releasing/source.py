# ruff: noqa: S603, S607
# The tools of whoever builds, found as they find them.
"""What is released: a clean tree at the tag of its version, which the changelog tells of."""

import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from releasing.errors import ReleaseError

_VERSION_FILE = "agent/setapart_evidence/__init__.py"
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The sources of a release.

    Attributes:
        version: as the code says.
        commit: its full hash.
        moment: seconds since 1970 of the commit, which every file of every package bears.
        archive: the tree as a tar file, as git archives it.
    """

    version: str
    commit: str
    moment: int
    archive: bytes

    @property
    def tag(self) -> str:
        """What the commit must be tagged with."""
        return f"v{self.version}"

    def unpack(self, folder: Path) -> None:
        """Lays the tree into a folder."""
        with tarfile.open(fileobj=io.BytesIO(self.archive)) as tree:
            tree.extractall(folder, filter="data")

    def digests(self) -> dict[str, str]:
        """The SHA-256 of every file, by its path."""
        with tarfile.open(fileobj=io.BytesIO(self.archive)) as tree:
            opened = ((member.name, tree.extractfile(member)) for member in tree if member.isfile())
            return {name: sha256(file.read()).hexdigest() for name, file in opened if file}


def source_of(repository: Path) -> Source:
    """The sources of a repository's working tree, if they may be released as they are.

    Raises:
        ReleaseError: the tree has changes, is not at the tag of its version, or the changelog does not tell of it.
    """
    changed = _git(repository, "status", "--porcelain", "--untracked-files=all").splitlines()
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""  # noqa: PLR2004 - enough to know which
        named = ", ".join(line[3:] for line in changed[:3])
        raise ReleaseError(
            f"the tree is not clean: {named}{more}; expected what is committed, alone; commit it or take it away"
        )
    found = _VERSION.search((repository / _VERSION_FILE).read_text("utf-8"))
    if found is None:
        raise ReleaseError(f'{_VERSION_FILE} has no version; expected a line `__version__ = "…"`')
    version = found[1]
    tags = _git(repository, "tag", "--points-at", "HEAD").split()
    if f"v{version}" not in tags:
        raise ReleaseError(
            f"HEAD has the tags {', '.join(tags) or '(none)'}; expected v{version}, as the code says;"
            f" tag it (`git tag -s v{version}`) or set the version in {_VERSION_FILE}"
        )
    _check_changelog((repository / "CHANGELOG.md").read_text("utf-8"), version)
    return Source(
        version=version,
        commit=_git(repository, "rev-parse", "HEAD").strip(),
        moment=int(_git(repository, "log", "-1", "--format=%ct")),
        archive=subprocess.run(["git", "archive", "HEAD"], cwd=repository, check=True, capture_output=True).stdout,
    )


def _check_changelog(text: str, version: str) -> None:
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$\n(.*?)(?=^## |\Z)"
    found = re.search(heading, text, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise ReleaseError(
            f"CHANGELOG.md does not tell of {version}; expected `## [{version}] - YEAR-MONTH-DAY` and what has changed"
            " below it; give [Unreleased] this name"
        )


def _git(repository: Path, *arguments: str) -> str:
    answer = subprocess.run(["git", *arguments], cwd=repository, check=False, capture_output=True, text=True)
    if answer.returncode:
        raise ReleaseError(f"git {arguments[0]}: {answer.stderr.strip()}; expected a clone of the repository")
    return answer.stdout
