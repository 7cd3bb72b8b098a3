"""The folder for Windows, as a zip: what an administrator, Intune or a GPO's script installs from.

It holds the agent with its libraries for every Python, the scripts, the tasks and the policy's template. It brings no
Python: Windows has none, and whose it is, is the administrator's choice (`install.ps1`).
"""

import codecs
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from agent_packages import sbom, tree
from agent_packages.release import NAME, REPOSITORY, Machine, Release

SOURCES = REPOSITORY / "packaging" / "agent" / "windows"
_AGENT = "lib"
_PLACEHOLDER = "@VERSION@"
_UTF_8, _UTF_16 = 'encoding="UTF-8"', 'encoding="UTF-16"'
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_REGULAR = 0o100644


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsMachine(Machine):
    """64-bit Windows on x86."""

    @property
    def platforms(self) -> tuple[str, ...]:
        """The tag of wheels that run there."""
        return ("win_amd64",)


MACHINE = WindowsMachine(deb="windows-amd64", rpm="amd64", system="windows")


def build(release: Release, output: Path, scratch: Path, wheels: Path) -> tuple[Path, ...]:
    """Builds the zip, and the bill of materials of what is in it. Returns both.

    Args:
        release: which version.
        output: the folder for the files.
        scratch: an empty folder.
        wheels: where wheels are kept.
    """
    here = replace(release, machine=MACHINE)
    modules = tree.lay_modules(here, scratch, wheels)
    file = output / f"{NAME}-{release.version}-{MACHINE.system}-{MACHINE.rpm}.zip"
    return pack(release, scratch, file), sbom.build(here, modules, output)


def pack(release: Release, modules: Path, file: Path) -> Path:
    """Packs a folder of modules, and what installs them. Returns the zip: the same bytes for the same files."""
    entries = {f"{_AGENT}/{path.relative_to(modules).as_posix()}": path.read_bytes() for path in _files(modules)}
    entries |= {path.relative_to(SOURCES).as_posix(): laid(path, release) for path in _files(SOURCES)}
    entries["LICENSE.txt"] = _lines((REPOSITORY / "LICENSE").read_text("utf-8")).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(f"{file.stem}/{name}", _EARLIEST)
            info.external_attr = _REGULAR << 16
            info.create_system = 3
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, entries[name])
    return file


def laid(source: Path, release: Release) -> bytes:
    """A file of ours as Windows wants it: its line ends, and for `schtasks /xml` UTF-16 with a byte order mark."""
    text = _lines(source.read_text("utf-8").replace(_PLACEHOLDER, release.version))
    if source.parent.name == "tasks":
        return codecs.BOM_UTF16_LE + text.replace(_UTF_8, _UTF_16, 1).encode("utf-16-le")
    return text.encode()


def _lines(text: str) -> str:
    return text.replace("\n", "\r\n")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
