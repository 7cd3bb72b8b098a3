"""The inventory: what an agent saw on one device, and what it could not see.

One definition gives encoding, strict decoding and the JSON Schema (`schema/inventory-v1.json`). Field names are the
contract of docs/evidence.md. A value that is not known is `null`, never left out.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .limits import MAX_SAFE_INTEGER

Count = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]

Platform = Literal["linux", "macos", "windows", "android", "ios"]
FormFactor = Literal["phone", "tablet", "laptop", "desktop", "server", "tv", "other"]
ProfileKind = Literal["primary", "secondary", "work", "guest", "private-space", "clone", "system"]
AppKind = Literal["native", "web-app", "browser-extension", "portable"]
AppSource = Literal[
    "dpkg", "rpm", "pacman", "apk", "flatpak", "snap", "desktop-entry", "process", "bundle", "uninstall-key",
    "appx", "package-manager", "backup", "mdm", "browser",
]  # fmt: skip
AppState = Literal["installed", "disabled", "archived", "removed-trace"]
Service = Literal["mail", "calendar", "contacts", "files", "directory"]
LinkKind = Literal[
    "vpn", "directory-join", "mdm", "sso", "wifi-enterprise", "file-share", "kerberos", "certificate"
]  # fmt: skip
Section = Literal["apps", "accounts", "links"]
CoverageStatus = Literal["observed", "partial", "denied", "unsupported", "failed"]
AccountField = Literal["domain", "host", "tenant"]

SYSTEM_PROFILE = "system"
"""The profile of machine-wide facts, which count once."""


class Device(Struct, frozen=True, kw_only=True):
    """The machine itself. `boot_time` is RFC 3339 in UTC; `serial_digest` a keyed digest, never the serial."""

    platform: Platform
    os_version: str | None = None
    os_api_level: Count | None = None
    patch_level: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    form_factor: FormFactor = "other"
    serial_digest: str | None = None
    boot_time: str | None = None


class Profile(Struct, frozen=True, kw_only=True):
    """A user, or a part of a user that keeps apps or accounts of its own.

    `id` is a uid, a SID, an Android user id, `<id>/<browser>/<dir>` for a browser profile, or `system`.
    """

    id: str
    kind: ProfileKind
    name: str | None = None
    running: bool | None = None


class App(Struct, frozen=True, kw_only=True):
    """One app as one profile has it.

    `publisher` is `sha256:` and the hex digest of the signing certificate, or `team:` and an Apple team id;
    `publisher_hint` is weaker (Android's 32-bit hash) and never more than a hint.
    """

    identifier: str
    name: str | None = None
    version: str | None = None
    profile: str
    kind: AppKind = "native"
    source: AppSource
    state: AppState = "installed"
    publisher: str | None = None
    publisher_hint: str | None = None
    permissions: tuple[str, ...] = ()


class Account(Struct, frozen=True, kw_only=True):
    """An account that reaches mail, calendar, contacts, files or a directory.

    `withheld` names the fields that the agent knew, found to be foreign under the policy bundle, and kept back; an
    account with neither a known nor a withheld field can't be attributed to anybody.
    """

    profile: str
    type: str
    client: str | None = None
    services: tuple[Service, ...] = ()
    domain: str | None = None
    host: str | None = None
    tenant: str | None = None
    address_digest: str | None = None
    enabled: bool | None = None
    withheld: tuple[AccountField, ...] = ()


class Link(Struct, frozen=True, kw_only=True):
    """A tie to an organisation's systems that is not an account; `target` is a host, domain, realm or tenant."""

    kind: LinkKind
    target: str | None = None
    profile: str


class Enforcement(Struct, frozen=True, kw_only=True):
    """A block that a manager has set on the device."""

    kind: Literal["app-block"]
    identifiers: tuple[str, ...]
    by: Literal["mdm", "device-owner", "profile-owner", "other"]


class Coverage(Struct, frozen=True, kw_only=True):
    """What one collector could see of one section of one profile, with the reason where that is not everything."""

    section: Section
    profile: str
    collector: str
    status: CoverageStatus
    reason: str | None = None


class Withheld(Struct, frozen=True, kw_only=True):
    """How many facts the disclosure filter kept on the device: apps left out, accounts cut to type and services."""

    apps: Count = 0
    accounts: Count = 0


class Inventory(Struct, frozen=True, kw_only=True):
    """Everything that one report says. The lists are required: a missing list is an error, not an empty list."""

    device: Device
    profiles: tuple[Profile, ...]
    apps: tuple[App, ...]
    accounts: tuple[Account, ...]
    links: tuple[Link, ...]
    enforcement: tuple[Enforcement, ...] = ()
    coverage: tuple[Coverage, ...]
    withheld: Withheld = Withheld()
