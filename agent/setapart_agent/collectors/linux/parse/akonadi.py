"""KDE's Akonadi: `~/.config/akonadi_<kind>_resource_<n>rc`, one file per resource; KDE 4 in `~/.kde/share/config`.

Format: kdepim-runtime, resources/*/*.kcfg; a DAV URL is `user|protocol|url` (resources/dav/resource/settings.cpp).
"""

import re

from setapart_agent.collectors.desktop.parse.account import account, accounts
from setapart_agent.collectors.desktop.parse.sections import Section, Sections
from setapart_agent.collectors.linux.parse.kconfig import kconfig
from setapart_agent.facts import AccountFact, Facts, FileSet
from setapart_evidence.model import Service
from setapart_evidence.statement import Maturity

KIND = "linux.akonadi"
MATURITY: Maturity = "untested"
INSTANCES = "agentsrc"
"""The role of `~/.config/akonadi/agentsrc`, which lists the resources that are set up."""

_NAME = re.compile(r"akonadi_([a-z0-9]+)_resource_[0-9]+")
_ALL: tuple[Service, ...] = ("mail", "calendar", "contacts")
_REACH: dict[str, tuple[Service, ...]] = {
    "imap": ("mail",),
    "kolab": _ALL,
    "pop3": ("mail",),
    "ews": _ALL,
    "davgroupware": ("calendar", "contacts"),
    "google": ("calendar", "contacts"),
    "googlecalendar": ("calendar",),
    "googlecontacts": ("contacts",),
    "etesync": ("calendar", "contacts"),
    "openxchange": ("calendar", "contacts"),
    "ical": ("calendar",),
    "vcard": ("contacts",),
}
_FILES = frozenset({"ical", "vcard"})
"""One file, which may be on a server."""
_DAV: dict[str, Service] = {"caldav": "calendar", "carddav": "contacts"}
_DAV_PARTS = 3


def recognise(name: str, content: bytes) -> bool:
    """By name alone: the keys are common."""
    name = name.rpartition("/")[2]
    match = _NAME.match(name)
    return match is not None and match[1] in _REACH and b"\x00" not in content[:64]


def parse(files: FileSet) -> Facts:
    """The server that one resource stands for. Roles: `main`; `agentsrc`, the list of resources.

    Raises:
        ParseError: not one section.
    """
    match = _NAME.match(files.path.rpartition("/")[2])
    found = kconfig(files.main)
    kind = match[1] if match else _kind(found)
    if kind not in _REACH:
        return Facts()
    instances = files.files.get(INSTANCES)
    enabled = None if instances is None or match is None else match[0].encode() in instances
    values = Section(name="", values={key: value for section in found for key, value in section.values.items()})
    if kind == "davgroupware":
        made = _dav(values, files.profile, enabled=enabled)
    else:
        users = (values.get("Email"), values.get("UserName", "login", "Account"))
        server = _remote(values.get("Path")) if kind in _FILES else values.get("ImapServer", "host", "BaseUrl")
        tenant = values.get("Domain") if kind == "ews" else None
        made = []
        if any(users) or server:
            reach = _REACH[kind]
            made += accounts(
                files.profile, f"akonadi:{kind}", reach, users=users, servers=(server,), tenant=tenant, enabled=enabled
            )
    return Facts(accounts=tuple(dict.fromkeys(made)))


def _remote(path: str | None) -> str | None:
    return path if path and "://" in path and not path.startswith("file:") else None


def _kind(found: Sections) -> str:
    keys = {key for section in found for key in section.values}
    return "imap" if "imapserver" in keys else "davgroupware" if "remoteurls" in keys else ""


def _dav(values: Section, profile: str, *, enabled: bool | None) -> list[AccountFact]:
    """Each URL; `$default$` stands for the resource's own user."""
    made: list[AccountFact] = []
    for entry in (values.get("remoteUrls") or "").split(","):
        parts = entry.strip().split("|")
        if len(parts) < _DAV_PARTS:
            continue
        user, protocol, url = parts[0], parts[1].lower(), parts[2]
        service = _DAV.get(protocol)
        reach: tuple[Service, ...] = (service,) if service else ("calendar", "contacts")
        if user == "$default$":
            user = values.get("defaultUsername") or ""
        made.append(account(profile, f"akonadi:{protocol}", reach, user=user or None, server=url, enabled=enabled))
    return made
