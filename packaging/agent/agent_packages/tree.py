"""The tree of files that a package installs: the same one for deb and rpm."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from agent_packages import agent_wheel, completion, manual, vendored
from agent_packages.release import INSTALLED, NAME, Release

LIBRARY = Path("usr/lib/setapart-agent")
CONFIGURATION = Path("etc/setapart-agent")
_SCRIPT = 0o755
_FILE = 0o644
_PROGRAMS = ("interpreter", "compile")
_GPL = (
    "The terms that it incorporates are those of the GNU General Public License, version 3: on Debian systems in\n"
    "/usr/share/common-licenses/GPL-3; elsewhere at https://www.gnu.org/licenses/gpl-3.0.txt."
)
_APACHE = re.compile(r"Apache License\s+Version 2\.0, January 2004.*?END OF TERMS AND CONDITIONS", re.DOTALL)
"""Debian has it once, for all packages."""
_HOLDER = re.compile(r"\s*copyright (\(c\)|\d{4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """The folder of modules that every form of the agent holds, and whose wheels are in it."""

    folder: Path
    wheels: tuple[vendored.Wheel, ...]


def lay_modules(release: Release, folder: Path, cache: Path) -> Modules:
    """Brings the agent, and what it needs of others, into a folder that Python runs."""
    wheels = vendored.lay(vendored.fetch(cache, release), folder)
    agent_wheel.lay_sources(folder)
    shutil.copy(INSTALLED / "main.py", folder / "__main__.py")
    return Modules(folder=folder, wheels=wheels)


def lay(release: Release, modules: Modules, root: Path) -> None:
    """Lays the whole tree below a root, each file with the mode and moment that it gets."""
    shutil.copytree(modules.folder, root / LIBRARY)
    for program in _PROGRAMS:
        _put(root / LIBRARY / program, (INSTALLED / program).read_bytes(), _SCRIPT)
    _put(root / "usr/bin" / NAME, (INSTALLED / NAME).read_bytes(), _SCRIPT)
    for unit in sorted((INSTALLED / "systemd").iterdir()):
        _put(root / "usr/lib/systemd/system" / unit.name, unit.read_bytes())
    _put(root / "usr/lib/sysusers.d" / f"{NAME}.conf", (INSTALLED / "sysusers.conf").read_bytes())
    (root / CONFIGURATION).mkdir(parents=True)
    command_line = manual.load("setapart_agent.cli")
    _put(root / "usr/share/man/man1" / f"{NAME}.1.gz", manual.compressed(manual.page(command_line, NAME, release)))
    for place, script in completion.scripts(command_line, NAME).items():
        _put(root / place, script.encode())
    documents = root / "usr/share/doc" / NAME
    _put(documents / "copyright", copyright_file(modules, LIBRARY).encode())
    _settle(root, release.moment)


def copyright_file(modules: Modules, library: Path) -> str:
    """What is whose, and under which licence: a machine-readable copyright file (DEP-5).

    Args:
        modules: what is of others.
        library: where it is installed, below the root.
    """
    theirs = {wheel.name for wheel in modules.wheels}
    stanzas = [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: setapart",
        "Files: *\nCopyright: The setapart developers\nLicense: Apache-2.0",
        *(
            _stanza(metadata, modules, library)
            for metadata in sorted(modules.folder.glob("*.dist-info"))
            if canonicalize_name(_named(metadata)[0]) in theirs
        ),
        (
            "License: Apache-2.0\n On Debian systems, the full text is in /usr/share/common-licenses/Apache-2.0;\n"
            " elsewhere at https://www.apache.org/licenses/LICENSE-2.0."
        ),
    ]
    return "\n\n".join(stanzas) + "\n"


def _named(metadata: Path) -> tuple[str, str]:
    """Name and version of a library, as its folder says them."""
    name, _, version = metadata.name.removesuffix(".dist-info").rpartition("-")
    return name, version


def _stanza(metadata: Path, modules: Modules, library: Path) -> str:
    """A library: all that it brings, who says that it is theirs, what is linked into it, and the whole licence."""
    name, version = _named(metadata)
    wheels = [wheel for wheel in modules.wheels if wheel.name == canonicalize_name(name)]
    places = sorted({place for wheel in wheels for place in wheel.places})
    files = [f" {library}/{place}{'/*' if (modules.folder / place).is_dir() else ''}" for place in places]
    text = _licence_text(metadata)
    holders = [line.strip() for line in text.splitlines() if _HOLDER.match(line)]
    linked = sorted({part for wheel in wheels for part in wheel.parts})
    comment = [f" {part.name} {part.version}" + (f": {part.licence}" if part.licence else "") for part in linked]
    return "\n".join(
        (
            *("Files:", *files),
            *("Copyright:", *(f" {holder}" for holder in holders or [f"the authors of {name} {version}"])),
            *(("Comment: built into it, by its maker's own bill of materials:", *comment) if comment else ()),
            f"License: {name}",
            _indented(text),
        )
    )


def _licence_text(metadata: Path) -> str:
    files = sorted(
        path
        for path in metadata.rglob("*")
        if path.is_file() and path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))
    )
    text = "\n".join(_APACHE.sub("Apache-2.0, as below.", path.read_text("utf-8")) for path in files)
    return f"{text}\n\n{_GPL}" if "GNU LESSER GENERAL PUBLIC LICENSE" in text else text


def _indented(text: str) -> str:
    return "\n".join(f" {line.rstrip()}" if line.strip() else " ." for line in text.strip().splitlines())


def _put(path: Path, content: bytes, mode: int = _FILE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def _settle(root: Path, moment: int) -> None:
    """Modes and times that depend neither on this machine's umask nor on its clock."""
    for folder, _, files in os.walk(root, topdown=False):
        for name in files:
            path = Path(folder, name)
            path.chmod(_SCRIPT if path.parent.name == "bin" or path.name in _PROGRAMS else _FILE)
            os.utime(path, (moment, moment))
        Path(folder).chmod(_SCRIPT)
        os.utime(folder, (moment, moment))


def installed_bytes(root: Path) -> int:
    """What the tree takes on a disk of 4 KiB blocks."""
    block = 4096
    return sum(-(-path.lstat().st_size // block) * block for path in root.rglob("*"))
