"""The database's commands, as typed: with a relative folder, as people do."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

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


def test_a_place_that_is_taken_while_it_restores_costs_a_move_and_no_second_database(
    tmp_path: Path, database_url: str | None
) -> None:
    """The database is filled before the files are in place: a second restore would find it so, and refuse."""
    run(tmp_path, "setapart-auditor", "init", "--dir", "A")
    run(tmp_path, "setapart-auditor", "device", "add", "desk", "--class", "ordinary", "--dir", "A")
    run(tmp_path, "setapart-auditor", "db", "backup", "b", "--dir", "A")

    def take_the_place() -> None:
        until = time.monotonic() + 20
        while not list(tmp_path.glob(".B.*")) and time.monotonic() < until:
            time.sleep(0.001)
        (tmp_path / "B").mkdir()
        (tmp_path / "B" / "other").write_bytes(b"x")

    other = threading.Thread(target=take_the_place)
    other.start()
    chosen = ("--database", database_url) if database_url is not None else ()
    refused = run(tmp_path, "setapart-auditor", "db", "restore", "b", "--dir", "B", *chosen)
    other.join()
    assert (refused.code, "everything was restored" in refused.printed) == (2, True), refused.printed
    cure = refused.printed.rpartition("`mv ")[2].partition("`")[0]
    shutil.rmtree(tmp_path / "B")
    subprocess.run(f"mv {cure}", shell=True, check=True, cwd=tmp_path)
    for command in (("log", "verify"), ("db", "check")):
        checked = run(tmp_path, "setapart-auditor", *command, "--dir", "B")
        assert checked.code == 0, checked.printed
    assert "desk" in run(tmp_path, "setapart-auditor", "device", "list", "--dir", "B").printed
    assert not list(tmp_path.glob(".B.*"))


_KILLED = """
import os, sys
import setapart_auditor.{module} as part
from setapart_auditor.cli import main
real = part.{name}
def last(*args, **kwargs):
    {do}
    os.kill(os.getpid(), 9)
part.{name} = last
sys.argv = ["setapart-auditor", *sys.argv[1:]]
main()
"""
_MOMENTS = {
    "before a file is written": ("store.backup", "unpack_folder", "pass"),
    "before the rows": ("store.backup", "load", "pass"),
    "within the rows": ("store.dump", "Loader.finish", "pass"),
    "after the rows": ("cli.restoring", "put", "pass"),
    "at its end": ("cli.restoring", "put", "args[0].replace(args[1])"),
}


@pytest.mark.parametrize("moment", _MOMENTS)
def test_a_restore_that_was_killed_is_run_again_and_leaves_nothing(
    tmp_path: Path, database_url: str | None, moment: str
) -> None:
    module, name, do = _MOMENTS[moment]
    run(tmp_path, "setapart-auditor", "init", "--dir", "A")
    run(tmp_path, "setapart-auditor", "device", "add", "desk", "--class", "ordinary", "--dir", "A")
    run(tmp_path, "setapart-auditor", "db", "backup", "b", "--dir", "A")
    chosen = ("--database", database_url) if database_url is not None else ()
    words = ("db", "restore", "b", "--dir", "B", *chosen)
    script = _KILLED.format(module=module, name=name, do=do)
    killed = subprocess.run([sys.executable, "-c", script, *words], cwd=tmp_path, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if moment != "at its end":
        again = run(tmp_path, "setapart-auditor", *words)
        assert again.code == 0, again.printed
    for command in (("log", "verify"), ("db", "check")):
        checked = run(tmp_path, "setapart-auditor", *command, "--dir", "B")
        assert checked.code == 0, checked.printed
    assert "desk" in run(tmp_path, "setapart-auditor", "device", "list", "--dir", "B").printed
    assert {one.name for one in tmp_path.iterdir()} == {"A", "B", "b"}


def test_a_restore_of_another_backup_does_not_finish_the_one_that_was_killed(tmp_path: Path) -> None:
    run(tmp_path, "setapart-auditor", "init", "--dir", "A")
    run(tmp_path, "setapart-auditor", "db", "backup", "b", "--dir", "A")
    run(tmp_path, "setapart-auditor", "device", "add", "desk", "--class", "ordinary", "--dir", "A")
    run(tmp_path, "setapart-auditor", "db", "backup", "c", "--dir", "A")
    script = _KILLED.format(module="cli.restoring", name="put", do="pass")
    words = ("db", "restore", "b", "--dir", "B")
    subprocess.run([sys.executable, "-c", script, *words], cwd=tmp_path, check=False, capture_output=True)
    refused = run(tmp_path, "setapart-auditor", "db", "restore", "c", "--dir", "B")
    assert (refused.code, "another backup" in refused.printed) == (2, True), refused.printed
    cure = refused.printed.rpartition("`mv ")[2].partition("`")[0]
    subprocess.run(f"mv {cure}", shell=True, check=True, cwd=tmp_path)
    assert "desk" not in run(tmp_path, "setapart-auditor", "device", "list", "--dir", "B").printed
