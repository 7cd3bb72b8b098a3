"""Devices' responses to commands of Apple's MDM protocol, and their check-ins: plists, one or more, or arrays of them.

Fields: github.com/apple/device-management, mdm/commands/*.yaml and mdm/checkin/*.yaml (developer.apple.com, Device
Management). Whatever one file holds of one `UDID` (or `EnrollmentID`) is one device.

- `InstalledApplicationList` lists all third-party apps of an iPhone or iPad (from iOS 26 Apple's too) unless the
  command asked for `ManagedAppsOnly` or `Identifiers`, or the device is enrolled by its user: then it has an
  `EnrollmentID` and no `UDID`. A command that stands beside its response is taken into account, and from iOS 26 on a
  list without Apple's apps is one of some apps.
- A web clip is an entry without an `Identifier`, known by its title alone: where it leads is not told, so the list is
  not whole. On a Mac such an entry is an app without a bundle id, or the folder of a site (`https+++host`).
- `ManagedApplicationList` is another thing: what the manager brought, installed or not.
- MicroMDM and NanoMDM hand responses on as events, `{"acknowledge_event": {"raw_payload": …}}` or `checkin_event`, with
  the device's plist in base 64 (micromdm/docs/user-guide/api-and-webhooks.md, nanomdm/service/webhook/event.json).
- `ProfileList` names payloads by their types; nothing here lists the accounts that the holder set up.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from setapart_agent.collectors.apple.parse.configuration_profile import facts_of
from setapart_agent.collectors.apple.parse.plist import is_plist, read_value
from setapart_agent.collectors.base import Unsupported
from setapart_agent.collectors.mdm.parse import document
from setapart_agent.collectors.mdm.parse.document import Node
from setapart_agent.collectors.mdm.parse.export import (
    PRIMARY,
    SYSTEM,
    Export,
    apps_row,
    broken,
    form_of,
    serial_of,
    unseen,
)
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, Facts, unite
from setapart_evidence.model import App, AppState, Coverage, Link, Platform

APPS = "mdm.apple-apps"
PROFILES = "mdm.apple-profiles"

NO_APPS = Unsupported("no InstalledApplicationList in this export")
NO_PROFILES = Unsupported("no ProfileList in this export")
MANAGED_ONLY = "managed apps only"
LIMITED = "the command asked for some apps only"
EMPTY = "the list of apps is empty"
CLIPS = "web clips are listed by their titles, without their addresses"
MAC_FOLDERS = "which folders of a Mac are searched for apps is not documented"
BY_PROFILES = "what profiles set up is listed, what the holder set up is not"
NAMELESS = "the response names no device, so how it is enrolled is not known"
SYSTEM_UNKNOWN = "nothing tells whether this is an iPhone, an iPad or a Mac"

RESPONSES = (
    "InstalledApplicationList", "ManagedApplicationList", "ProfileList", "CertificateList", "SecurityInfo",
    "QueryResponses",
)  # fmt: skip
_EVENTS = ("acknowledge_event", "checkin_event")
_PAYLOAD = "raw_payload"
_LISTS = ("InstalledApplicationList", "ManagedApplicationList", "ProfileList")
_CHECK_INS = frozenset({"Authenticate", "TokenUpdate", "CheckOut", "UserAuthenticate"})
_EXPECTED = "responses to commands of Apple's MDM protocol"
_IOS_ONLY = frozenset(
    {"DynamicSize", "IsValidated", "AppStoreVendable", "DeviceBasedVPP", "BetaApp", "AdHocCodeSigned"}
)
_OF_APPLE = "com.apple."
_LISTS_OF_APPLE = 26
"""The first iOS whose list has Apple's own apps in it."""
_MAJOR = re.compile(r"\d{1,3}", re.ASCII)
_START = re.compile(rb"(?=<\?xml\s)")
_MAC_UDID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE)
_PHONE_UDID = re.compile(r"[0-9a-f]{40}|[0-9A-F]{8}-[0-9A-F]{16}", re.IGNORECASE)
_MODELS: tuple[tuple[str, Platform], ...] = (
    ("iphone", "ios"), ("ipad", "ios"), ("ipod", "ios"), ("mac", "macos"), ("imac", "macos"), ("virtualmac", "macos")
)  # fmt: skip
# ManagedApplicationListItem.Status: these are not on the device yet, or never came to be.
_NOT_INSTALLED = frozenset(
    {
        "Queued", "NeedsRedemption", "Redeeming", "Prompting", "PromptingForLogin", "ValidatingPurchase",
        "UserRejected", "Failed",
    }
)  # fmt: skip
_GONE = "ManagedButUninstalled"


class _Device(Struct, frozen=True, kw_only=True):
    """Everything that the files hold of one device, which may be nameless."""

    udid: str | None
    enrolment: str | None
    responses: tuple[Node, ...]

    @property
    def by_user(self) -> bool:
        """Whether only an `EnrollmentID` names it."""
        return self.udid is None and self.enrolment is not None

    def all(self, key: str) -> tuple[Node, ...]:
        """The responses that hold a key."""
        return tuple(one for one in self.responses if one.has(key))


def is_response(content: bytes) -> bool:
    """Whether a file looks like responses or check-ins.

    By words that all of them have; or it is a list taken out of one, or an event that carries one.
    """
    begin = "" if is_plist(content) else document.head(content)
    if not is_plist(content) and not begin:
        return False
    if any(f'"{name}"' in begin or (not begin and name.encode() in content) for name in _LISTS):
        return True
    if f'"{_PAYLOAD}"' in begin and any(f'"{event}"' in begin for event in _EVENTS):
        return True
    marks = (b"UDID", b"EnrollmentID", b"CommandUUID", b"Acknowledged")
    named = any(mark in content for mark in marks)
    return named and any(name.encode() in content for name in (*RESPONSES, *_CHECK_INS))


def devices(*files: bytes) -> Iterator[Export]:
    """Device after device, in the order in which they are first named.

    Args:
        files: each with a response or an array of them.

    Raises:
        ParseError: no response or check-in is in any of them; or, after all devices were given, a file is no plist.
    """
    found: dict[object, list[Node]] = {}
    limited: set[str] = set()
    whole: list[Node] = []
    broken_ones: list[ParseError] = []
    for part in (part for raw in files for part in _apart(raw)):
        try:
            whole.extend(_dictionaries(part))  # what came before an error stays
        except ParseError as exc:
            broken_ones.append(exc)
    for one in whole:
        command = one.node("Command")
        if command.flag("ManagedAppsOnly") or command.has("Identifiers"):
            limited.add(one.text("CommandUUID") or "")
        name: object = (one.text("UDID") or one.text("EnrollmentID") or "").upper() or len(found)
        if one.text("MessageType") or any(one.has(key) for key in RESPONSES):
            found.setdefault(name, []).append(one)
    for responses in found.values():
        udid, enrolment = _first(responses, "UDID"), _first(responses, "EnrollmentID")
        yield _read(_Device(udid=udid, enrolment=enrolment, responses=tuple(responses)), limited)
    if broken_ones:
        raise broken_ones[0]
    if not found:
        raise ParseError("no response of a device", expected=_EXPECTED)


def _apart(raw: bytes) -> list[bytes]:
    """The plists of a file: servers dump what devices send one after the other."""
    return [part for part in _START.split(raw) if part.strip()] if raw.lstrip().startswith(b"<?xml") else [raw]


def _dictionaries(raw: bytes) -> Iterator[Node]:
    """The dictionaries of a file, also of an array."""
    if not is_plist(raw):
        for written in map(document.decoded, document.values(raw)):
            yield from _carried(written)
        return
    value = read_value(raw, _EXPECTED)
    for one in value if isinstance(value, list) else (value,):
        yield Node(one)


def _carried(value: Node) -> Iterator[Node]:
    """The responses that an event carries; any other value is one itself."""
    payloads = [payload for event in _EVENTS if (payload := value.text(event, _PAYLOAD))]
    for payload in payloads:
        try:
            raw = base64.b64decode(payload, validate=True)
        except ValueError:
            raise ParseError("an event whose payload is no base 64", expected=_EXPECTED) from None
        yield Node(read_value(raw, _EXPECTED))
    if not payloads:
        yield value


def _read(device: _Device, limited: set[str]) -> Export:
    platform = _platform(device)
    owner = SYSTEM if platform == "macos" else PRIMARY
    profiles = device.all("ProfileList")
    parts = [facts_of(one.get("ProfileList"), owner.id) for one in profiles]
    apps, rows = _apps(device, platform, owner.id, limited)
    for section in ("accounts", "links"):
        if profiles:
            row = Coverage(section=section, profile=owner.id, collector=PROFILES, status="partial", reason=BY_PROFILES)
            rows.append(row)
        else:
            rows += unseen(owner.id, PROFILES, NO_PROFILES, section)
    managed = Link(kind="mdm", target=None, profile=owner.id)
    told = any(link.kind == "mdm" for part in parts for link in part.links)
    own = Facts(
        device=_facts(device, platform),
        profiles=(owner,),
        apps=apps,
        links=() if told else (managed,),
        coverage=tuple(rows),
    )
    return Export(facts=unite((own, *parts)))


def _facts(device: _Device, platform: Platform | None) -> DeviceFacts:
    asked = [*(one.node("QueryResponses") for one in device.all("QueryResponses")), *device.responses]
    model = _first(asked, "ProductName") or _first(asked, "ModelName")
    return DeviceFacts(
        platform=platform,
        os_version=_first(asked, "OSVersion"),
        manufacturer="Apple",
        model=model,
        form_factor=form_of(model),
        serial=(serial_of(_first(asked, "SerialNumber")) or "").upper() or None,
    )


def _platform(device: _Device) -> Platform | None:
    """What the model says; else what only one of the systems tells of itself or its apps; else the form of the UDID."""
    asked = [*(one.node("QueryResponses") for one in device.all("QueryResponses")), *device.responses]
    model = f"{_first(asked, 'ProductName') or _first(asked, 'ModelName') or ''}".lower()
    for start, platform in _MODELS:
        if model.startswith(start):
            return platform
    if any(one.has("SecurityInfo", "FDE_Enabled") for one in device.responses):
        return "macos"
    for one in device.responses:
        listed = one.listing("InstalledApplicationList")
        if listed and any(app.has(key) for app in listed.items for key in _IOS_ONLY):
            return "ios"
    udid = device.udid or ""
    if device.by_user or _PHONE_UDID.fullmatch(udid):
        return "ios"
    return "macos" if _MAC_UDID.fullmatch(udid) else None


def _first(nodes: Iterable[Node], key: str) -> str | None:
    return next((found for node in nodes if (found := node.text(key))), None)


def _apps(
    device: _Device, platform: Platform | None, profile: str, limited: set[str]
) -> tuple[tuple[App, ...], list[Coverage]]:
    """The apps of every list, and the row that the fullest of them allows."""
    found: dict[App, None] = {}
    doubts: list[str | None] = []
    for one in device.all("InstalledApplicationList"):
        listed = one.listing("InstalledApplicationList")
        items = listed.items if listed else ()
        made = [_app(app, platform, profile) for app in items]
        found.update(dict.fromkeys(app for app in made if app))
        lost = broken((listed.broken if listed else 0) + made.count(None))
        cut = LIMITED if (one.text("CommandUUID") or "") in limited else None
        doubts.append(lost or cut or (None if items else EMPTY))
    for one in device.all("ManagedApplicationList"):
        found.update(dict.fromkeys(_managed(one.node("ManagedApplicationList"), found, profile)))
    if not doubts:
        managed = bool(device.all("ManagedApplicationList"))
        row = apps_row(profile, APPS, (MANAGED_ONLY,)) if managed else unseen(profile, APPS, NO_APPS, "apps")[0]
        return tuple(found), [row]
    general = _doubt(device, platform)
    doubt = None if None in doubts else doubts[0]
    if platform == "ios" and _lists_apple(device) and not any(app.identifier.startswith(_OF_APPLE) for app in found):
        doubt = doubt or LIMITED
    clips = CLIPS if any(app.kind == "web-app" for app in found) else None
    return tuple(found), [apps_row(profile, APPS, (general, doubt, clips))]


def _lists_apple(device: _Device) -> bool:
    """Whether the system is one whose whole list has Apple's own apps in it."""
    asked = (one.node("QueryResponses") for one in device.all("QueryResponses"))
    major = _MAJOR.match(_first(asked, "OSVersion") or "")
    return major is not None and int(major[0]) >= _LISTS_OF_APPLE


def _doubt(device: _Device, platform: Platform | None) -> str | None:
    """Why even a whole list may not be all apps of this device."""
    enrolled = device.by_user or any(
        one.flag("SecurityInfo", "ManagementStatus", "IsUserEnrollment") for one in device.responses
    )
    if enrolled:
        return MANAGED_ONLY
    if device.udid is None:
        return NAMELESS
    return {"macos": MAC_FOLDERS, None: SYSTEM_UNKNOWN}.get(platform)


def _app(app: Node, platform: Platform | None, profile: str) -> App | None:
    identifier, name = app.text("Identifier"), app.text("Name")
    if identifier is None and name is None:
        return None
    site = identifier is None and (platform != "macos" or "+++" in (name or ""))
    return App(
        identifier=identifier or name or "",
        name=name,
        version=app.text("ShortVersion") or app.text("Version"),
        profile=profile,
        kind="web-app" if site else "native",
        source="mdm",
    )


def _managed(listed: Node, known: Iterable[App], profile: str) -> Iterator[App]:
    """The managed apps that no other list has."""
    named = {app.identifier for app in known}
    entries: Mapping[object, object] = listed.value if isinstance(listed.value, dict) else {}
    for identifier, entry in entries.items():
        status = Node(entry).text("Status") or ""
        if not isinstance(identifier, str) or identifier in named or status in _NOT_INSTALLED:
            continue
        state: AppState = "removed-trace" if status == _GONE else "installed"
        yield App(identifier=identifier, profile=profile, source="mdm", state=state)
