"""Threat 11, a backup of a full phone: a twentieth of the million files that `make fuzz` takes, in bounded memory."""

import json
from pathlib import Path

import big_backup

FILES = 50_000


def test_a_backup_of_many_files_is_read_whole_in_little_memory_and_time(tmp_path: Path) -> None:
    big_backup.make(tmp_path / "backup", FILES, on_disk=300)
    before = sorted(path.name for path in (tmp_path / "backup").iterdir())
    found = big_backup.read(tmp_path / "backup")
    assert found.code == 0
    assert found.memory < big_backup.MEMORY
    assert found.seconds < 30
    inventory = json.loads(found.out)
    assert {app["identifier"] for app in inventory["apps"]} == {
        f"org.example.app{number}" for number in range(big_backup.APPS)
    }
    assert {row["section"] for row in inventory["coverage"]} == {"apps", "accounts", "links"}
    assert sorted(path.name for path in (tmp_path / "backup").iterdir()) == before, "nothing is written beside it"
