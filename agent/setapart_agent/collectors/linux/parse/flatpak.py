"""Flatpak: an app's deployed `metadata` and AppStream file, and what `flatpak list` and `flatpak info` print.

An installation keeps an app at `app/<id>/<arch>/<branch>/active`, with `metadata` (a key file, flatpak-metadata(5)) in
it. Custom installations stand in `/etc/flatpak/installations.d/*.conf` (flatpak-installation(5)).
"""

import re

from setapart_agent.collectors.desktop.parse.sections import sections
from setapart_agent.collectors.linux.parse.damage import app_facts
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, text
from setapart_evidence.model import App
from setapart_evidence.statement import Maturity

KIND = "linux.flatpak"
MATURITY: Maturity = "real-hardware"

APP_ID = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*){2,}", re.ASCII)
"""Three or more parts (flatpak(1))."""

_INFO_KEYS = frozenset({"ID", "Ref", "Version"})
_PARTS_WITH_SUFFIX = 4


def recognise(name: str, content: bytes) -> bool:
    """By the shape of each of the four forms."""
    head = content[:4096]
    start = head.lstrip()
    if start.startswith((b"[Application]", b"[Runtime]")):
        return b"\nruntime=" in head or b"\nname=" in head
    if start.startswith(b"<"):
        return b"<component" in head and (name.endswith(".xml") or b"<id>" in head)
    if b"Ref: app/" in head:
        return True
    line = start.partition(b"\n")[0].decode("utf-8", "replace")
    return line.startswith("Name\tApplication ID") or any(_listed_id(column) for column in line.split("\t")[:2])


def parse(files: FileSet) -> Facts:
    """The apps that the file names; runtimes are none.

    Raises:
        ParseError: neither of the four forms, or broken.
    """
    start = files.main[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return Facts(apps=(_metainfo(files),))
    if start.startswith(b"["):
        return Facts(apps=_metadata(files.main, files.profile))
    content = text(files.main)
    info = _info_values(content)
    if "Ref" in info:
        return Facts(apps=_info(content, info, files.profile))
    return _listing(content, files)


def installations(content: bytes) -> tuple[str, ...]:
    """The paths of the custom installations that one file of `installations.d` names.

    Raises:
        ParseError: not a key file.
    """
    found = (section.get("Path") for section in sections(content) if section.name.startswith("Installation "))
    return tuple(path for path in found if path and path.startswith("/"))


def _app(identifier: str, profile: str, name: str | None = None, version: str | None = None) -> App:
    return App(identifier=identifier, name=name or None, version=version or None, profile=profile, source="flatpak")


def _metainfo(files: FileSet) -> App:
    from setapart_agent.collectors.linux.parse.appstream import component

    found = component(files.main)
    kind, _, rest = found.bundle.strip().partition("/")
    identifier = rest.partition("/")[0] if kind == "app" and rest else found.id
    # Old files end the id in `.desktop`. org.telegram.desktop, of three parts, is an id and not such an ending.
    if identifier == found.id and found.id.count(".") + 1 >= _PARTS_WITH_SUFFIX:
        identifier = found.id.removesuffix(".desktop")
    return _app(identifier, files.profile, " ".join(found.name.split()), found.version.strip())


def _metadata(content: bytes, profile: str) -> tuple[App, ...]:
    found = sections(content)
    name = found.named("Application").get("name")
    if name is None and not found.has("Runtime"):
        raise ParseError("no application in a flatpak metadata file", expected="[Application] with a name")
    return () if name is None else (_app(name, profile),)


def _info_values(content: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in content.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() in _INFO_KEYS and value.strip():
            found.setdefault(key.strip(), value.strip())
    return found


def _info(content: str, info: dict[str, str], profile: str) -> tuple[App, ...]:
    kind, _, rest = info["Ref"].partition("/")
    identifier = info.get("ID") or rest.partition("/")[0]
    if kind != "app" or not identifier:
        return ()
    title = content.strip().partition("\n")[0].partition(" - ")[0].strip()
    return (_app(identifier, profile, None if ":" in title else title, info.get("Version")),)


def _listing(content: str, files: FileSet) -> Facts:
    apps: list[App] = []
    damage: list[str] = []
    for line in content.splitlines():
        columns = [column.strip() for column in line.split("\t")]
        if not line.strip() or "Application ID" in columns:
            continue
        at = next((at for at, column in enumerate(columns) if _listed_id(column)), None)
        if at is None:
            damage.append("a line that names no application")
            continue
        name = columns[at - 1] if at else None
        version = columns[at + 1] if len(columns) > at + 1 and columns[at + 1][:1].isdigit() else None
        apps.append(_app(_listed_id(columns[at]), files.profile, name, version))
    if not apps:
        damage.append("no application in it")
    return app_facts(tuple(apps), tuple(damage), kind=KIND, files=files)


def _listed_id(column: str) -> str:
    """The id in a column: as it is, or in front of `/<arch>/<branch>`; else empty."""
    identifier = column.strip().removeprefix("app/").partition("/")[0]
    return identifier if APP_ID.fullmatch(identifier) else ""
