"""Store paths of Nix and Guix: `/nix/store/<32 characters>-<name>-<version>[-<output>]`, one a line.

The version starts at the first dash that no letter follows (Nix manual, `builtins.parseDrvName`). Derivations, patches
and source archives are recipes for building, not programs.
"""

import re
from collections.abc import Iterable

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "linux.nix-list"
MATURITY: Maturity = "captures"

_STORE_NAME = re.compile(r"(?:.*/)?[0-9a-z]{32}-([^/\s]+)/?")
_VERSION = re.compile(r"-(?=[^A-Za-z])")
_RECIPE = re.compile(
    r"\.(?:drv|patch|diff|lock|check|chroot|gem|crate|zip|tgz|tbz2?|txz|tar(?:\.\w+)?|deb|rpm|nar|narinfo)$|-source$"
)


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the first line, a store path."""
    line = content[:512].partition(b"\n")[0].decode("utf-8", "replace").strip()
    return ("/nix/store/" in line or "/gnu/store/" in line) and _STORE_NAME.fullmatch(line) is not None


def parse(files: FileSet) -> Facts:
    """One app per program and version.

    Raises:
        ParseError: no store path in it.
    """
    lines = text(files.main).splitlines()
    damage = ["a line that is no store path"] if any(_unknown(line) for line in lines) else []
    return app_facts(programs(lines, files.profile), tuple(damage), kind=KIND, files=files)


def programs(paths: Iterable[str], profile: str) -> tuple[App, ...]:
    """The programs among store paths, or among the names in a store."""
    found: dict[App, None] = {}
    for path in paths:
        match = _STORE_NAME.fullmatch(path.strip())
        if match is None or _RECIPE.search(match[1]):
            continue
        name, *version = _VERSION.split(match[1], maxsplit=1)
        if name:
            found[
                App(identifier=name, version=version[0] if version else None, profile=profile, source="package-manager")
            ] = None
    return tuple(found)


def _unknown(line: str) -> bool:
    return bool(line.strip()) and _STORE_NAME.fullmatch(line.strip()) is None
