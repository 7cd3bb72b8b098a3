"""Files that commands write."""

import os
from pathlib import Path

import pytest

from setapart_auditor.cli.output import write_public
from setapart_auditor.errors import AuditorError


def test_what_others_may_read_takes_the_place_of_a_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0o022)
    try:
        write_public(tmp_path / "bundle.json", b"earlier")
    finally:
        os.umask(before)
    assert (tmp_path / "bundle.json").stat().st_mode & 0o777 == 0o644

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_public(tmp_path / "bundle.json", b"later")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("bundle.json", b"earlier")]


def test_it_takes_no_place_of_a_link_a_pipe_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(AuditorError, match="no regular file"):
            write_public(tmp_path / name, b"new")
    assert (tmp_path / "file").read_bytes() == b"kept"
