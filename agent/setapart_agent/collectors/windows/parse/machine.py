r"""What the machine's own hives say of it: its version, model and users.

Sources: Microsoft's registry reference for `Windows NT\CurrentVersion`, whose `ProductName` still says Windows 10 on
Windows 11 (from build 22000 on); "User Profiles (ProfileList)"; SIDs: "Security identifiers":
S-1-5-21-… of a machine or a domain, S-1-12-1-… of Entra ID. `Enum\ACPI\PNP0C0A` are batteries (ACPI specification,
control method battery); what has had one counts as a laptop.
"""

import re

from msgspec import Struct

from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import FormFactor, Profile, ProfileKind

PROFILE_LIST = r"Microsoft\Windows NT\CurrentVersion\ProfileList"
_VERSION = r"Microsoft\Windows NT\CurrentVersion"
_CRYPTOGRAPHY = r"Microsoft\Cryptography"
_SYSTEM_INFORMATION = r"Control\SystemInformation"
_BATTERIES = r"Enum\ACPI\PNP0C0A"
_PERSON = re.compile(r"S-1-(?:5-21|12-1)(?:-\d{1,10}){4}", re.IGNORECASE)
_ASIDE = ".BAK"
"""Ends the names of profiles that Windows could not load and has set aside; the user may have got a new one."""
_WINDOWS_11 = 22000
_GUEST = "-501"
_PLACEHOLDERS = frozenset(
    {"", "to be filled by o.e.m.", "system manufacturer", "system product name", "default string"}
)


class ListedProfile(Struct, frozen=True, kw_only=True):
    """A user of the list of profiles; `path` is where the profile's folder is, in Windows' spelling."""

    sid: str
    path: str


def control_set(system: Key | None) -> Key | None:
    """The control set that is, or was last, in use; a hive that does not run has no link of that name."""
    if system is None:
        return None
    live = system.child("CurrentControlSet")
    if live is not None:
        return live
    select = system.child("Select")
    number = (select.number("Current") if select is not None else None) or 1
    named = system.child(f"ControlSet{number % 1000:03}") or system.child("ControlSet001")
    others = (key for name, key in system.children().items() if name.startswith("controlset"))
    return named or next(others, None)  # a part of an export may hold another one alone


def read_device(reading: Reading, software: Key | None, system: Key | None, *, live: bool = False) -> None:
    """The device's facts.

    A machine that does not run tells no serial number; `MachineGuid`, made when Windows was installed, stands in for
    it. What is broken stays unknown: no section depends on it.
    """
    version = _quiet(software, _VERSION)
    control = _control(system)
    information = _quiet(control, _SYSTEM_INFORMATION)
    build = _text(version, "CurrentBuild") or _text(version, "CurrentBuildNumber") or ""
    number = int(build) if build.isascii() and build.isdecimal() and len(build) < 9 else None  # noqa: PLR2004
    reading.device = DeviceFacts(
        platform="windows",
        os_version=_os_version(version, number),
        os_api_level=number,
        patch_level=_patch_level(version, build),
        manufacturer=_named(information, "SystemManufacturer"),
        model=_named(information, "SystemProductName"),
        form_factor=_form_factor(version, control),
        serial=None if live else _text(_quiet(software, _CRYPTOGRAPHY), "MachineGuid"),
    )


def system_drive(software: Key | None) -> str:
    """The letter of the drive that this Windows calls its own, such as `c:`."""
    root = _text(_quiet(software, _VERSION), "SystemRoot") or ""
    return root[:2].lower() if re.fullmatch(r"[A-Za-z]:", root[:2]) else "c:"


def listed_profiles(software: Key) -> tuple[ListedProfile, ...]:
    """The users that have, or had, a profile here, each once.

    Raises:
        ParseError: the list can't be read, or is not there.
    """
    found: dict[str, ListedProfile] = {}
    entries = software.at(PROFILE_LIST)
    if entries is None:
        raise ParseError("no list of profiles", expected="the SOFTWARE hive of a Windows")
    aside: list[ListedProfile] = []
    for entry in entries:
        name = entry.name.upper()
        sid = name.removesuffix(_ASIDE)
        if _PERSON.fullmatch(sid):
            profile = ListedProfile(sid=sid, path=entry.text("ProfileImagePath") or "")
            if sid == name:
                found.setdefault(sid, profile)
            else:
                aside.append(profile)
    for profile in aside:  # where there is no other, it is still the user's
        found.setdefault(profile.sid, profile)
    return tuple(found.values())


def service_folders(software: Key) -> tuple[str, ...]:
    """Where the profiles of services are, such as those of databases and of IIS' pools: nobody works in them.

    Raises:
        ParseError: the list can't be read.
    """
    names = software.below(PROFILE_LIST)
    return tuple(
        entry.text("ProfileImagePath") or ""
        for entry in names
        if _PERSON.fullmatch(entry.name.upper().removesuffix(_ASIDE)) is None
    )


def profile_kind(sid: str) -> ProfileKind:
    """The kind of a user's profile: the guest's account has the relative identifier 501 everywhere."""
    return "guest" if sid.endswith(_GUEST) else "primary"


def read_profiles(reading: Reading, software: Key | None) -> None:
    """The users as profiles, named by the last part of their folder."""
    with reading.guard("apps", "accounts", "links"):
        if software is not None and software.at(PROFILE_LIST) is not None:
            reading.profiles += [
                Profile(id=one.sid, kind=profile_kind(one.sid), name=folder_name(one.path))
                for one in listed_profiles(software)
            ]


def folder_name(path: str) -> str | None:
    """The last part of a path in Windows' spelling."""
    return path.rstrip("\\/").replace("/", "\\").rpartition("\\")[2] or None


def _quiet(base: Key | None, path: str) -> Key | None:
    try:
        return base.at(path) if base is not None else None
    except ParseError:
        return None


def _control(system: Key | None) -> Key | None:
    try:
        return control_set(system)
    except ParseError:
        return None


def _text(key: Key | None, name: str) -> str | None:
    try:
        return key.text(name) if key is not None else None
    except ParseError:
        return None


def _named(key: Key | None, name: str) -> str | None:
    found = _text(key, name)
    return None if found is None or found.lower() in _PLACEHOLDERS else found


def _os_version(version: Key | None, build: int | None) -> str | None:
    product = _text(version, "ProductName")
    if product is None:
        return None
    if build is not None and build >= _WINDOWS_11 and product.startswith("Windows 10"):
        product = product.replace("Windows 10", "Windows 11", 1)
    release = _text(version, "DisplayVersion") or _text(version, "ReleaseId") or _text(version, "CSDVersion")
    return f"{product} {release}" if release else product


def _patch_level(version: Key | None, build: str) -> str | None:
    try:
        update = version.number("UBR") if version is not None else None
    except ParseError:
        update = None
    return f"{build}.{update}" if build and update is not None else build or None


def _form_factor(version: Key | None, control: Key | None) -> FormFactor | None:
    if version is None and control is None:
        return None
    if (_text(version, "InstallationType") or "").lower().startswith("server"):
        return "server"
    if control is None:
        return None
    try:
        batteries = control.at(_BATTERIES)
        return "laptop" if batteries is not None and any(True for _ in batteries) else "desktop"
    except ParseError:
        return None
