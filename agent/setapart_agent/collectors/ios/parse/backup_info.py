"""`Info.plist` of a Finder, iTunes or idevicebackup2 backup: the device, and the apps that its user installed.

`Installed Applications` lists the bundle ids of installed apps and none of Apple's own; `Applications` holds what the
App Store said about each (`iTunesMetadata`, a property list as data). It is never encrypted. Source: real backups of
iOS 14, and the Info.plist that idevicebackup2 writes.
"""

from datetime import UTC, datetime

from setapart_agent.collectors.apple.parse.plist import (
    Dict,
    data_of,
    date_of,
    dict_of,
    is_plist,
    read_plist,
    text_of,
    texts_of,
)
from setapart_agent.collectors.apple.parse.product import ios_device
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet
from setapart_evidence.model import App, Coverage
from setapart_evidence.statement import Maturity

KIND = "ios.backup-info"
MATURITY: Maturity = "captures"
COLLECTOR = "ios.backup"
INSTALLED = "Installed Applications"
NO_LIST = "Info.plist does not list the installed apps"
BROKEN_LIST = "Info.plist: broken entries in the list of installed apps"

_EXPECTED = "Info.plist of a backup"
_LONGEST_METADATA = 1024 * 1024


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By keys that only this file has; some tools leave one of them out."""
    marks = (b"Target Identifier", b"Unique Identifier", b"Installed Applications")
    return is_plist(content) and b"Product Type" in content and any(mark in content for mark in marks)


def parse(files: FileSet) -> Facts:
    """The device and its apps.

    Raises:
        ParseError: not the Info.plist of a backup.
    """
    info = read_plist(files.main, _EXPECTED)
    if text_of(info, "Product Type", "Unique Identifier", "Target Identifier") is None:
        raise ParseError("a property list that describes no device", expected=_EXPECTED)
    device = ios_device(
        serial=text_of(info, "Serial Number"),
        version=text_of(info, "Product Version"),
        product=text_of(info, "Product Type"),
    )
    described = dict_of(info, "Applications")
    listed = texts_of(info, INSTALLED)
    apps = tuple(
        _app(name, dict_of(described, name), files.profile) for name in dict.fromkeys((*listed, *described)) if name
    )
    coverage: tuple[Coverage, ...] = ()
    if (doubt := _doubt(info, listed)) is not None:
        coverage = (
            Coverage(section="apps", profile=files.profile, collector=COLLECTOR, status="partial", reason=doubt),
        )
    return Facts(device=device, apps=apps, coverage=coverage)


def _doubt(info: Dict, listed: tuple[str, ...]) -> str | None:
    """Why the list of installed apps may not be all of them."""
    found = info.get(INSTALLED)
    if not isinstance(found, list):
        return NO_LIST
    return BROKEN_LIST if len([name for name in listed if name]) < len(found) else None


def taken_at(raw: bytes) -> datetime | None:
    """When the backup was made, as `Info.plist` (or `Status.plist`, `Manifest.plist`) has it.

    Raises:
        ParseError: no property list.
    """
    info = read_plist(raw, _EXPECTED)
    found = date_of(info, "Last Backup Date") or date_of(info, "Date")
    return found.replace(tzinfo=UTC) if found else None


def _app(identifier: str, described: Dict, profile: str) -> App:
    """An app, with the name and version that the App Store gave it."""
    raw = data_of(described, "iTunesMetadata")
    metadata: Dict = {}
    if raw is not None and len(raw) <= _LONGEST_METADATA:
        try:
            metadata = read_plist(raw)
        except ParseError:
            metadata = {}  # a name less, and no app less
    return App(
        identifier=identifier,
        name=text_of(metadata, "itemName", "title"),
        version=text_of(metadata, "bundleShortVersionString", "bundleVersion"),
        profile=profile,
        source="backup",
    )
