"""Private files: whole or not at all, private under any umask, and on a system without Linux's calls as well."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pretended_windows import pretend
from setapart_agent.errors import ChainError, KeyFileError
from setapart_agent.private_files import make_private_folder, read_private, write_new, write_private


def test_a_failed_write_keeps_the_old_content_and_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "state"
    write_private(target, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ChainError, match="No space left"):
        write_private(target, b"new")
    assert target.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["state"]


def test_the_agent_starts_where_linux_only_modules_and_calls_are_missing() -> None:
    """Windows has no fcntl, no geteuid, no O_CLOEXEC: the command line must come up without them."""
    program = (
        "import importlib.abc, os, sys\n"
        "class Refuse(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('fcntl', 'resource', 'pwd', 'grp', 'termios'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "for name in ('fcntl', 'resource', 'pwd', 'grp'):\n"
        "    sys.modules.pop(name, None)\n"
        "for name in ('geteuid', 'fork', 'O_CLOEXEC', 'O_NOFOLLOW', 'O_DIRECTORY', 'O_PATH', 'fchmod'):\n"
        "    delattr(os, name)\n"
        "import setapart_agent.cli as cli\n"
        "from importlib import import_module\n"
        "for command in cli.COMMANDS:\n"
        "    import_module('setapart_agent.cli.' + command.replace('-', '_'))\n"
        "import setapart_agent.sources, setapart_agent.collectors.worker, setapart_agent.collectors.desktop.tree\n"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr


SYSTEM, ADMINISTRATORS = "*S-1-5-18", "*S-1-5-32-544"


def test_on_windows_a_private_file_is_left_to_its_owner_and_administrators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = pretend(monkeypatch, tmp_path, user="ada")
    write_new(tmp_path / "key.pem", b"key", 0o600)
    write_new(tmp_path / "key.pub", b"public", 0o644)
    closed = ("/inheritance:r", "/grant:r", f"{SYSTEM}:F", f"{ADMINISTRATORS}:F", "ada:F")
    assert windows.granted() == {"key.pem": closed}


def test_on_windows_system_grants_nothing_to_the_name_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is called `DESK-17$`; outside of a domain nobody has that name, and icacls would end with 1332."""
    windows = pretend(monkeypatch, tmp_path, user="DESK-17$")
    write_new(tmp_path / "key.pem", b"key", 0o600)
    assert windows.granted()["key.pem"][2:] == (f"{SYSTEM}:F", f"{ADMINISTRATORS}:F")


def test_on_windows_the_systems_state_folder_is_closed_with_all_that_comes_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = pretend(monkeypatch, tmp_path, user="DESK-17$")
    make_private_folder(windows.state)
    make_private_folder(windows.state / "spool" / "rejected")
    write_private(windows.state / "auditor.json", b"{}")
    # Reports, receipts and what is known of the auditor have the folder's rights: it says who delivers.
    every = ("/inheritance:r", "/grant:r", f"{SYSTEM}:(OI)(CI)F", f"{ADMINISTRATORS}:(OI)(CI)F")
    assert windows.granted() == {"setapart-agent": every}


def test_on_windows_the_key_is_closed_to_those_who_may_read_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = pretend(monkeypatch, tmp_path, user="DESK-17$")
    windows.state.mkdir()
    write_new(windows.state / "key.pem", b"key", 0o600)
    assert windows.granted()["key.pem"][0] == "/inheritance:r"


@pytest.mark.parametrize("named", ["setapart-agent/../evil/auditor.json", "setapart-agent-2/auditor.json"])
def test_on_windows_a_folder_that_only_looks_like_the_systems_is_trusted_with_nothing(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = pretend(monkeypatch, tmp_path, user="ada")
    for name in ("setapart-agent", "evil", "setapart-agent-2"):
        (windows.program_data / name).mkdir()
    write_private(windows.program_data / named, b"{}")
    assert [rights[0] for rights in windows.granted().values()] == ["/inheritance:r"]


def test_on_windows_a_folder_that_the_installation_has_laid_keeps_its_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = pretend(monkeypatch, tmp_path, user="DESK-17$")
    windows.state.mkdir()
    make_private_folder(windows.state)
    assert windows.granted() == {}


def test_on_windows_a_disk_without_rights_makes_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = pretend(monkeypatch, tmp_path, user="ada")
    (windows.programs / "icacls.exe").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(KeyFileError, match="can't be made private"):
        write_new(tmp_path / "key.pem", b"key", 0o600)
    with pytest.raises(KeyFileError, match="can't be made private"):
        write_private(tmp_path / "auditor.json", b"{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ProgramData", "Windows"]


def test_a_private_file_is_read_up_to_its_limit_and_not_beyond(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"x" * 10)
    assert read_private(path, 10) == b"x" * 10
    with pytest.raises(OSError, match="larger than 9 bytes") as told:
        read_private(path, 9)
    assert told.value.errno == errno.EFBIG
    os.truncate(path, 2**40)
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_private(path, 10)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
@pytest.mark.parametrize("made", ["fifo", "link", "endless", "folder"])
def test_nothing_but_a_regular_file_is_read_and_nobody_is_waited_for(tmp_path: Path, made: str) -> None:
    path, secret = tmp_path / "state", tmp_path / "secret"
    secret.write_bytes(b"secret")
    match made:
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to(secret)
        case "endless":
            path.symlink_to("/dev/zero")
        case _:
            path.mkdir()
    handles = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match=r"regular|symbolic") as told:
        read_private(path)
    assert told.value.strerror
    assert len(list(Path("/proc/self/fd").iterdir())) == handles
