"""One file of the registry, a hive or an export, and whose keys it holds.

Exports name the root of every key. A hive does not say what it is: it is told by the keys below its root, which may
also be a part of one, such as a user's Software alone.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from setapart_agent.collectors.windows.hive import hive_name, is_hive, open_hive
from setapart_agent.collectors.windows.parse import reg_file, reg_query
from setapart_agent.collectors.windows.parse.file_shares import read_shares, read_work_folders
from setapart_agent.collectors.windows.parse.installed_programs import PATHS, read_products, read_programs
from setapart_agent.collectors.windows.parse.machine import control_set, read_device, read_profiles
from setapart_agent.collectors.windows.parse.machine_links import read_software_links, read_system_links
from setapart_agent.collectors.windows.parse.outlook_profile import SUBSYSTEMS, read_outlook
from setapart_agent.collectors.windows.parse.reading import COLLECTOR, Reading
from setapart_agent.collectors.windows.parse.registry_key import Data, Key
from setapart_agent.collectors.windows.parse.store_packages import (
    REPOSITORY,
    USER_REPOSITORY,
    read_machine_packages,
    read_user_packages,
)
from setapart_agent.collectors.windows.parse.vpn_clients import read_vpn_clients, tell_unread
from setapart_agent.collectors.windows.parse.work_identity import read_work_identity
from setapart_agent.errors import ParseError, SourceError
from setapart_agent.facts import Facts, FileSet, unite
from setapart_evidence.model import SYSTEM_PROFILE, Coverage, Section

LOG_ROLE = "log"
_SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")
_CURRENT_VERSION = r"Microsoft\Windows NT\CurrentVersion"
_PARTS = (PATHS[0], SUBSYSTEMS[0], r"Microsoft\Office\16.0\Outlook\Profiles", USER_REPOSITORY)
"""Paths below Software, of whose keys some people save one alone."""
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
        exported = reg_file.is_reg_file(files.main) or not reg_query.is_output(files.main)
        return _exported(reg_file.read(files.main) if exported else reg_query.read(files.main), files.profile)
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
    read_work_folders(reading, software, user.classes or reading.key(software, "Classes", "links"))
    read_vpn_clients(reading, software)
    tell_unread(reading, reading.apps)
    return reading.facts()


def machine_facts(parts: RegistryFile) -> Facts:
    """All facts of the machine's own hives."""
    reading = Reading(SYSTEM_PROFILE)
    read_device(reading, parts.software, parts.system)
    read_profiles(reading, parts.software)
    read_programs(reading, parts.software)
    read_products(reading, parts.software)
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
            machine = _of_machine(top, profile)
            users |= {f"{name}\\{at}": user for at, user in enumerate(machine.users)}
            software, system = machine.software, machine.system
    return RegistryFile(users=tuple(users.values()), software=software, system=system)


def _of_machine(root: Key, profile: str) -> RegistryFile:
    """The machine's own hives, and those that somebody has loaded beside them to look at, whatever their names."""
    users: list[UserPart] = []
    software, system = root.child("SOFTWARE"), root.child("SYSTEM")
    for loaded in root:
        if loaded in (software, system):
            continue
        below = loaded.children()
        if "software" in below:
            users.append(UserPart(profile=profile, root=loaded, software=below["software"]))
        elif control_set(loaded) is not None:
            system = system or loaded
        elif "microsoft" in below or "wow6432node" in below:
            software = software or loaded
    return RegistryFile(users=tuple(users), software=software, system=system)


def _of_hive(root: Key, profile: str, doubt: str | None) -> RegistryFile:
    below = root.children()
    if "select" in below or any(name.startswith("controlset") for name in below):
        return RegistryFile(system=root, doubt=doubt)
    if "software" in below:
        user = UserPart(profile=profile, root=root, software=below["software"])
    elif "local settings" in below:
        user = UserPart(profile=profile, classes=root)
    elif (version := root.at(_CURRENT_VERSION)) is not None and version.known("ProductName") is not None:
        return RegistryFile(software=root, doubt=doubt)
    else:
        user = UserPart(profile=profile, software=_placed(root))
    return RegistryFile(users=(user,), doubt=doubt)


def _placed(root: Key) -> Key:
    """A user's Software out of a part of one that begins there, or further below: its root keeps the key's name.

    Raises:
        ParseError: nothing says what part this is.
    """
    if "microsoft" in root.children() or "wow6432node" in root.children():
        return root
    own = root.name.lower()
    path = next((one for one in _PARTS if own in one.lower().split("\\")), None)
    if path is None:
        raise ParseError("a hive of no known part of the registry", expected="a hive of a user, SOFTWARE or SYSTEM")
    folders = path.split("\\")
    key = root
    for folder in reversed(folders[: [one.lower() for one in folders].index(own)]):
        key = _Above(folder, key)
    return _Above("Software", key)


class _Above(Key):
    """A key of which only one below is known."""

    def __init__(self, name: str, below: Key) -> None:
        self.name = name
        self._below = below

    def children(self) -> Mapping[str, Key]:
        """See `Key.children`."""
        return {self._below.name.lower(): self._below}

    def values(self) -> Mapping[str, Data]:
        """See `Key.values`."""
        return {}


def topic_of(name: str, content: bytes) -> str | None:
    """What a file is about: `uninstall`, `outlook`, `appx`, `user-hive` or `machine-hive`; `None` for another file."""
    if is_hive(content):
        return _hive_topic(name, content)
    if reg_file.is_reg_file(content):
        names = reg_file.key_names(content)
    elif reg_query.is_output(content):
        names = reg_query.key_names(content)
    else:
        return None
    keys = [key.lower().lstrip("-") for key in names]
    for topic, marks in _TOPICS.items():
        if keys and all(any(mark in f"{key}\\" for mark in marks) for key in keys):
            return topic
    machine = bool(keys) and all(key.startswith(("hkey_local_machine", "hklm")) for key in keys)
    return "machine-hive" if machine else "user-hive"


def _hive_topic(name: str, content: bytes) -> str:
    """By the name that the hive carries or has; where that says nothing, by what is in it."""
    base = (hive_name(content[:4096]) or name).replace("\\", "/").rpartition("/")[2].lower()
    if base.startswith("usrclass.dat"):
        return "appx"
    if base.startswith(("software", "system")):
        return "machine-hive"
    if base.startswith("ntuser"):
        return "user-hive"
    try:
        parts = open_registry(FileSet(files={"main": content}))
    except (ParseError, SourceError):
        return "user-hive"
    if any(user.classes is not None for user in parts.users):
        return "appx"
    return "user-hive" if parts.users else "machine-hive"


_TOPICS = {
    "uninstall": ("\\currentversion\\uninstall\\",),
    "outlook": ("\\outlook\\", "\\windows messaging subsystem\\"),
    "appx": ("\\appmodel\\", "\\currentversion\\appx\\"),
}
