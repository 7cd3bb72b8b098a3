"""What `rpm -qa` prints: with `--queryformat`, columns apart by tabs; without, `name-version-release.arch` a line.

Known column orders: `name arch version-release …` (GLPI) and ours, `name version` from `RPM_QUERY`.
"""

import re

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "linux.rpm-list"
MATURITY: Maturity = "captures"

RPM_QUERY = ("rpm", "-qa", "--queryformat", "%{NAME}\\t%{ARCH}\\t%{EVR}\\n")
"""The fixed command whose output this reads."""

_ARCHITECTURE = re.compile(
    r"noarch|x86_64|i[3-6]86|athlon|aarch64|arm\w*|ppc\w*|s390x?|riscv\w*|mips\w*|sparc\w*|alpha\w*|ia64|loongarch64|"
    r"e2k\w*|src|\(none\)"
)
_PLAIN = re.compile(r"(?P<name>\S+)-(?P<version>[^-\s]+)-(?P<release>[^-\s]+)")


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the first line: a known architecture in the second column, or at the end of a plain name."""
    line = content[:512].partition(b"\n")[0].decode("utf-8", "replace").strip()
    columns = line.split("\t")
    if len(columns) > 2:  # noqa: PLR2004 - name, architecture, version
        return _ARCHITECTURE.fullmatch(columns[1]) is not None
    stem, _, architecture = line.rpartition(".")
    return _ARCHITECTURE.fullmatch(architecture) is not None and _PLAIN.fullmatch(stem) is not None


def parse(files: FileSet) -> Facts:
    """One app per line.

    Raises:
        ParseError: no package in it.
    """
    apps: list[App] = []
    damage: list[str] = []
    for line in text(files.main).splitlines():
        if not line.strip():
            continue
        found = _columns(line.split("\t")) if "\t" in line else _plain(line.strip())
        if found is None:
            damage.append("a line that names no package")
        else:
            apps.append(App(identifier=found[0], version=found[1], profile=files.profile, source="rpm"))
    if files.main and not files.main.endswith(b"\n"):
        damage.append("the last line has no end")
    return app_facts(tuple(apps), tuple(damage), kind=KIND, files=files)


def _columns(columns: list[str]) -> tuple[str, str | None] | None:
    name, *rest = (column.strip() for column in columns)
    if not name or " " in name:
        return None
    if len(rest) > 1 and _ARCHITECTURE.fullmatch(rest[0]):
        rest = rest[1:]
    return name, (rest[0] or None) if rest else None


def _plain(line: str) -> tuple[str, str | None] | None:
    stem, _, architecture = line.rpartition(".")
    match = _PLAIN.fullmatch(stem if _ARCHITECTURE.fullmatch(architecture) else line)
    return None if match is None else (match["name"], f"{match['version']}-{match['release']}")
