"""Files that are there whole, or not at all."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from setapart_auditor.whole_file import create_once, new_file, write_file


class CutOffError(Exception):
    """What goes wrong in the middle."""


def cut_off(path: Path, *, replace: bool) -> None:
    with new_file(path, replace=replace) as file:
        file.write(b"half")
        raise CutOffError


@pytest.mark.parametrize("replace", [False, True])
def test_what_is_cut_off_leaves_nothing_behind(replace: bool, tmp_path: Path) -> None:
    with pytest.raises(CutOffError):
        cut_off(tmp_path / "file", replace=replace)
    assert list(tmp_path.iterdir()) == []


def test_what_is_cut_off_leaves_the_earlier_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"before")
    with pytest.raises(CutOffError):
        cut_off(path, replace=True)
    assert [(one, one.read_bytes()) for one in tmp_path.iterdir()] == [(path, b"before")]


def test_a_file_that_is_there_is_kept_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"before")
    with pytest.raises(FileExistsError):
        write_file(path, b"after")
    assert not create_once(path, lambda: pytest.fail("made for nothing"))
    assert path.read_bytes() == b"before"
    write_file(path, b"after", replace=True)
    assert [(one, one.read_bytes()) for one in tmp_path.iterdir()] == [(path, b"after")]


@pytest.mark.parametrize("replace", [False, True])
def test_a_link_at_the_name_is_never_written_through(replace: bool, tmp_path: Path) -> None:
    victim, path = tmp_path / "victim", tmp_path / "file"
    victim.write_bytes(b"precious")
    path.symlink_to(victim)
    if replace:
        write_file(path, b"new", replace=True)
        assert (path.is_symlink(), path.read_bytes()) == (False, b"new")
    else:
        with pytest.raises(FileExistsError):
            write_file(path, b"new")
        assert path.is_symlink()
    assert victim.read_bytes() == b"precious"


def test_it_is_its_owners_alone_also_while_it_is_written_and_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with new_file(tmp_path / "file") as file:
            file.write(b"secret")
            assert [one.stat().st_mode & 0o777 for one in tmp_path.iterdir()] == [0o600]
        write_file(tmp_path / "shared", b"", mode=0o666)
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o666


def test_of_many_that_come_at_once_one_is_written_whole(tmp_path: Path) -> None:
    path, ready = tmp_path / "file", threading.Barrier(16)

    def create(number: int) -> bool:
        ready.wait()
        return create_once(path, lambda: bytes([number]) * 10_000)

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(create, range(16)))
    assert made.count(True) == 1
    assert path.read_bytes() == bytes([made.index(True)]) * 10_000
    assert list(tmp_path.iterdir()) == [path]


def test_where_files_have_one_name_only_they_are_written_and_kept_as_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel answers on FAT: link(2) is EPERM where a file system has no hard links."""

    def no_links(_one: Path, _other: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "file"
    write_file(path, b"before")
    with pytest.raises(FileExistsError, match="file"):
        write_file(path, b"after")
    assert [(one, one.read_bytes()) for one in tmp_path.iterdir()] == [(path, b"before")]
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "none" / "file", b"")


def test_a_name_may_be_as_long_as_names_may_be(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    write_file(path, b"whole")
    assert path.read_bytes() == b"whole"


def test_file_and_name_are_on_disk_before_anybody_relies_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, bool]] = []
    sync, path = os.fsync, tmp_path / "file"

    def counted(handle: int) -> None:
        steps.append(("folder" if os.path.isdir(f"/dev/fd/{handle}") else "file", path.exists()))  # noqa: PTH112
        sync(handle)

    monkeypatch.setattr(os, "fsync", counted)
    write_file(path, b"whole")
    assert steps == [("file", False), ("folder", True)]
