# ruff: noqa: S603
"""The tree of files that the package installs."""

import os
import subprocess
import sys
from pathlib import Path

from agent_packages import completion, manual, vendored
from agent_packages.release import REPOSITORY, Release
from agent_packages.tree import Modules, copyright_file

from auditor_packages.manual import AUDITOR

NAME = "setapart-auditor"
HERE = REPOSITORY / "packaging" / "auditor"
INSTALLED = HERE / "installed"
LIBRARY = Path("usr/lib") / NAME
DOCUMENTS = Path("usr/share/doc") / NAME
LOCK = HERE / "requirements.txt"
PYTHONS = ("3.11", "3.13")
"""Of Debian 12 and of Debian 13; their compiled modules lie side by side."""
_SCRIPT, _FILE = 0o755, 0o644
_PROGRAMS = ("backup", "compile", "interpreter")


def lay(release: Release, root: Path, scratch: Path) -> Modules:
    """Lays the whole tree below a root, each file with the mode and moment that it gets.

    Args:
        release: what is built.
        root: a new folder.
        scratch: for what is fetched and built on the way.

    Returns:
        Where the modules are, and what of them is others'.

    Raises:
        VendoringError: the wheels can't be fetched, or do not fit together.
    """
    wheels = vendored.lay(_fetch(release, scratch / "wheels"), root / LIBRARY)
    _lay_own(release, root / LIBRARY, scratch / "own")
    for program in _PROGRAMS:
        _put(root / LIBRARY / program, (INSTALLED / program).read_bytes())
    _put(root / "usr/bin" / NAME, (INSTALLED / NAME).read_bytes())
    for unit in sorted((INSTALLED / "systemd").iterdir()):
        _put(root / "usr/lib/systemd/system" / unit.name, unit.read_bytes())
    _put(root / "usr/lib/sysusers.d" / f"{NAME}.conf", (INSTALLED / "sysusers.conf").read_bytes())
    _put(root / "etc/default" / NAME, (INSTALLED / "default").read_bytes())
    modules = Modules(folder=root / LIBRARY, wheels=wheels)
    _document(release, modules, root)
    _settle(root, release.moment)
    return modules


def _fetch(release: Release, folder: Path) -> tuple[Path, ...]:
    """The wheels that the lock names, for every Python: of no other hash than it says."""
    platforms = [word for platform in release.machine.platforms for word in ("--platform", platform)]
    for python in PYTHONS:
        answer = subprocess.run(
            [
                sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes",
                "--implementation", "cp", "--python-version", python, *platforms, "-r", LOCK, "-d", folder,
            ],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if answer.returncode:
            raise vendored.VendoringError(f"pip ended with {answer.returncode}: {answer.stderr.strip()}")
    return tuple(sorted(folder.glob("*.whl")))


def _lay_own(release: Release, target: Path, scratch: Path) -> None:
    """The distribution `setapart` as it is published: packs and catalog are in its wheel."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", scratch],
        cwd=REPOSITORY, env=release.environment, check=True, capture_output=True,
    )  # fmt: skip
    vendored.lay(tuple(scratch.glob("*.whl")), target)


def _document(release: Release, modules: Modules, root: Path) -> None:
    """The examples and guides, a copyright file, the man page, completion for shells, and what lintian is told."""
    command_line = manual.load("setapart_auditor.cli")
    documents = root / DOCUMENTS
    for example in ("nginx/setapart-auditor.conf", "prometheus/setapart-auditor.rules.yml"):
        _put(documents / "examples" / Path(example).name, (HERE / example).read_bytes())
    for guide in ("docs/install/auditor.md", "docs/operations/postgresql.md"):
        _put(documents / Path(guide).name, (REPOSITORY / guide).read_bytes())
    _put(documents / "copyright", copyright_file(modules, LIBRARY).encode())
    page = manual.page(command_line, NAME, release, AUDITOR)
    _put(root / "usr/share/man/man1" / f"{NAME}.1.gz", manual.compressed(page))
    for place, script in completion.scripts(command_line, NAME).items():
        _put(root / place, script.encode())
    _put(root / "usr/share/lintian/overrides" / NAME, (INSTALLED / "debian" / "lintian-overrides").read_bytes())


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _settle(root: Path, moment: int) -> None:
    """Modes and times that depend neither on this machine's umask nor on its clock."""
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            path = Path(folder, name)
            runs = path.parent == root / "usr/bin" or (path.parent == root / LIBRARY and name in _PROGRAMS)
            path.chmod(_SCRIPT if runs else _FILE)
            os.utime(path, (moment, moment))
        Path(folder).chmod(_SCRIPT)
        os.utime(folder, (moment, moment))
