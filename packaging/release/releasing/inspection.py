"""What a stranger can find out about a release: the signature, the sums, and whose code is in each package."""

import json
import re
import stat
from pathlib import Path

from releasing import contents
from releasing.builds import SUMS
from releasing.contents import Held, said_by
from releasing.errors import ReleaseError

_OURS = {
    "setapart_agent": "agent/setapart_agent",
    "setapart_evidence": "agent/setapart_evidence",
    "setapart_auditor/_config": "config",
    "setapart_auditor": "auditor/setapart_auditor",
}
"""Where the sources of what is installed are, the innermost first."""
_MODULE = re.compile(rf"(?:^|/)({'|'.join(_OURS)})/(.+)$")
_ROOT = ("root:root", "root:wheel", "0:0")


def signature(folder: Path, public: Path) -> None:
    """Openssl takes the signature of the sums.

    Raises:
        ReleaseError: it does not.
    """
    sums, signed = (folder / name for name in SUMS)
    said_by("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public, "-sigfile", signed, "-in", sums)


def sums(folder: Path) -> None:
    """The sums are those of the files, and of every file.

    Raises:
        ReleaseError: a file is another one, is missing, or is not summed up.
    """
    listed = {}
    for line in (folder / SUMS[0]).read_text("ascii").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    there = {file.name: file for file in folder.iterdir() if file.name not in SUMS}
    if listed.keys() != there.keys():
        odd = sorted(listed.keys() ^ there.keys())
        raise ReleaseError(f"{SUMS[0]} and the folder differ in {', '.join(odd)}; expected the same files; build again")
    for name, digest in listed.items():
        if contents.digest_of(there[name]) != digest:
            raise ReleaseError(f"{name} is not what {SUMS[0]} says; expected {digest}; build it again")


def package(file: Path, version: str, sources: dict[str, str]) -> str:
    """Looks into a package: its version, whose files are whose, and that our code is the sources' and complete.

    Args:
        file: the package.
        version: that it must be of.
        sources: the SHA-256 of every file of the sources, by its path.

    Returns:
        What was looked at, for people.

    Raises:
        ReleaseError: something is not as it must be.
    """
    if version not in file.name:
        raise ReleaseError(f"{file.name} is not of {version}; expected files of one version; empty the folder")
    if file.name.endswith(".cdx.json"):
        return _bill(file, version)
    held = contents.of(file)
    if held is None:
        return "no tool here reads it: its sum alone"
    _check_owners(file, held)
    ours = _same_as_sources(file, held, sources)
    return f"{len(held)} files, {ours} of them the sources'"


def _check_owners(file: Path, held: dict[str, Held]) -> None:
    for path, one in held.items():
        if one.owner is not None and one.owner not in _ROOT:
            raise ReleaseError(f"{file.name} gives {path} to {one.owner}; expected root; build it again")
        if one.mode is not None and one.mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWGRP | stat.S_IWOTH):
            raise ReleaseError(f"{file.name} gives {path} the mode {one.mode:o}; expected 755 or 644; build it again")


def _same_as_sources(file: Path, held: dict[str, Held], sources: dict[str, str]) -> int:
    """How many files are ours; each folder of ours that a package has, it has as a whole."""
    place = _in_sources if file.name.endswith(".tar.gz") else _where_installed
    ours = {source: one.digest for path, one in held.items() if (source := place(path))}
    roots = {root for root in _OURS.values() if any(path.startswith(f"{root}/") for path in ours)}
    expected = {
        path: digest for path, digest in sources.items() if path.startswith(tuple(f"{root}/" for root in roots))
    }
    wrong = sorted(path for path in ours.keys() | expected.keys() if ours.get(path) != sources.get(path))
    if wrong or not ours:
        raise ReleaseError(
            f"{file.name}: {', '.join(wrong[:3]) or 'nothing of the sources'} is not as in the tagged tree; expected"
            " the sources, all of them; build it again"
        )
    return len(ours)


def _where_installed(path: str) -> str | None:
    found = _MODULE.search(path)
    return f"{_OURS[found[1]]}/{found[2]}" if found else None


def _in_sources(path: str) -> str | None:
    """An archive of the sources holds them under their own paths, and what the packager has written beside them."""
    return None if path == "PKG-INFO" else path


def _bill(file: Path, version: str) -> str:
    bill = json.loads(file.read_text("utf-8"))
    named = bill["metadata"]["component"]["version"], bill["specVersion"]
    if named[0] != version or not bill["components"]:
        raise ReleaseError(f"{file.name} is of {named[0]}; expected the libraries of {version}; build it again")
    return f"bill of materials: {len(bill['components'])} libraries"
