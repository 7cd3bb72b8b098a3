"""One file of the registry, a hive or an export, and whose keys it holds.

Exports name the root of every key. A hive does not say what it is: it is told by the keys below its root, which may
also be a part of one, such as a user's Software alone.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from setapart_agent.collectors.windows.hive import hive_name, is_hive, open_hive
from setapart_agent.collectors.windows.parse import reg_file
from setapart_agent.collectors.windows.parse.file_shares import read_shares
from setapart_agent.collectors.windows.parse.installed_programs import read_programs
from setapart_agent.collectors.windows.parse.machine import read_device, read_profiles
from setapart_agent.collectors.windows.parse.machine_links import read_software_links, read_system_links
from setapart_agent.collectors.windows.parse.outlook_profile import read_outlook
from setapart_agent.collectors.windows.parse.reading import COLLECTOR, Reading
from setapart_agent.collectors.windows.parse.registry_key import Key
from setapart_agent.collectors.windows.parse.store_packages import (
    REPOSITORY,
    USER_REPOSITORY,
    read_machine_packages,
    read_user_packages,
)
from setapart_agent.collectors.windows.parse.vpn_clients import read_vpn_clients, tell_unread
from setapart_agent.collectors.windows.parse.work_identity import read_work_identity
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import SYSTEM_PROFILE, Coverage, Section

LOG_ROLE = "log"
_SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")
_CURRENT_VERSION = r"Microsoft\Windows NT\CurrentVersion"
_CLASSES_END = "_classes"


class UserPart(Struct, frozen=True, kw_only=True):
    """What a file holds of one user: the root of the user's hive, its Software, and the user's classes."""

    profile: str
    root: Key | None = None
    software: Key | None = None
    classes: Key | None = None


class RegistryFile(Struct, frozen=True, kw_only=True):
    """What a file holds, by whose it is; `doubt` says why its newest values may be missing."""

    users: tuple[UserPart, ...] = ()
    software: Key | None = None
    system: Key | None = None
    doubt: str | None = None


def companions(name: str, content: bytes) -> Mapping[str, str]:
    """The transaction logs beside a hive, in the spellings that Windows and copies of it use."""
    if not is_hive(content):
        return {}
    base = name.replace("\\", "/").rpartition("/")[2]
    spelled = dict.fromkeys(
        f"{start}{end}{number}"
        for start in (base, base.lower())
        for end in (".LOG", ".log")
        for number in ("", "1", "2")
    )
    return {f"{LOG_ROLE}{at}": path for at, path in enumerate(spelled)}


def open_registry(files: FileSet) -> RegistryFile:
    """The parts of one file.

    Raises:
        ParseError: neither hive nor export, or broken beyond use.
    """
    if not is_hive(files.main):
        root = reg_file.read(files.main)
        return _exported(root, files.profile)
    logs = tuple(content for role, content in files.files.items() if role.startswith(LOG_ROLE))
    key, doubt = open_hive(files.main, logs)
    return _of_hive(key, files.profile, doubt)


def everything(files: FileSet) -> Facts:
    """All facts of one file.

    Raises:
        ParseError: neither hive nor export, or broken beyond use.
    """
    parts = open_registry(files)
    found = [user_facts(user) for user in parts.users]
    if parts.software is not None or parts.system is not None:
        found.append(machine_facts(parts))
    found += doubts(parts, _SECTIONS)
    return unite(found)


def user_facts(user: UserPart) -> Facts:
    """All facts of one user's part."""
    reading = Reading(user.profile)
    software = user.software or reading.key(user.root, "Software", *_SECTIONS)
    read_programs(reading, software)
    read_user_packages(reading, software, USER_REPOSITORY)
    read_user_packages(reading, user.classes, REPOSITORY)
    read_outlook(reading, software)
    read_work_identity(reading, software)
    read_shares(reading, user.root)
    read_vpn_clients(reading, software)
    tell_unread(reading, reading.apps)
    return reading.facts()


def machine_facts(parts: RegistryFile) -> Facts:
    """All facts of the machine's own hives."""
    reading = Reading(SYSTEM_PROFILE)
    read_device(reading, parts.software, parts.system)
    read_profiles(reading, parts.software)
    read_programs(reading, parts.software)
    read_machine_packages(reading, parts.software)
    read_system_links(reading, parts.system)
    read_software_links(reading, parts.software, parts.system)
    read_vpn_clients(reading, parts.software)
    tell_unread(reading, reading.apps)
    return reading.facts()


def doubts(parts: RegistryFile, sections: tuple[Section, ...]) -> Iterator[Facts]:
    """Rows for a hive that was not written to its end."""
    if parts.doubt is not None:
        profiles = [user.profile for user in parts.users] or [SYSTEM_PROFILE]
        yield Facts(
            coverage=tuple(
                Coverage(section=section, profile=profile, collector=COLLECTOR, status="partial", reason=parts.doubt)
                for profile in profiles
                for section in sections
            )
        )


def _exported(root: Key, profile: str) -> RegistryFile:
    users: dict[str, UserPart] = {}
    software = system = None
    for top in root:
        name = top.name.upper()
        if name == "HKEY_CURRENT_USER":
            users[profile] = UserPart(profile=profile, root=top, software=top.child("Software"))
        elif name == "HKEY_CLASSES_ROOT":
            users.setdefault("", UserPart(profile=profile, classes=top))
        elif name == "HKEY_USERS":
            for user in top:
                sid, classes = user.name, user.name.lower().endswith(_CLASSES_END)
                part = UserPart(profile=sid.upper(), root=user, software=user.child("Software"))
                users[sid] = UserPart(profile=sid[: -len(_CLASSES_END)].upper(), classes=user) if classes else part
        elif name == "HKEY_LOCAL_MACHINE":
            software, system = top.child("SOFTWARE"), top.child("SYSTEM")
            for loaded in top:  # a hive that somebody has loaded to look at
                if loaded.name.upper() not in ("SOFTWARE", "SYSTEM") and loaded.child("Software") is not None:
                    users[loaded.name] = UserPart(profile=profile, root=loaded, software=loaded.child("Software"))
    return RegistryFile(users=tuple(users.values()), software=software, system=system)


def _of_hive(root: Key, profile: str, doubt: str | None) -> RegistryFile:
    below = root.children()
    if "select" in below or "controlset001" in below:
        return RegistryFile(system=root, doubt=doubt)
    if "software" in below:
        user = UserPart(profile=profile, root=root, software=below["software"])
    elif "local settings" in below:
        user = UserPart(profile=profile, classes=root)
    elif (version := root.at(_CURRENT_VERSION)) is not None and version.known("ProductName") is not None:
        return RegistryFile(software=root, doubt=doubt)
    else:
        user = UserPart(profile=profile, software=root)  # a part that begins at a user's Software
    return RegistryFile(users=(user,), doubt=doubt)


def topic_of(name: str, content: bytes) -> str | None:
    """What a file is about: `uninstall`, `outlook`, `appx`, `user-hive` or `machine-hive`; `None` for another file."""
    if is_hive(content):
        return _hive_topic(hive_name(content[:4096]) or name)
    if not reg_file.is_reg_file(content):
        return None
    keys = [key.lower().lstrip("-") for key in reg_file.key_names(content)]
    for topic, marks in _TOPICS.items():
        if keys and all(any(mark in f"{key}\\" for mark in marks) for key in keys):
            return topic
    machine = bool(keys) and all(key.startswith(("hkey_local_machine", "hklm")) for key in keys)
    return "machine-hive" if machine else "user-hive"


def _hive_topic(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if name.startswith("usrclass.dat"):
        return "appx"
    return "machine-hive" if name.startswith(("software", "system")) else "user-hive"


_TOPICS = {
    "uninstall": ("\\currentversion\\uninstall\\",),
    "outlook": ("\\outlook\\profiles\\", "\\windows messaging subsystem\\"),
    "appx": ("\\appmodel\\repository\\", "\\appxalluserstore\\"),
}
