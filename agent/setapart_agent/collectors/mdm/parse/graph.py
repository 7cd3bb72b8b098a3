"""Devices of Microsoft Intune as Microsoft Graph gives them: managedDevices with detectedApps.

Fields: learn.microsoft.com/graph/api/resources/intune-devices-manageddevice and …/intune-devices-detectedapp.
Read are one managedDevice, a list, a page `{"value": […]}`, each with `detectedApps` expanded; a page of detectedApps
with `managedDevices` expanded; and both in one object, `{"managedDevices": …, "detectedApps": …}`. PowerShell's cmdlets
(Get-MgDeviceManagementManagedDevice) write the same members with a capital first letter.

- A detected app has a display name and no package id. Names decide on Windows alone, where they are what uninstall keys
  hold; elsewhere they can only raise suspicion, so apps are never observed there.
- Which users' programs Windows lists is not documented, and packages appear under their names: with the publisher's
  distinguished name they are identified, without it they are not.
- "Unmanaged apps will only appear for devices marked as corporate owned": of a personal device the list is no list.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from setapart_agent.collectors.base import Denied, Unsupported
from setapart_agent.collectors.mdm.parse import document
from setapart_agent.collectors.mdm.parse.document import Node
from setapart_agent.collectors.mdm.parse.export import (
    PRIMARY,
    SYSTEM,
    WORK,
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
from setapart_agent.collectors.mdm.parse.windows_names import family_name, looks_like_package
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, FileSet, domain_of
from setapart_evidence.model import App, Coverage, Link, Platform, Profile
from setapart_evidence.statement import Maturity

KIND = "mdm.graph"
MATURITY: Maturity = "untested"  # the corpus holds the vendor's examples alone

NO_APPS = Denied("no detectedApps of this device in the export: ask for them with $expand=detectedApps")
PERSONAL = Denied("of a device that is not marked as owned by the company only managed apps are listed")
PERSONAL_SIDE = Denied("the manager of a work profile does not see the personal side")
NOT_TOLD = Unsupported("Intune does not tell of accounts, networks and certificates")
NAMES_ONLY = "names-only: detected apps have no package ids"
USERS_UNKNOWN = "which users' programs are listed is not documented"
CUT = "detectedApps of this device go on on a page that is not here"
TENANT = "detected apps of a tenant: no device is named"

_MARKS = (
    '"managedDeviceOwnerType"',
    '"detectedApps"',
    "microsoft.graph.managedDevice",
    "microsoft.graph.detectedApp",
    "deviceManagement/managedDevices",
    "deviceManagement/detectedApps",
    '"deviceEnrollmentType"',
    '"managedDeviceName"',
    '"sizeInByte"',
)
_CAPITAL = re.compile(r'"([A-Z])(?=\w*"\s*:)', re.ASCII)
_ONLY_APPS = (b'"sizeInByte"', b'"deviceCount"', b"graph.detectedApp")
_SYSTEMS: tuple[tuple[str, Platform | None], ...] = (
    ("windows phone", None), ("windowsphone", None), ("windowsmobile", None), ("windowsholographic", None),
    ("windows", "windows"), ("ios", "ios"), ("ipados", "ios"), ("macos", "macos"), ("mac os", "macos"),
    ("android", "android"), ("linux", "linux"), ("ubuntu", "linux"), ("rhel", "linux"), ("red hat", "linux"),
)  # fmt: skip
_WORK_PROFILE = "androidenterprisecorporateworkprofile"
_WHOLE_DEVICE = frozenset(
    {
        "androidenterprisefullymanaged", "androidenterprisededicateddevice", "androidaospuserowneddeviceenrollment",
        "androidaospuserlessdeviceenrollment",
    }
)  # fmt: skip


def recognise(name: str, content: bytes) -> bool:  # noqa: ARG001 - the contract of Parser
    """By members and types that only Intune has."""
    begin = _uncapitalised(document.head(content))
    return any(mark in begin for mark in _MARKS)


def parse(files: FileSet) -> Facts:
    """The device, or all of them side by side; of a list of apps without devices, the apps.

    Raises:
        ParseError: not JSON, or neither a device nor an app in it.
    """
    apps = [value for value in _values(files.main) if _is_app(value)]
    if apps and not any(b'"managedDevices"' in value for value in apps):
        found, lost = _apps((document.decoded(value) for value in apps), None, "unknown")
        return Facts(apps=found, coverage=(apps_row("unknown", KIND, (broken(lost), TENANT)),))
    return side_by_side(devices(files.main))


def devices(raw: bytes) -> Iterator[Export]:
    """Device after device.

    Raises:
        ParseError: not JSON, or something in it is no managedDevice.
    """
    yield from each(_split(raw), lambda pair: read_device(*pair))


def read_device(raw: bytes, apps: Iterable[bytes] | None = None) -> Export:
    """One managedDevice.

    Args:
        raw: its JSON.
        apps: its detected apps, each as JSON, where they came separately; None where only the device itself tells.

    Raises:
        ParseError: not JSON, or not a managedDevice.
    """
    node = document.decoded(raw)
    if not node.has("operatingSystem") and not node.has("managedDeviceOwnerType"):
        raise ParseError("an object that is no device", expected="managedDevice resources of Microsoft Graph")
    platform = _platform(node)
    expanded = node.listing("detectedApps")
    listed = None if expanded is None and apps is None else [*(expanded.items if expanded else ())]
    lost = expanded.broken if expanded else 0
    for one in apps or ():
        (listed := listed or []).append(document.decoded(one))
    profiles, owner = _profiles(node, platform)
    found, unknown = _apps(listed or (), platform, owner.id)
    rows = [_apps_row(node, platform, owner, None if listed is None else lost + unknown)]
    rows += (row for one in profiles if one != owner for row in unseen(one.id, KIND, PERSONAL_SIDE, "apps"))
    rows += (row for one in profiles for row in unseen(one.id, KIND, NOT_TOLD, "accounts", "links"))
    return Export(
        facts=Facts(
            device=DeviceFacts(
                platform=platform,
                os_version=node.text("osVersion"),
                patch_level=node.text("androidSecurityPatchLevel") if platform == "android" else None,
                manufacturer=node.text("manufacturer"),
                model=node.text("model"),
                form_factor=form_of(node.text("model")) if platform in ("ios", "macos") else None,
                serial=serial_of(node.text("serialNumber")),
            ),
            profiles=profiles,
            apps=found,
            links=_links(node, platform, owner.id),
            coverage=tuple(rows),
        ),
        taken_at=moment(node.text("lastSyncDateTime")),
    )


def _split(raw: bytes) -> Iterator[tuple[bytes, tuple[bytes, ...] | None]]:
    """Every device with the apps that stand elsewhere for it."""
    whole = next(_documents(raw), b"")
    both = document.members(whole) if b'"managedDevices"' in whole else {}
    if "managedDevices" in both and "detectedApps" in both:
        by_device = _by_device(both["detectedApps"])
        for device in _page(both["managedDevices"]):
            yield device, by_device.get(document.decoded(device).text("id") or "")
        return
    apps: dict[str, list[bytes]] = {}
    described: dict[str, bytes] = {}
    for value in _values(raw):
        if not _is_app(value):
            yield value, None
            continue
        _turn(value, apps, described)
    yield from ((described[device], tuple(found)) for device, found in apps.items())


def _values(raw: bytes) -> Iterator[bytes]:
    """The devices or apps of a file, out of the pages that they came in."""
    for value in _documents(raw):
        yield from _page(value)


def _documents(raw: bytes) -> Iterator[bytes]:
    """The values of a file, their members as Graph spells them."""
    for value in document.values(raw):
        capital = b'"DisplayName"' in value or b'"OperatingSystem"' in value
        yield _uncapitalised(value.decode("utf-8", "replace")).encode() if capital else value


def _uncapitalised(text: str) -> str:
    return _CAPITAL.sub(lambda found: f'"{found[1].lower()}', text)


def _page(value: bytes) -> Iterator[bytes]:
    if value[:1] == b"[":
        yield from map(bytes, document.elements(value))
        return
    page = document.members(value)
    if "value" not in page:
        yield value
    elif page["value"][:1] == b"[":
        yield from map(bytes, document.elements(page["value"]))
    else:
        yield page["value"]


def _is_app(value: bytes) -> bool:
    """A detectedApp has a name to show, and no system; the devices that it may name have one."""
    if b'"operatingSystem"' in value and not any(mark in value for mark in _ONLY_APPS):
        return False
    found = document.members(value)
    typed = b"detectedApp" in found.get("@odata.type", b"detectedApp")
    return typed and "displayName" in found and not found.keys() & {"operatingSystem", "managedDeviceOwnerType"}


def _turn(app: bytes, apps: dict[str, list[bytes]], described: dict[str, bytes]) -> None:
    """Notes an app at every device that it names."""
    for element in document.elements(document.members(app).get("managedDevices", b"null")):
        device = bytes(element)
        key = document.decoded(device).text("id") or ""
        described.setdefault(key, device)
        apps.setdefault(key, []).append(app)


def _by_device(raw: bytes) -> Mapping[str, tuple[bytes, ...]]:
    """Apps by the id of their device: an object by id, or apps that name their devices."""
    if raw[:1] == b"{" and "value" not in (found := document.members(raw)):
        return {key: tuple(_page(value)) for key, value in found.items()}
    apps: dict[str, list[bytes]] = {}
    for app in _page(raw):
        _turn(app, apps, {})
    return {key: tuple(found) for key, found in apps.items()}


def _platform(node: Node) -> Platform | None:
    system = (node.text("operatingSystem") or "").lower()
    return next((platform for start, platform in _SYSTEMS if system.startswith(start)), None)


def _company(node: Node) -> bool:
    return node.text("managedDeviceOwnerType") == "company"


def _profiles(node: Node, platform: Platform | None) -> tuple[tuple[Profile, ...], Profile]:
    """The profiles of the device, and the one that its apps are listed for."""
    if platform not in ("android", "ios"):
        return (SYSTEM,), SYSTEM
    enrolment = (node.text("deviceEnrollmentType") or "").lower()
    system = (node.text("operatingSystem") or "").lower().replace(" ", "")
    private = system == "androidforwork" or (system != "android" and not _company(node))
    if platform == "android" and enrolment not in _WHOLE_DEVICE and (private or enrolment == _WORK_PROFILE):
        return (PRIMARY, WORK), WORK
    return (PRIMARY,), PRIMARY


def _apps_row(node: Node, platform: Platform | None, owner: Profile, lost: int | None) -> Coverage:
    if lost is None:
        return unseen(owner.id, KIND, NO_APPS, "apps")[0]
    if not _company(node):
        return unseen(owner.id, KIND, PERSONAL, "apps")[0]
    doubts = (
        broken(lost),
        CUT if node.has("detectedApps@odata.nextLink") else None,
        USERS_UNKNOWN if platform == "windows" else NAMES_ONLY,
    )
    return apps_row(owner.id, KIND, doubts)


def _apps(listed: Iterable[Node], platform: Platform | None, profile: str) -> tuple[tuple[App, ...], int]:
    """The apps, and how many entries have no name."""
    found: dict[App, None] = {}
    lost = 0
    for one in listed:
        name = one.text("displayName")
        if name is None:
            lost += 1
            continue
        windows = platform == "windows"
        family = family_name(name, one.text("publisher")) if windows else None
        found[
            App(
                identifier=family or name,
                name=name.rpartition(".")[2] if windows and looks_like_package(name) else name,
                version=one.text("version"),
                profile=profile,
                source="appx" if family else "mdm",
            )
        ] = None
    return tuple(found), lost


def _links(node: Node, platform: Platform | None, profile: str) -> tuple[Link, ...]:
    """The manager; and the tenant, by the domain of the user's name, where the device is registered with it."""
    managed = Link(kind="mdm", target=None, profile=profile)
    domain = domain_of(node.text("userPrincipalName"))
    registered = node.flag("azureADRegistered") or node.flag("azureAdRegistered")  # the latter is PowerShell's
    if domain is None or not registered:
        return (managed,)
    return managed, Link(kind="directory-join" if platform == "windows" else "sso", target=domain, profile=profile)
