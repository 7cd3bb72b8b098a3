"""pacman's local database: a folder `<name>-<version>-<release>` per package, with a file `desc` in it.

pacman itself takes name and version from the folder's name and reads `desc` only when asked for more
(libalpm/be_local.c), so a listing of `/var/lib/pacman/local` is the whole answer.
"""

import itertools

from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "linux.pacman"
MATURITY: Maturity = "captures"

_PARTS = 3


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the headings `%NAME%` and `%VERSION%`."""
    head = content[:4096]
    return head.lstrip().startswith(b"%") and b"%NAME%" in head and b"%VERSION%" in head


def parse(files: FileSet) -> Facts:
    """The one package of a `desc` file.

    Raises:
        ParseError: no name or no version in it.
    """
    values: dict[str, str] = {}
    lines = text(files.main).splitlines()
    for heading, value in itertools.pairwise(lines):
        if heading.startswith("%") and heading.endswith("%"):
            values.setdefault(heading, value.strip())
    name, version = values.get("%NAME%"), values.get("%VERSION%")
    if not name or not version:
        raise ParseError("no name or version in a pacman desc", expected="%NAME% and %VERSION%")
    return Facts(apps=(_app(name, version, files.profile),))


def package_of(folder: str, profile: str) -> App | None:
    """The package that a folder of the local database stands for, or `None` if it is none."""
    parts = folder.rsplit("-", _PARTS - 1)
    if len(parts) != _PARTS or not all(parts):
        return None
    return _app(parts[0], f"{parts[1]}-{parts[2]}", profile)


def _app(name: str, version: str, profile: str) -> App:
    return App(identifier=name, version=version, profile=profile, source="pacman")
