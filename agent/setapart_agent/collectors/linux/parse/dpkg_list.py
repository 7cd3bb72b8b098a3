"""What `dpkg-query -W` prints: one package a line, columns apart by tabs, in the formats that inventories ask for.

Known: the default `name[:arch] version`, and `name arch version size section [status]` (GLPI). A status column is
either three words or the abbreviation of `${db:Status-Abbrev}`.
"""

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.collectors.linux.parse.dpkg import STATES
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App, AppState
from setapart_evidence.statement import Maturity

KIND = "linux.dpkg-list"
MATURITY: Maturity = "captures"

_ARCHITECTURES = frozenset(
    {
        "all", "alpha", "amd64", "arm", "arm64", "armel", "armhf", "hppa", "i386", "ia64", "loong64", "m68k", "mips",
        "mips64el", "mipsel", "powerpc", "ppc64", "ppc64el", "riscv64", "s390", "s390x", "sparc", "x32",
    }
)  # fmt: skip
_ABBREVIATED = {
    "i": "installed", "t": "triggers-pending", "W": "triggers-awaited", "F": "half-configured", "U": "unpacked",
    "H": "half-installed", "c": "config-files", "n": "not-installed",
}  # fmt: skip
_STATUS_WORDS = 3


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the first line: a package name, and an architecture or a version that starts with a digit."""
    line = content[:512].partition(b"\n")[0].rstrip(b"\r")
    columns = line.decode("utf-8", "replace").split("\t")
    if len(columns) < 2 or not _is_name(columns[0]):  # noqa: PLR2004 - name and version
        return False
    return columns[1] in _ARCHITECTURES or (len(columns) <= _STATUS_WORDS and columns[1][:1].isdigit())


def parse(files: FileSet) -> Facts:
    """One app per line.

    Raises:
        ParseError: no package in it.
    """
    apps: list[App] = []
    damage: list[str] = []
    content = files.main
    for line in text(content).splitlines():
        if not line.strip():
            continue
        name, *rest = line.split("\t")
        if not rest or not _is_name(name):
            damage.append("a line that names no package")
            continue
        version = rest[1] if rest[0] in _ARCHITECTURES and len(rest) > 1 else rest[0]
        state = _state(rest[1:])
        if state is not None:
            package = name.partition(":")[0]
            apps.append(
                App(identifier=package, version=version or None, profile=files.profile, source="dpkg", state=state)
            )
    if content and not content.endswith(b"\n"):
        damage.append("the last line has no end")
    return app_facts(tuple(apps), tuple(damage), kind=KIND, files=files)


def _is_name(name: str) -> bool:
    """Debian Policy 5.6.7, with the architecture that dpkg appends to multi-arch packages."""
    return (
        name[:1].isalnum()
        and name.isascii()
        and name == name.lower()
        and name.replace("+", "").replace("-", "").replace(".", "").replace(":", "").replace("_", "").isalnum()
    )


def _state(columns: list[str]) -> AppState | None:
    for column in columns:
        words = column.split()
        if len(words) == _STATUS_WORDS and words[2] in STATES:
            return STATES[words[2]]
        if 2 <= len(column.rstrip()) <= _STATUS_WORDS and column[0] in "uihrp" and column[1] in _ABBREVIATED:  # noqa: PLR2004
            return STATES[_ABBREVIATED[column[1]]]
    return "installed"
