# ruff: noqa: S607
# The tools of whoever builds, found as they find them.
"""A release: what is built, for which machines and Pythons, and the one moment that every file bears."""

import os
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
INSTALLED = REPOSITORY / "packaging" / "agent" / "installed"
NAME = "setapart-agent"
SUMMARY = "agent of setapart that sees what a device has, and signs it"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""Debian 12 has 3.11, Ubuntu 24.04 3.12, Debian 13 and Fedora 42 3.13, later ones 3.14; the rest of the tree is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A processor, as each format spells it, and the system on it: `linux` or `macos`."""

    deb: str
    rpm: str
    system: str = "linux"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The tags of wheels that run there, with the C library of Debian 12 or on macOS 11."""
        if self.system == "macos":
            return (f"macosx_11_0_{self.rpm}",)
        return tuple(f"manylinux{glibc}_{self.rpm}" for glibc in ("_2_28", "_2_17", "2014"))


MACHINES = {"amd64": Machine(deb="amd64", rpm="x86_64"), "arm64": Machine(deb="arm64", rpm="aarch64")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is built.

    Attributes:
        version: of the agent, as its code says.
        revision: of the packages of this version; a higher one is an upgrade.
        machine: for which processor.
        moment: seconds since 1970 that every file in every package bears, so that the same sources give the same bytes.
    """

    version: str
    revision: int
    machine: Machine
    moment: int

    @property
    def ordered_version(self) -> str:
        """As dpkg and rpm order versions: what comes before a release (`1.0.dev1`, `1.0rc1`) sorts before it."""
        version = self.version
        for mark in (".dev", "a", "b", "rc"):
            version = version.replace(mark, f"~{mark.strip('.')}", 1) if "~" not in version else version
        return version

    @property
    def environment(self) -> dict[str, str]:
        """The environment for tools that follow the reproducible-builds.org specification, and nobody's taste."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": os.environ.get("HOME", "/nonexistent"),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": str(self.moment),
        }


def this_release(machine: str, revision: int) -> Release:
    """The release of the working tree as it is."""
    return Release(version=_version(), revision=revision, machine=MACHINES[machine], moment=_moment())


def project() -> dict[str, Any]:
    """The `project` table of pyproject.toml."""
    with (REPOSITORY / "pyproject.toml").open("rb") as file:
        return dict(tomllib.load(file)["project"])


def _version() -> str:
    text = (REPOSITORY / "agent" / "setapart_evidence" / "__init__.py").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("__version__"))
    return line.split('"')[1]


def _moment() -> int:
    """SOURCE_DATE_EPOCH, else the time of the last commit."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    answer = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    return int(answer.stdout)
