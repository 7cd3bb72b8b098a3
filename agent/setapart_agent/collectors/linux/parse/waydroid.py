"""Android's own list of packages inside Waydroid: `data/system/packages.list`, one `package uid debuggable …` a line.

Identifiers are spelt like the files of Waydroid's desktop entries, `waydroid.<package>.desktop`, so that they answer to
the Android package.
"""

import re

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "linux.waydroid"
MATURITY: Maturity = "untested"

_LINE = re.compile(r"([A-Za-z]\w*(?:\.\w+)*) (\d+) [01] (/\S+) \S.*", re.ASCII)


def recognise(name: str, content: bytes) -> bool:
    """By the first line: package, uid, a flag, a data folder, a SELinux word."""
    line = content[:1024].partition(b"\n")[0].decode("utf-8", "replace")
    return name.endswith("packages.list") and _LINE.fullmatch(line) is not None


def parse(files: FileSet) -> Facts:
    """One app per line.

    Raises:
        ParseError: no package in it.
    """
    apps: list[App] = []
    damage: list[str] = []
    for line in text(files.main).splitlines():
        match = _LINE.fullmatch(line)
        if match is not None:
            apps.append(App(identifier=f"waydroid.{match[1]}.desktop", profile=files.profile, source="desktop-entry"))
        elif line.strip():
            damage.append("a line that names no package")
    if not files.main.endswith(b"\n"):
        damage.append("the last line has no end")
    return app_facts(tuple(apps), tuple(damage), kind=KIND, files=files)
