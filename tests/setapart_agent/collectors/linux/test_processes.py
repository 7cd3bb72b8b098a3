"""Processes out of /proc; the folders are made by the test."""

import os
import sys
from pathlib import Path

from setapart_agent.collectors.linux.processes import Process, running, shows_all


def process(root: Path, pid: str, target: str | None, comm: str = "", cmdline: str = "") -> None:
    folder = root / pid
    folder.mkdir()
    if target is not None:
        (folder / "exe").symlink_to(target)
    (folder / "comm").write_text(comm + "\n")
    (folder / "cmdline").write_text(cmdline)


def test_programs_and_kernel_threads(tmp_path: Path) -> None:
    here = tmp_path / "Telegram"
    here.touch()
    process(tmp_path, "10", str(here), "Telegram")
    process(tmp_path, "2", None, "kthreadd")
    (tmp_path / "self").mkdir()
    assert list(running(str(tmp_path))) == [Process(uid=os.geteuid(), executable=str(here))]


def test_a_file_that_is_not_here_is_a_containers_and_a_deleted_one_is_not(tmp_path: Path) -> None:
    process(tmp_path, "1", "/no/such/place/Telegram")
    process(tmp_path, "2", "/no/such/place/Telegram (deleted)")
    assert {one.executable: one.foreign for one in running(str(tmp_path))} == {
        "/no/such/place/Telegram": True,
        "/no/such/place/Telegram (deleted)": False,
    }


def test_wines_programs_go_by_the_name_of_the_process(tmp_path: Path) -> None:
    loader = tmp_path / "wine64-preloader"
    loader.touch()
    process(tmp_path, "1", str(loader), "Telegram.exe", "C:\\Telegram.exe\0-x")
    assert [one.name for one in running(str(tmp_path))] == ["Telegram.exe"]


def test_this_very_program_is_among_the_processes() -> None:
    mine = os.path.realpath(sys.executable)
    assert any(one.executable == mine and one.uid == os.geteuid() for one in running())


def test_only_the_capability_shows_other_users_programs_whoever_asks(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text("Name:\tagent\nUid:\t900\t900\t900\t900\nCapPrm:\t0000000000000000\nCapEff:\t0000000000080004\n")
    assert shows_all(str(status))
    status.write_text("Name:\tagent\nUid:\t0\t0\t0\t0\nCapPrm:\t0000000000080000\nCapEff:\t00000000a80425fb\n")
    assert not shows_all(str(status))  # root in a container
    assert not shows_all(str(tmp_path / "none"))
