"""The database's commands, as typed: with a relative folder, as people do."""

from pathlib import Path

from typed_commands import run


def test_a_backup_of_a_relative_folder_is_restored_and_whole(tmp_path: Path) -> None:
    assert run(tmp_path, "setapart-auditor", "init", "--dir", "A").code == 0
    added = ("device", "add", "desk", "--class", "ordinary", "--holder", "h1", "--unit", "u1")
    assert run(tmp_path, "setapart-auditor", *added, "--dir", "A").code == 0
    made = run(tmp_path, "setapart-auditor", "db", "backup", "b", "--dir", "A")
    assert made.code == 0, made.printed
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    restored = run(tmp_path, "setapart-auditor", "db", "restore", "b", "--dir", "B")
    assert restored.code == 0, restored.printed
    for command in (("log", "verify"), ("db", "check")):
        checked = run(tmp_path, "setapart-auditor", *command, "--dir", "B")
        assert checked.code == 0, checked.printed
    assert "desk" in run(tmp_path, "setapart-auditor", "device", "list", "--dir", "B").printed


def test_an_archive_that_is_none_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"x" * 100)
    assert run(tmp_path, "setapart-auditor", "db", "restore", "b", "--dir", "B").code == 2
    assert not (tmp_path / "B").exists()


def test_upgrade_and_retain_of_a_new_auditor_find_nothing_to_do(tmp_path: Path) -> None:
    run(tmp_path, "setapart-auditor", "init", "--dir", "A")
    assert "as it was" in run(tmp_path, "setapart-auditor", "db", "upgrade", "--dir", "A").printed
    assert "0 inventories" in run(tmp_path, "setapart-auditor", "db", "retain", "--dry-run", "--dir", "A").printed
    assert "0 inventories" in run(tmp_path, "setapart-auditor", "db", "retain", "--dir", "A").printed
