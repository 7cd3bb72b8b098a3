# ruff: noqa: S603, S607
# The tools of whoever builds, found as they find them.
"""The same sources, built twice in different places, by `make packages`: every byte must be the same."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from agent_packages import signing_key

from releasing.errors import ReleaseError
from releasing.source import Source

_SAID = 2000
_KEPT_BACK = (signing_key.VARIABLE, "MAKEFLAGS")
"""The key is for the sums of what was compared, and for nothing that runs in a build."""
SUMS = ("SHA256SUMS", "SHA256SUMS.sig")
"""What is written over the files, and is none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a build runs: whatever differs between machines and must not be seen in a file."""

    folder: str
    zone: str
    umask: int


PLACES = (
    Place(folder="a", zone="UTC", umask=0o022),
    Place(folder="another-folder/of/setapart", zone="Asia/Tokyo", umask=0o077),
)


def build(source: Source, place: Place, scratch: Path, wheels: Path) -> Path:
    """Builds every package. Returns the folder with them.

    Args:
        source: what is built.
        place: where.
        scratch: an empty folder.
        wheels: where libraries are kept that were fetched already; their hashes are compared with the locks'.

    Raises:
        ReleaseError: `make packages` failed.
    """
    folder = scratch / place.folder
    folder.mkdir(parents=True)
    source.unpack(folder)
    (folder / "build").mkdir()
    wheels.mkdir(parents=True, exist_ok=True)
    (folder / "build" / "wheels").symlink_to(wheels)
    environment = {name: value for name, value in os.environ.items() if name not in _KEPT_BACK}
    environment |= {"SOURCE_DATE_EPOCH": str(source.moment), "TZ": place.zone}
    answer = subprocess.run(
        ["make", "packages", f"PYTHON={sys.executable}"],
        cwd=folder, env=environment, umask=place.umask, check=False, capture_output=True, text=True,
    )  # fmt: skip
    if answer.returncode:
        raise ReleaseError(f"`make packages` ended with {answer.returncode}: {answer.stderr[-_SAID:].strip()}")
    return folder / "dist"


def same(first: Path, second: Path) -> tuple[Path, ...]:
    """The files of the first build, if those of the second are the same.

    Raises:
        ReleaseError: a file is missing in one, or differs.
    """
    one, other = (
        {file.name: file.read_bytes() for file in folder.iterdir() if file.name not in SUMS}
        for folder in (first, second)
    )
    different = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    if different or not one:
        raise ReleaseError(
            f"two builds of one commit differ: {', '.join(different) or 'both are empty'}; expected the same bytes;"
            " find what of the machine got in (diffoscope shows where)"
        )
    return tuple(first / name for name in sorted(one))
