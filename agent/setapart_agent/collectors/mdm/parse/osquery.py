"""Hosts of Fleet, and tables of osquery.

Fleet: fleetdm.com/docs/rest-api, "Get host" (`{"host": {…}}`), "List hosts" with `populate_software` (`{"hosts": …}`),
the host objects themselves, or lines of `fleetctl get hosts --json` (`{"kind": "host", "spec": {…}}`). osquery:
osquery.io/schema; the rows of one table as `osqueryi --json` prints them, or an object of tables by name,
`{"system_info": […], "apps": […]}`.

What the tables list decides what is seen. macOS: `apps` are the bundles in the Applications folders of the machine and
of all users, Apple's own always among them: rows without one were selected. Windows: `programs` are uninstall keys of
the machine and of users who are signed in, and no packages of the Store. Linux: packages, while sandboxed and portable
programs are in no table. A phone's apps come from its manager.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from setapart_agent.collectors.base import Denied, Unsupported
from setapart_agent.collectors.mdm.parse import document
from setapart_agent.collectors.mdm.parse.document import Listing, Node
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
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, FileSet, host_of
from setapart_evidence.model import App, AppKind, AppSource, Coverage, Link, Platform, Profile
from setapart_evidence.statement import Maturity

KIND = "mdm.osquery"
MATURITY: Maturity = "untested"

NO_SOFTWARE = Denied("no software in the export: ask for single hosts, or for the list with populate_software")
NOT_TOLD = Unsupported("osquery's tables of software do not tell of accounts, networks and certificates")
WINDOWS = "no packages of the Store, and no programs of users who are not signed in"
LINUX = "packages alone: no Flatpaks, snaps, portable programs and web apps"
PHONE = "which of the phone's apps its manager lists is not told"
CLIPS = "whether web clips are listed is not documented"
PERSONAL = "user enrolment: only managed apps are listed"
ONE_TABLE = "one table of several"
SOME_ROWS = "no app of Apple's, which every Mac has, so rows are missing"


class _Source(Struct, frozen=True):
    """What the rows of a table are: where such software runs, and how it is known."""

    platform: Platform | None
    source: AppSource = "mdm"
    kind: AppKind = "native"


_SOURCES: Mapping[str, _Source | None] = {
    "apps": _Source("macos", "bundle"),
    "homebrew_packages": _Source("macos", "package-manager"),
    "pkg_packages": _Source("macos", "package-manager"),
    "programs": _Source("windows", "uninstall-key"),
    "chocolatey_packages": _Source("windows", "package-manager"),
    "deb_packages": _Source("linux", "dpkg"),
    "rpm_packages": _Source("linux", "rpm"),
    "pacman_packages": _Source("linux", "pacman"),
    "tgz_packages": _Source("linux", "package-manager"),
    "portage_packages": _Source("linux", "package-manager"),
    "ios_apps": _Source("ios"),
    "ipados_apps": _Source("ios"),
    "android_apps": _Source("android"),
    "chrome_extensions": _Source(None, "browser", "browser-extension"),
    "firefox_addons": _Source(None, "browser", "browser-extension"),
    "safari_extensions": _Source("macos", "browser", "browser-extension"),
    "ie_extensions": None,
    "atom_packages": None,
    "vscode_extensions": None,
    "jetbrains_plugins": None,
    "python_packages": None,
    "npm_packages": None,
    "go_binaries": None,
}
"""Fleet's `source`, which is the table's name; None for what no catalog of apps holds: libraries, editors' plug-ins."""
_LISTS: Mapping[Platform, frozenset[str]] = {
    "macos": frozenset({"apps"}),
    "windows": frozenset({"programs"}),
    "linux": frozenset({"deb_packages", "rpm_packages", "pacman_packages"}),
    "ios": frozenset({"ios_apps", "ipados_apps"}),
    "android": frozenset({"android_apps"}),
}
_SIGNS: tuple[tuple[str, frozenset[str]], ...] = (
    ("apps", frozenset({"bundle_identifier", "path"})),
    ("apps", frozenset({"bundle_identifier", "bundle_short_version"})),
    ("programs", frozenset({"identifying_number", "uninstall_string"})),
    ("rpm_packages", frozenset({"release", "package_group"})),
    ("rpm_packages", frozenset({"release", "epoch"})),
    ("deb_packages", frozenset({"maintainer", "section"})),
    ("deb_packages", frozenset({"revision", "arch", "status"})),
    ("chrome_extensions", frozenset({"browser_type", "identifier"})),
    ("firefox_addons", frozenset({"creator", "identifier"})),
)
"""By which columns a table is known whose name nobody gives."""
_PLATFORMS: Mapping[str, Platform] = {
    "darwin": "macos",
    "windows": "windows",
    "ios": "ios",
    "ipados": "ios",
    "android": "android",
}
_LINUXES = frozenset(
    {
        "linux", "ubuntu", "debian", "rhel", "centos", "fedora", "sles", "opensuse", "opensuse-leap", "amzn", "kali",
        "gentoo", "arch", "pop", "linuxmint", "void", "manjaro", "manjaro-arm", "nixos", "endeavouros", "tuxedo",
        "rocky", "almalinux", "ol", "elementary", "zorin", "raspbian", "alpine", "neon", "flatcar", "coreos",
        "opensuse-tumbleweed", "archarm", "cachyos", "omarchy",
    }
)  # fmt: skip
_OF_APPLE = "com.apple."
_ROW = 8192  # characters in which the first row stands
_MARKS = ('"osquery_version"', '"hardware_serial"', '"detail_updated_at"', '"bundle_short_version"', '"generated_cpe"')


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By members of Fleet's hosts, or by the columns of a table of software."""
    begin = document.head(content)
    if any(mark in begin for mark in _MARKS):
        return True
    row = begin[:_ROW]
    return bool(row) and any(all(f'"{column}"' in row for column in columns) for _, columns in _SIGNS)


def parse(files: FileSet) -> Facts:
    """The host, or all of them side by side.

    Raises:
        ParseError: not JSON, or neither a host nor a table of software.
    """
    return side_by_side(devices(files.main))


def devices(raw: bytes) -> Iterator[Export]:
    """Host after host; rows of a table are one.

    Raises:
        ParseError: not JSON, or neither hosts nor a table of software.
    """
    if _is_table(raw):
        yield _read_tables(raw)
        return
    yield from each(_split(raw), read_host)


def read_host(raw: bytes) -> Export:
    """One host of Fleet, bare, as `{"host": {…}}` or as fleetctl prints it; or tables of osquery by their names.

    Raises:
        ParseError: not JSON, or no host.
    """
    node = document.decoded(raw)
    node = next((node.node(name) for name in ("host", "spec") if isinstance(node.get(name), dict)), node)
    if node.has("platform") and (node.has("hardware_serial") or node.has("uuid") or node.has("software")):
        return _fleet_host(node)
    if any(name in _SOURCES and isinstance(node.get(name), list) for name in _names(node)):
        return _tables(node)
    raise ParseError("an object that is no host", expected="hosts of Fleet, or tables of osquery by name")


def _fleet_host(node: Node) -> Export:
    platform = _platform(node)
    phone = platform in ("ios", "android")
    owner = PRIMARY if phone else SYSTEM
    software = node.listing("software")
    rows: list[Coverage] = []
    apps: tuple[App, ...] = ()
    if software is None:
        rows += unseen(owner.id, KIND, NO_SOFTWARE, "apps")
    else:
        apps, lost, tables = _software(software, owner.id)
        rows.append(apps_row(owner.id, KIND, (broken(lost), _doubt(node, platform, tables))))
    rows += unseen(owner.id, KIND, NOT_TOLD, "accounts", "links")
    return Export(
        facts=Facts(
            device=_device(platform, node, node.text("os_version")),
            profiles=(owner,),
            apps=apps,
            links=_links(node, owner),
            coverage=tuple(rows),
        ),
        taken_at=moment(node.text("software_updated_at")) or moment(node.text("detail_updated_at")),
    )


def _doubt(node: Node, platform: Platform | None, tables: frozenset[str]) -> str | None:
    """Why a list of software may not be all of it."""
    if "personal" in (node.text("mdm", "enrollment_status") or "").lower():
        return PERSONAL
    if platform == "macos":
        return None if "apps" in tables else "no apps among the software"
    reasons = {"windows": WINDOWS, "linux": LINUX, "android": PHONE, "ios": CLIPS}
    return reasons.get(platform or "", "an unknown system")


def _software(listed: Listing, profile: str) -> tuple[tuple[App, ...], int, frozenset[str]]:
    """The apps, how many entries are broken, and the tables that they came from."""
    found: dict[App, None] = {}
    tables: set[str] = set()
    lost = listed.broken
    for one in listed.items:
        table = one.text("source") or ""
        tables.add(table)
        known = _SOURCES.get(table, _Source(None))
        if known is None:
            continue
        app = _app(one, known, profile)
        if app is None:
            lost += 1
        else:
            found[app] = None
    return tuple(found), lost, frozenset(tables)


def _app(one: Node, known: _Source, profile: str) -> App | None:
    """An app of Fleet's software, or of a row of a table."""
    name = one.text("name")
    identifier = _identifier(one, known) or name
    if identifier is None:
        return None
    teams = {sign.text("team_identifier") for sign in _signatures(one)} - {None}
    return App(
        identifier=identifier,
        name=(one.text("display_name") or name or identifier).removesuffix(".app"),
        version=one.text("version") or one.text("bundle_short_version"),
        profile=profile,
        kind=known.kind,
        source=known.source,
        publisher=f"team:{teams.pop()}" if len(teams) == 1 else None,
    )


def _identifier(one: Node, known: _Source) -> str | None:
    if known.kind == "browser-extension":
        return one.text("extension_id") or one.text("identifier")
    if known.source in ("bundle", "mdm"):
        return one.text("bundle_identifier") or one.text("application_id")
    return None


def _signatures(one: Node) -> tuple[Node, ...]:
    found = one.listing("signature_information")
    return found.items if found else ()


def _links(node: Node, owner: Profile) -> tuple[Link, ...]:
    status = (node.text("mdm", "enrollment_status") or "").lower()
    if not status.startswith("on") and not status.startswith("enrolled"):
        return ()
    return (Link(kind="mdm", target=host_of(node.text("mdm", "server_url")), profile=owner.id),)


def _platform(node: Node) -> Platform | None:
    name = (node.text("platform") or "").lower()
    if name in _LINUXES or node.text("platform_like") in ("debian", "rhel", "suse", "arch"):
        return "linux"
    return _PLATFORMS.get(name)


def _split(raw: bytes) -> Iterator[bytes]:
    for value in document.values(raw):
        page = document.members(value)
        if page.get("hosts", b"")[:1] == b"[":
            yield from map(bytes, document.elements(page["hosts"]))
        else:
            yield value


def _is_table(raw: bytes) -> bool:
    """Whether the values of a file are rows of one table: they have its columns, and no host's platform."""
    first = next(iter(document.values(raw)), None)
    return first is not None and _table_of(document.members(first)) is not None


def _table_of(row: Mapping[str, bytes]) -> str | None:
    if {"platform", "host", "hosts", "software", *_SOURCES} & row.keys():
        return None
    return next((table for table, columns in _SIGNS if columns <= row.keys()), None)


def _read_tables(raw: bytes) -> Export:
    """The rows of one table."""
    rows = [document.decoded(value) for value in document.values(raw)]
    first = rows[0].value if rows else None
    table = _table_of(dict.fromkeys(first, b"")) if isinstance(first, dict) else None
    if table is None:
        raise ParseError("rows of no table of software", expected="rows of apps, programs, deb_packages and the like")
    return _tables(Node({table: [row.value for row in rows]}))


def _tables(node: Node) -> Export:
    """Tables by name: of software, and of what tells whose they are."""
    tables = frozenset(name for name in _names(node) if name in _SOURCES)
    parts = [(name, node.listing(name) or Listing()) for name in sorted(tables)]
    rows = Listing(
        items=tuple(Node({**_fields(row), "source": name}) for name, listed in parts for row in listed.items),
        broken=sum(listed.broken for _, listed in parts),
    )
    platforms = {known.platform for name in tables if (known := _SOURCES[name]) and known.platform}
    system, version = _first(node, "system_info"), _first(node, "os_version")
    platform = next(iter(platforms)) if len(platforms) == 1 else _platform(version)
    owner = PRIMARY if platform in ("ios", "android") else SYSTEM
    apps, lost, filled = _software(rows, owner.id)
    whole = platform is not None and bool(filled & _LISTS[platform])  # an empty table is one that failed
    doubts = (
        broken(lost),
        _doubt(node, platform, filled) if whole else ONE_TABLE,
        SOME_ROWS if platform == "macos" and not any(app.identifier.startswith(_OF_APPLE) for app in apps) else None,
    )
    return Export(
        facts=Facts(
            device=_device(platform, system, version.text("version")),
            profiles=(owner,),
            apps=apps,
            coverage=(apps_row(owner.id, KIND, doubts), *unseen(owner.id, KIND, NOT_TOLD, "accounts", "links")),
        )
    )


def _device(platform: Platform | None, system: Node, os_version: str | None) -> DeviceFacts:
    model = system.text("hardware_model")
    return DeviceFacts(
        platform=platform,
        os_version=os_version,
        manufacturer=system.text("hardware_vendor"),
        model=model,
        form_factor=form_of(model),
        serial=serial_of(system.text("hardware_serial")),
    )


def _first(node: Node, table: str) -> Node:
    listed = node.listing(table)
    return listed.items[0] if listed and listed.items else Node()


def _fields(row: Node) -> Mapping[str, object]:
    return row.value if isinstance(row.value, dict) else {}


def _names(node: Node) -> tuple[str, ...]:
    return tuple(_fields(node))
