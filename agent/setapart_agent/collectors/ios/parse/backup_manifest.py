"""The manifest of a backup: which files of which domain it holds, and so whose data.

`Manifest.db` (iOS 10 and later, sqlite) has a row per file; an app's own data is in the domain `AppDomain-<bundle id>`.
That is more than the installed apps: Apple's own are there, and view services that nobody sees. An app of which the
device has the icon and not the program (offloaded, or waiting to be loaded) is in `AppDomainPlaceholder-<bundle id>`.
`Manifest.plist` beside it names the apps as well, with versions, and the device; both are read. Source: real backups of
iOS 14; for placeholders, how MobileBackup of iOS makes the names of domains (no capture of one).
"""

from collections.abc import Mapping

from setapart_agent.collectors.apple.parse.plist import Dict, dict_of, is_plist, read_plist, text_of
from setapart_agent.collectors.apple.parse.product import ios_device
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, AppState
from setapart_evidence.statement import Maturity

KIND = "ios.backup-manifest"
MATURITY: Maturity = "captures"
QUERIES: Mapping[str, str] = {
    "apps": (
        "SELECT DISTINCT domain FROM Files WHERE domain >= 'AppDomain-' AND domain < 'AppDomain.' "
        "OR domain >= 'AppDomainPlaceholder-' AND domain < 'AppDomainPlaceholder.' ORDER BY domain LIMIT 100000"
    ),
}
_DOMAINS: tuple[tuple[str, AppState], ...] = (("AppDomain-", "installed"), ("AppDomainPlaceholder-", "archived"))
_HEADER = b"SQLite format 3\x00"
_HEAD = 64 * 1024
_NO_APP = ("Data/PluginKitPlugin", "Shared/AppGroup")


def recognise(name: str, content: bytes) -> bool:
    """By the one table of the database, or the keys of the property list."""
    if content.startswith(_HEADER):
        name = name.replace("\\", "/").rpartition("/")[2]
        return name == "Manifest.db" or (b"relativePath TEXT" in content[:_HEAD] and b"fileID" in content[:_HEAD])
    return is_plist(content) and b"SystemDomainsVersion" in content and b"IsEncrypted" in content


def parse(files: FileSet) -> Facts:
    """The apps whose data the backup holds; from Manifest.plist the device as well.

    Raises:
        ParseError: neither of the two files, or an encrypted database.
    """
    if files.main.startswith(_HEADER) or files.rows:
        return Facts(apps=apps_of_rows(files.rows, files.profile))
    manifest = read_plist(files.main, "Manifest.plist of a backup")
    lockdown = dict_of(manifest, "Lockdown")
    device = ios_device(
        serial=text_of(lockdown, "SerialNumber"),
        version=text_of(lockdown, "ProductVersion"),
        product=text_of(lockdown, "ProductType"),
    )
    apps = tuple(
        app
        for name, described in dict_of(manifest, "Applications").items()
        if (app := _app(name, described, files.profile)) is not None
    )
    return Facts(device=device, apps=apps)


def apps_of_rows(rows: Mapping[str, tuple[tuple[object, ...], ...]], profile: str) -> tuple[App, ...]:
    """The apps among the domains of Manifest.db.

    Raises:
        ParseError: it has no table of files.
    """
    if "apps" not in rows:
        raise ParseError("no table of files", expected="Manifest.db of a backup that is not encrypted")
    states: dict[str, AppState] = {}
    for prefix, state in _DOMAINS:
        for (domain,) in rows["apps"]:
            if isinstance(domain, str) and domain.startswith(prefix):
                states.setdefault(domain.removeprefix(prefix), state)
    return tuple(
        App(identifier=name, profile=profile, source="backup", state=state) for name, state in states.items() if name
    )


def is_encrypted(manifest: Dict) -> bool:
    """Whether Manifest.plist says that the files are encrypted."""
    return manifest.get("IsEncrypted") not in (None, False, 0)


def _app(name: str, described: object, profile: str) -> App | None:
    """An app by what the manifest says of its container; plug-ins and groups of apps are none."""
    if not isinstance(described, dict) or text_of(described, "ContainerContentClass") in _NO_APP:
        return None
    identifier = text_of(described, "CFBundleIdentifier") or name
    return App(identifier=identifier, version=text_of(described, "CFBundleVersion"), profile=profile, source="backup")
