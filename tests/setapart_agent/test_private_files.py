"""Private files: whole or not at all, private under any umask, and on a system without Linux's calls as well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from setapart_agent.errors import ChainError
from setapart_agent.private_files import write_private


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
