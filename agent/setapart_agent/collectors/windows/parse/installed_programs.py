r"""Programs that say how to uninstall them: `…\CurrentVersion\Uninstall`, of the machine and of each user.

Source: Microsoft, "Uninstall registry key" (Windows Installer). `SystemComponent` hides an entry from the list that
people see; the program is there all the same. Windows Installer keeps a list of its own of what it installed, for the
machine (S-1-5-18) and for each user, which an entry that somebody deleted is still in. Updates of a program
(`ParentKeyName` beside `ReleaseType`, `ParentDisplayName` or a KB number) are no programs. Chromium lists the web apps
it installs here too, with an uninstall command that names the app's id; their origin is known to the browser alone.
"""

import re

from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_evidence.model import App

PATHS = (
    r"Microsoft\Windows\CurrentVersion\Uninstall",
    r"WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
)
"""Below SOFTWARE."""
PRODUCTS = r"Microsoft\Windows\CurrentVersion\Installer\UserData"
"""Below the machine's SOFTWARE: `<SID>\\Products\\<packed GUID>\\InstallProperties`."""
_USER = re.compile(r"S-1-(?:5-21|12-1)(?:-\d{1,10}){4}", re.IGNORECASE)
_KB = re.compile(r"\bKB\d{6,8}\b", re.IGNORECASE)
_GUID = re.compile(r"\{[0-9a-f-]{36}\}.*", re.IGNORECASE | re.DOTALL)
_WEB_APP = re.compile(r"--(?:uninstall-)?app-id=[a-p]{32}\b")


def read_programs(reading: Reading, software: Key | None) -> None:
    """The programs below a key SOFTWARE."""
    for path in PATHS:
        for entry in reading.below(software, path, "apps"):
            with reading.guard("apps"):
                app = _app(entry, reading.profile)
                if app is not None:
                    reading.apps.append(app)
                if entry.broken_values is not None:
                    raise entry.broken_values


def read_products(reading: Reading, software: Key | None) -> None:
    """What Windows Installer installed, below the machine's SOFTWARE."""
    for owner in reading.below(software, PRODUCTS, "apps"):
        profile = owner.name.upper() if _USER.fullmatch(owner.name) else reading.profile
        for product in reading.below(owner, "Products", "apps"):
            with reading.guard("apps"):
                entry = product.child("InstallProperties")
                app = _app(entry, profile) if entry is not None and entry.known("DisplayName") else None
                if app is not None:
                    reading.apps.append(app)


def _app(entry: Key, profile: str) -> App | None:
    name = entry.known("DisplayName") or entry.known("QuietDisplayName")
    command = entry.known("UninstallString") or entry.known("QuietUninstallString") or ""
    if name is None and command and _GUID.fullmatch(entry.name) is None:
        name = entry.name  # Windows hides an entry without a name; the program behind it is there
    if not name or _is_update(entry, name):
        return None
    return App(
        identifier=name,
        name=name,
        version=_version(entry),
        profile=profile,
        kind="web-app" if _WEB_APP.search(command) else "native",
        source="uninstall-key",
    )


def _is_update(entry: Key, name: str) -> bool:
    if entry.known("ParentKeyName") is None:
        return False
    said = entry.known("ReleaseType") or entry.known("ParentDisplayName")
    return said is not None or _KB.search(name) is not None or _KB.search(entry.name) is not None


def _version(entry: Key) -> str | None:
    version = entry.known("DisplayVersion")
    major, minor = (entry.values().get(name) for name in ("versionmajor", "versionminor"))
    if version is None and isinstance(major, int):
        version = f"{major}.{minor if isinstance(minor, int) else 0}"
    return version
