# ruff: noqa: S603
# The tools of whoever builds, found as they find them.
"""What the agent needs of others, beside its own code: one folder that serves every Python.

Compiled modules bear the Python that they are for in their names (PEP 3149), so those of several Pythons lie side by
side; everything else must be the same for all of them, which is checked.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from packaging.utils import parse_wheel_filename

from agent_packages.release import PYTHONS, REPOSITORY, Release

LOCK = REPOSITORY / "requirements" / "agent.txt"
_OF_ONE_WHEEL = ("RECORD", "WHEEL", "INSTALLER")
_STUBS = ".pyi"
_BILLS = re.compile(r"[^/]+\.dist-info/sboms/[^/]+\.json")


class VendoringError(Exception):
    """The wheels can't be fetched, or do not fit together."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Part:
    """What is linked into a wheel's compiled modules; `licence` is empty where the wheel does not say."""

    name: str
    version: str
    purl: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Wheel:
    """A wheel that is in the packages.

    Attributes:
        name, version: of the library, its name as indexes write it.
        file, sha256: of the wheel.
        places: what it brings to the top of the folder, modules and folders.
        parts: what its own bills of materials say is linked into it (PEP 770).
    """

    name: str
    version: str
    file: str
    sha256: str
    places: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


def fetch(cache: Path, release: Release) -> tuple[Path, ...]:
    """The wheels that the lock names, for every Python, by name; brought by pip if they are not in the cache.

    Raises:
        VendoringError: pip can't bring one, or one has a hash that is not in the lock.
    """
    lock = LOCK.read_text("utf-8")
    folder = cache / f"{sha256(lock.encode()).hexdigest()[:16]}-{release.machine.deb}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fresh:
            for python in PYTHONS:
                _download(Path(fresh, "wheels"), python, release)
            Path(fresh, "wheels").rename(folder)
    wheels = tuple(sorted(folder.glob("*.whl")))
    for wheel in wheels:
        if f"sha256:{sha256(wheel.read_bytes()).hexdigest()}" not in lock:
            raise VendoringError(f"{wheel} is not what {LOCK.name} names; remove {folder}")
    return wheels


def _download(folder: Path, python: str, release: Release) -> None:
    platforms = [word for platform in release.machine.platforms for word in ("--platform", platform)]
    answer = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--require-hashes",
            "--implementation", "cp", "--python-version", python, *platforms, "-r", str(LOCK), "-d", str(folder),
        ],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if answer.returncode:
        raise VendoringError(f"pip ended with {answer.returncode}: {answer.stderr.strip()}")


def lay(wheels: tuple[Path, ...], target: Path) -> tuple[Wheel, ...]:
    """Unpacks wheels over one another. Returns what they are.

    Raises:
        VendoringError: two of them bring different files of one name.
    """
    laid = []
    for path in wheels:
        name, version, _, _ = parse_wheel_filename(path.name)
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
            brought = [entry for entry in names if not _is_left_out(entry)]
            for entry in brought:
                _lay_one(target, entry, archive.read(entry), path.name)
            bills = [archive.read(entry) for entry in names if _BILLS.fullmatch(entry)]
        laid.append(
            Wheel(
                name=name,
                version=str(version),
                file=path.name,
                sha256=sha256(path.read_bytes()).hexdigest(),
                places=tuple(sorted({entry.partition("/")[0] for entry in brought})),
                parts=tuple(sorted(part for bill in bills for part in _parts(bill))),
            )
        )
    return tuple(sorted(laid))


def _parts(bill: bytes) -> list[Part]:
    """The components of a bill of materials in CycloneDX."""
    return [
        Part(name=one["name"], version=one.get("version", ""), purl=one.get("purl", ""), licence=_licence(one))
        for one in json.loads(bill).get("components", [])
    ]


def _licence(component: dict[str, Any]) -> str:
    found = [
        one.get("expression") or one["license"].get("id") or one["license"].get("name", "")
        for one in component.get("licenses", [])
    ]
    return " AND ".join(found)


def _is_left_out(name: str) -> bool:
    in_metadata = name.partition("/")[0].endswith(".dist-info")
    of_one_wheel = name.rpartition("/")[2] in _OF_ONE_WHEEL or "/sboms/" in name
    return name.endswith(_STUBS) or (in_metadata and of_one_wheel)


def _lay_one(target: Path, name: str, content: bytes, wheel: str) -> None:
    path = target / name
    if not path.resolve().is_relative_to(target.resolve()):
        raise VendoringError(f"{wheel} would write outside of its folder: {name}")
    if path.exists() and path.read_bytes() != content:
        raise VendoringError(f"{wheel} has another {name} than the wheels before it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
