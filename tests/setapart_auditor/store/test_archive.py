import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from setapart_auditor.errors import StoreError
from setapart_auditor.store.archive import new_archive, verify_archive


def test_every_bit_of_a_backup_counts(tmp_path: Path) -> None:
    """Also those of zstd's own frame that change nothing in what it unpacks to."""
    path = tmp_path / "backup"
    with new_archive(path) as made:
        made.add("folder/auditor.toml", b"[database]\n" * 40)
        made.finish(dt.datetime(2026, 11, 26, tzinfo=dt.UTC), "0001", ())
    whole = path.read_bytes()
    assert [one.name for one in verify_archive(path).members] == ["folder/auditor.toml"]
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        with pytest.raises(StoreError, match="damaged"):
            verify_archive(path)
    for other in (whole + b"x", whole[:-1]):
        path.write_bytes(other)
        with pytest.raises(StoreError, match="damaged"):
            verify_archive(path)


@pytest.mark.parametrize("said", ["\x1b[2J", "2026-11-26T00:00:00", ""])
def test_a_backup_that_was_made_at_no_moment_is_damaged(tmp_path: Path, said: Any) -> None:
    path = tmp_path / "backup"
    with new_archive(path) as made:
        made.finish(said, "0001", ())
    with pytest.raises(StoreError, match="its manifest can't be read"):
        verify_archive(path)
