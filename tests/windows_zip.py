"""The agent's zip for Windows: packed of the agent's own modules, and looked into."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

from agent_packages import agent_wheel, windows
from agent_packages.release import INSTALLED, MACHINES, Release

RELEASE = Release(version="1.2.3", revision=1, machine=MACHINES["amd64"], moment=1_700_000_000)
TASKS = ("collect", "deliver", "enrol")
SYSTEM = "S-1-5-18"


def packed(folder: Path) -> Path:
    """The zip, and beside it `modules`: the agent's own; its libraries are another test's."""
    modules = folder / "modules"
    modules.mkdir()
    agent_wheel.lay_sources(modules)
    shutil.copy(INSTALLED / "main.py", modules / "__main__.py")
    return windows.pack(RELEASE, modules, folder / "agent-1.2.3.zip")


def content(file: Path) -> dict[str, bytes]:
    """What is in the zip, by its path below the one folder."""
    with zipfile.ZipFile(file) as archive:
        return {name.removeprefix(f"{file.stem}/"): archive.read(name) for name in archive.namelist()}


def text(files: Mapping[str, bytes], name: str) -> str:
    return files[name].decode("ascii")
