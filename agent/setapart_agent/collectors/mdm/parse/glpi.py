"""Inventories of GLPI Agent and its ancestor FusionInventory: JSON, or XML with the same names in capitals.

Format: github.com/glpi-project/inventory_format, inventory.schema.json; what an agent lists, from the sources of
glpi-agent (lib/GLPI/Agent/Task/Inventory/*/Softwares.pm).

- Windows: uninstall keys of the machine; those of users only where `scan-profiles` is set, and never of users whose
  SID is one of Entra ID; packages of the Store for all users, by display name, with their full name in `folder`.
- macOS: what system_profiler lists, by name, without bundle ids.
- Linux: packages of every manager that is there, no portable programs and no web apps.
- Android: the apps that the agent app may see, its package names under `comments`. Its `ssn` is mostly the ANDROID_ID.
"""

import datetime as dt
import re
from collections.abc import Iterator

from setapart_agent.collectors.base import Unsupported
from setapart_agent.collectors.mdm.parse import document, xml_tree
from setapart_agent.collectors.mdm.parse.document import Node
from setapart_agent.collectors.mdm.parse.export import (
    PRIMARY,
    SYSTEM,
    Export,
    apps_row,
    broken,
    each,
    form_of,
    moment,
    serial_of,
    side_by_side,
    unseen,
)
from setapart_agent.collectors.mdm.parse.windows_names import family_name
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, FileSet, text
from setapart_evidence.model import App, AppSource, Coverage, FormFactor, Link, Platform
from setapart_evidence.statement import Maturity

KIND = "mdm.glpi"
MATURITY: Maturity = "untested"

NO_SOFTWARE = Unsupported("no softwares in this inventory")
NOT_TOLD = Unsupported("an inventory does not tell of accounts, networks and certificates")
WINDOWS = "programs of users are listed only where scan-profiles is set, and not those of users of Entra ID"
LINUX = "packages alone: no portable programs and web apps"
MACOS = "names-only: apps of a Mac are listed without bundle ids"
ANDROID = "the agent app sees one user, and of that user what Android shows to an app"
SYSTEM_UNKNOWN = "an unknown system"

_XML = re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<REQUEST[\s>]")
_SOURCES: dict[str, AppSource] = {
    "registry": "uninstall-key", "deb": "dpkg", "rpm": "rpm", "pacman": "pacman", "snap": "snap", "flatpak": "flatpak",
    "nix": "package-manager", "slackware": "package-manager", "gentoo": "package-manager",
}  # fmt: skip
_HOTFIXES = "wmi"
_DOUBTS: dict[Platform | None, str] = {
    "windows": WINDOWS, "linux": LINUX, "macos": MACOS, "android": ANDROID, None: SYSTEM_UNKNOWN
}  # fmt: skip
_CHASSIS: dict[str, FormFactor] = {
    **dict.fromkeys(("laptop", "notebook", "portable", "sub notebook", "convertible"), "laptop"),
    **dict.fromkeys(("desktop", "low profile desktop", "tower", "mini tower", "mini pc", "all in one"), "desktop"),
    **dict.fromkeys(("server", "rack mount chassis", "main server chassis", "blade"), "server"),
    "tablet": "tablet",
    "detachable": "tablet",
    "hand held": "phone",
}
_FLATPAK = re.compile(r"AppID: (\S+)")
_PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.\w+)+", re.ASCII)
_ANDROID = re.compile(r"Android (\d[\d.]*)")
_API = re.compile(r"\bapi (\d{1,3})\b")
_ANDROID_ID = re.compile(r"[0-9a-f]{16}")
_OFFSET = re.compile(r"[+-]\d{4}")


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By the members that the schema demands, or by the root of the XML and what stands in it."""
    begin = document.head(content)
    if begin:
        return '"content"' in begin and (b'"versionclient"' in content or b'"deviceid"' in content)
    begin = text(content[:65536])
    return _XML.match(begin) is not None and "<CONTENT>" in begin


def parse(files: FileSet) -> Facts:
    """The machine, or all of them side by side.

    Raises:
        ParseError: neither JSON nor XML, or no inventory of a computer or phone.
    """
    return side_by_side(devices(files.main))


def devices(raw: bytes) -> Iterator[Export]:
    """Machine after machine.

    Raises:
        ParseError: neither JSON nor XML, or something in it is no inventory of a computer or phone.
    """
    if document.head(raw):
        yield from each(document.values(raw), lambda value: _read(document.decoded(value)))
    else:
        yield _read(xml_tree.read(raw))


def _read(node: Node) -> Export:
    content = node.node("content")
    kind = (node.text("itemtype") or "Computer").lower()
    if not isinstance(content.value, dict) or kind not in ("computer", "phone") or not _told(content):
        raise ParseError("no inventory of a computer or phone", expected="inventories of GLPI Agent or FusionInventory")
    platform = _platform(content.node("operatingsystem"), content.text("hardware", "osname"))
    owner = PRIMARY if platform == "android" else SYSTEM
    listed = content.listing("softwares")
    if listed is not None and isinstance(content.get("softwares"), dict):  # XML with a single one
        listed = Node([content.get("softwares")]).listing()
    apps: tuple[App, ...] = ()
    if listed is None:
        row: Coverage = unseen(owner.id, KIND, NO_SOFTWARE, "apps")[0]
    else:
        wanted = [one for one in listed.items if (one.text("from") or "").lower() != _HOTFIXES]
        made = [_app(one, platform, owner.id) for one in wanted]
        apps = tuple(dict.fromkeys(app for app in made if app))
        row = apps_row(owner.id, KIND, (broken(listed.broken + made.count(None)), _DOUBTS[platform]))
    return Export(
        facts=Facts(
            device=_device(content, platform, kind),
            profiles=(owner,),
            apps=apps,
            links=_links(content, platform, owner.id),
            coverage=(row, *unseen(owner.id, KIND, NOT_TOLD, "accounts", "links")),
        ),
        taken_at=_taken_at(content),
    )


def _told(content: Node) -> bool:
    return any(content.has(section) for section in ("hardware", "bios", "operatingsystem", "softwares"))


def _platform(system: Node, old_name: str | None) -> Platform | None:
    names = (system.text(key) or "" for key in ("kernel_name", "name", "full_name"))
    told = " ".join((*names, old_name or "")).lower()
    if "android" in told:
        return "android"
    if "windows" in told or "win32" in told:
        return "windows"
    if "darwin" in told or "macos" in told or "mac os" in told or "os x" in told:
        return "macos"
    return "linux" if "linux" in told else None


def _device(content: Node, platform: Platform | None, kind: str) -> DeviceFacts:
    system, bios = content.node("operatingsystem"), content.node("bios")
    full = f"{system.text('full_name') or ''} {system.text('name') or ''}"
    version: str | None = system.text("version")
    api = None
    if platform == "android":
        version = found[1] if (found := _ANDROID.search(full)) else None
        api = int(found[1]) if (found := _API.search(full)) else None
    elif platform == "windows":
        version = system.text("kernel_version") or version
    elif platform == "macos" and version:
        version = version.split()[0]  # "10.13.5 (17F77)"
    elif platform == "linux" and version and (name := system.text("name")):
        version = f"{name.lower()} {version.split()[0]}"
    serial = serial_of(bios.text("ssn"))
    if platform == "android" and serial and _ANDROID_ID.fullmatch(serial):
        serial = None
    model = bios.text("smodel")
    chassis = _CHASSIS.get((content.text("hardware", "chassis_type") or "").lower())
    return DeviceFacts(
        platform=platform,
        os_version=version,
        os_api_level=api,
        manufacturer=bios.text("smanufacturer"),
        model=model,
        form_factor="phone" if kind == "phone" else form_of(model) or chassis,
        serial=serial,
    )


def _app(one: Node, platform: Platform | None, profile: str) -> App | None:
    name, origin = one.text("name"), (one.text("from") or "").lower()
    if name is None:
        return None
    identifier, source = name, _SOURCES.get(origin, "mdm")
    comments = one.text("comments") or ""
    if origin == "uwp":
        folder = (one.text("folder") or "").replace("/", "\\").rpartition("\\")[2]
        family = family_name(folder, None) or family_name(name, one.text("publisher"))
        identifier, source = (family, "appx") if family else (name, "uninstall-key")
    elif origin == "flatpak":
        found = _FLATPAK.search(comments)
        identifier = found[1] if found else name
    elif platform == "android":
        identifier = comments if _PACKAGE.fullmatch(comments) else name
    return App(identifier=identifier, name=name, version=one.text("version"), profile=profile, source=source)


def _links(content: Node, platform: Platform | None, profile: str) -> tuple[Link, ...]:
    """A domain that a Windows machine belongs to; a workgroup has no dot in its name."""
    domain = content.text("hardware", "workgroup") or ""
    if platform != "windows" or "." not in domain:
        return ()
    return (Link(kind="directory-join", target=domain.lower(), profile=profile),)


def _taken_at(content: Node) -> dt.datetime | None:
    """When the agent ran, in the machine's own time zone if it says which."""
    logged = content.text("accesslog", "logdate")
    offset = content.text("operatingsystem", "timezone", "offset") or ""
    return moment(f"{logged}{offset if _OFFSET.fullmatch(offset) else ''}") if logged else None
