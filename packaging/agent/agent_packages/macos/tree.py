"""The tree of files that the package for macOS installs."""

import os
from dataclasses import replace
from pathlib import Path

from agent_packages.release import REPOSITORY, Machine, Release
from agent_packages.tree import Modules, copyright_file, lay_modules

SOURCES = REPOSITORY / "packaging" / "agent" / "macos"
BASE = Path("Library/Application Support/Setapart")
APPLE_SILICON = Machine(deb="macos-arm64", rpm="arm64", system="macos")
"""The only one: version 49 of cryptography, the library that signs, was the first that is built for no Intel Mac."""
_PROGRAM = 0o755
_FILE = 0o644
_PLACES = {
    "bin": BASE / "bin",
    "launchd": Path("Library/LaunchDaemons"),
    "newsyslog": Path("private/etc/newsyslog.d"),
}


def of_macos(release: Release) -> Release:
    """The same release, for Macs."""
    return replace(release, machine=APPLE_SILICON)


def lay(release: Release, root: Path, cache: Path) -> Modules:
    """Lays the whole tree below a root, each file with its mode. Returns the modules that are in it.

    Args:
        release: what it is, for Macs.
        root: an empty folder.
        cache: where wheels are kept.
    """
    modules = lay_modules(release, root / BASE / "lib", cache)
    lay_sources(root)
    licences = copyright_file(modules, Path("lib"))  # which lies beside it here
    (root / BASE / "licences.txt").write_text(licences, encoding="utf-8")
    settle(root)
    return modules


def lay_sources(root: Path) -> None:
    """Lays what is not the agent itself: programs, services, the rotation of logs."""
    for source, place in _PLACES.items():
        (root / place).mkdir(parents=True, exist_ok=True)
        for file in sorted((SOURCES / source).iterdir()):
            (root / place / file.name).write_bytes(file.read_bytes())


def settle(root: Path) -> None:
    """Modes that do not depend on this machine's umask."""
    for folder, _, files in os.walk(root):
        Path(folder).chmod(_PROGRAM)
        for name in files:
            path = Path(folder, name)
            path.chmod(_PROGRAM if path.parent == root / _PLACES["bin"] else _FILE)
