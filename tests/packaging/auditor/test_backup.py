"""The backup that the timer runs: a new one first, then the oldest go, and none goes for one that failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from repository import REPOSITORY
from stores import make_installation

BACKUP = REPOSITORY / "packaging" / "auditor" / "installed" / "backup"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_installation(tmp_path / "a").store.close()
    (tmp_path / "backups").mkdir()
    return tmp_path / "a"


def back_up(folder: Path, keep: str = "3", *under: str) -> "subprocess.CompletedProcess[str]":
    """Runs it, with this environment's own program."""
    program = Path(sys.executable).with_name("setapart-auditor")
    return subprocess.run(
        [*under, str(BACKUP), str(folder), str(folder.with_name("backups"))],
        env={**os.environ, "BACKUP_KEEP": keep, "SETAPART_AUDITOR": str(program)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def older(folder: Path, *days: int) -> set[str]:
    """Puts files there that look like earlier backups, and one that is none of its own."""
    names = {f"auditor-2026-01-{day:02}T013000Z.tar.zst" for day in days}
    for name in {*names, "auditor-by-hand.tar.zst"}:
        (folder.with_name("backups") / name).write_bytes(b"earlier")
    return names


def kept(folder: Path) -> set[str]:
    return {path.name for path in folder.with_name("backups").iterdir()}


def test_the_oldest_go_once_there_are_more_than_are_kept(folder: Path) -> None:
    older(folder, 1, 2, 3, 4)
    assert back_up(folder).returncode == 0
    left = kept(folder)
    assert left >= {
        "auditor-2026-01-03T013000Z.tar.zst",
        "auditor-2026-01-04T013000Z.tar.zst",
        "auditor-by-hand.tar.zst",
    }
    (new,) = left - {f"auditor-2026-01-{day:02}T013000Z.tar.zst" for day in (3, 4)} - {"auditor-by-hand.tar.zst"}
    assert (folder.with_name("backups") / new).stat().st_size > 1000


def test_none_goes_for_one_that_could_not_be_written(folder: Path) -> None:
    names = older(folder, 1, 2, 3, 4, 5)
    (folder / "large").write_bytes(os.urandom(300_000))  # everything in the folder is backed up
    ran = back_up(folder, "1", "prlimit", "--fsize=100000")
    assert ran.returncode == 2
    assert "File too large" in ran.stderr
    assert kept(folder) == {*names, "auditor-by-hand.tar.zst"}


@pytest.mark.parametrize("keep", ["0", "00", "-1", "08", "010", "many", "1 2"])
def test_a_number_to_keep_that_is_none_is_refused_before_anything_is_done(folder: Path, keep: str) -> None:
    names = older(folder, 1)
    ran = back_up(folder, keep)
    assert ran.returncode == 2
    assert "BACKUP_KEEP" in ran.stderr
    assert kept(folder) == {*names, "auditor-by-hand.tar.zst"}
