"""The database's commands, as typed: with a relative folder, as people do."""

from pathlib import Path

from typed_commands import Ran, run


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


def test_once_there_are_officers_only_an_administrator_of_every_unit_erases(tmp_path: Path) -> None:
    def typed(*words: str) -> Ran:
        return run(tmp_path, "setapart-auditor", *words, "--dir", "A")

    typed("init")
    typed("officer", "add", "root", "--role", "admin")
    typed("officer", "add", "sub", "--role", "admin", "--unit", "north", "--as", "root")
    typed("officer", "add", "ola", "--role", "officer", "--as", "root")
    for words, said in (
        ((), "expected --as OFFICER"),
        (("--as", "ola"), "ola is officer"),
        (("--as", "sub"), "sub acts for unit north"),
    ):
        refused = typed("db", "retain", *words)
        assert (refused.code, said in refused.printed) == (2, True), refused.printed
    assert typed("db", "retain", "--as", "root").code == 0
