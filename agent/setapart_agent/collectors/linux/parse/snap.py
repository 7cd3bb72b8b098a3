"""Snaps: `meta/snap.yaml`, snapcraft's `manifest.yaml`, `dpkg.yaml` of a base, and what `snap list` and `info` print.

Of YAML only what stands at the left margin is read: `key: value`, and lists of plain words below a key.
"""

import re

from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "linux.snap"
MATURITY: Maturity = "captures"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}(?:_[a-z0-9]{1,10})?")
_KEY = re.compile(r"([A-Za-z][\w-]*):(?:[ \t]+(.*))?")
_PACKAGES = re.compile(r"-[ \t]+([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9]+)?=(\S+)")
_PACKAGE_KEYS = ("packages", "primed-stage-packages")
_LIST_HEADING = ("Name", "Version", "Rev")


def recognise(name: str, content: bytes) -> bool:
    """By the file's name, the heading of `snap list`, or the keys of the other forms."""
    head = content[:4096]
    if head.startswith(b"Name ") and head.split()[:3] == [b"Name", b"Version", b"Rev"]:
        return True
    lines = b"\n" + head
    if b"\nname:" in lines:
        return any(key in lines for key in (b"\nsnap-id:", b"\nconfinement:", b"\ngrade:", b"\napps:", b"\nbase:")) or (
            name.endswith("snap.yaml")
        )
    return b"\npackages:" in lines and (b"\npackage-repositories:" in lines or name.endswith("dpkg.yaml"))


def parse(files: FileSet) -> Facts:
    """The snaps, and the Debian packages that a manifest says are inside.

    Raises:
        ParseError: none of the forms.
    """
    content = text(files.main)
    if tuple(content[:4096].split()[:3]) == _LIST_HEADING:
        return _listing(content, files)
    values, packages = _yaml(content)
    inside = tuple(
        App(identifier=package, version=version, profile=files.profile, source="dpkg") for package, version in packages
    )
    name = values.get("name")
    if name is None or not _NAME.fullmatch(name):
        if not inside:
            raise ParseError("no snap's name", expected="snap.yaml, or the output of snap list or snap info")
        return Facts(apps=inside)
    if "snap-id" in values:  # `snap info` also tells of snaps that are only on offer
        if "installed" not in values:
            return Facts()
        version: str | None = values["installed"].partition(" ")[0]
    else:
        version = values.get("version")
    return Facts(apps=(_app(name, version, files.profile), *inside))


def snap_name(instance: str) -> str:
    """The snap's name without the instance key of a parallel install (`name_key`)."""
    return instance.partition("_")[0]


def _app(name: str, version: str | None, profile: str) -> App:
    return App(
        identifier=snap_name(name), version=None if version in (None, "", "-") else version, profile=profile,
        source="snap",
    )  # fmt: skip


def _listing(content: str, files: FileSet) -> Facts:
    apps: list[App] = []
    damage: list[str] = []
    lines = iter(content.splitlines())
    next(line for line in lines if line.strip())
    for line in lines:
        columns = line.split()
        if not columns:
            continue
        if len(columns) < len(_LIST_HEADING) or not _NAME.fullmatch(columns[0]):
            damage.append("a line that names no snap")
            continue
        app = _app(columns[0], columns[1], files.profile)
        disabled = "disabled" in columns[-1].split(",")
        apps.append(_disabled(app) if disabled else app)
    return app_facts(tuple(apps), tuple(damage), kind=KIND, files=files)


def _disabled(app: App) -> App:
    return App(identifier=app.identifier, version=app.version, profile=app.profile, source=app.source, state="disabled")


def _yaml(content: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    values: dict[str, str] = {}
    packages: list[tuple[str, str]] = []
    key = ""
    for line in content.splitlines():
        if match := _KEY.fullmatch(line.rstrip()):
            key = match[1]
            values.setdefault(key, _scalar(match[2] or ""))
        elif key in _PACKAGE_KEYS and (found := _PACKAGES.fullmatch(line.strip())):
            packages.append((found[1], found[2]))
    return values, packages


def _scalar(value: str) -> str:
    value = value.strip()
    if value[:1] in ("'", '"'):
        return value[1:].partition(value[0])[0]
    return value.partition(" #")[0].rstrip()
