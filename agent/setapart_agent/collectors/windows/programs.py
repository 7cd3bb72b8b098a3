r"""Programs that nothing has registered: executables where people put them, running programs, web apps' shortcuts.

Only names are kept: no path, no arguments. Windows runs what is named `.exe`; a file's name is what counts.
"""

import re
import stat
from collections.abc import Iterable, Iterator

from msgspec import Struct

from setapart_agent.collectors.base import Absent, CollectorInfo, Observed
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.windows.folders import moved_folders
from setapart_agent.collectors.windows.host import WindowsCollector, WindowsHost, key_of
from setapart_agent.collectors.windows.parse.named_programs import named_programs
from setapart_agent.collectors.windows.users import leftovers, tree_path
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, App

_SYSTEM_FOLDERS = {
    "": 3,
    "Program Files": 3,
    "Program Files (x86)": 3,
    "ProgramData": 2,
    "Users/Public": 3,
    "Users/Public/Desktop": 3,
    "Users/Public/Downloads": 3,
    "Users/Public/Documents": 3,
}
"""Folders below the drive, and how deep they are looked into: 1 is the folder alone."""
_USER_FOLDERS = {
    "": 3,
    "Desktop": 3,
    "Downloads": 3,
    "Documents": 3,
    "OneDrive/Desktop": 3,
    "AppData/Roaming": 3,
    "AppData/Local": 3,
    "AppData/Local/Programs": 3,
}
_MOVED_DEPTH = 3
_SYSTEM_LEFT_OUT = (
    "/windows", "/users", "/programdata", "/system volume information", "/recovery", "/perflogs", "/config.msi",
    "/msocache", "/documents and settings", "/$", "/program files/windowsapps", "/windows.old",
    "/boot", "/found.000", "/onedrivetemp", "/inetpub/history", "/inetpub/logs", "/inetpub/temp",
)  # fmt: skip
_USER_LEFT_OUT = ("/appdata", "/appdata/local/packages")
"""Folders that are looked into by themselves, or hold packages, or let only the system in.

Not by name alone: somebody may call a folder of theirs the same.
"""
_EVERYBODYS = tuple(
    f"/windows/{folder}/"
    for folder in ("temp", "tasks", "tracing", "debug", "system32/tasks", "system32/spool/drivers/color")
)
_ON_A_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_MAX_FOLDERS = 20_000
_START_MENUS = (
    "AppData/Roaming/Microsoft/Windows/Start Menu/Programs",
    "AppData/Roaming/Microsoft/Internet Explorer/Quick Launch/User Pinned/TaskBar",
    "Desktop",
    "OneDrive/Desktop",
)
_SYSTEM_MENUS = ("ProgramData/Microsoft/Windows/Start Menu/Programs", "Users/Public/Desktop")
_SHORTCUT_LIMIT = 1 << 20
_PARSE = "setapart_agent.collectors.windows.parse"


class PortableFiles:
    """Executables by name, below the folders of users and of the machine."""

    info = CollectorInfo(
        name="windows.portable",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=(
            "the names of executables in Program Files, on the drive itself, and in each user's usual folders",
            "the names of programs that start at sign-in or open links, by the registry of each user",
        ),
        modules=(
            __name__,
            "setapart_agent.collectors.windows.folders",
            f"{_PARSE}.named_programs",
            f"{_PARSE}.registry_key",
            f"{_PARSE}.shell_folders",
        ),
    )

    def collect(self, host: WindowsHost) -> Facts:
        """One row for the system and one for every user."""
        system = Gathering(tree=host.tree)
        _Search(system, _SYSTEM_LEFT_OUT).look(_SYSTEM_FOLDERS)
        for home in leftovers(host.tree, host.users):
            _of_home(system, home, {})

        def of_user(gathering: Gathering, user: User) -> None:
            _of_home(gathering, user.home, dict.fromkeys(moved_folders(host, user), _MOVED_DEPTH))
            gathering.add(_portable(gathering.profile, _elsewhere(host, user)))

        return unite((system.facts(self.info), *for_each_user(host, self.info, of_user)))


class Shortcuts:
    """Web apps by the shortcuts that start them: start menus, desktops, pinned ones."""

    info = CollectorInfo(
        name="windows.shortcuts",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=("shortcuts of web apps in start menus and on desktops",),
        modules=(__name__, f"{_PARSE}.shortcut"),
    )

    def collect(self, host: WindowsHost) -> Facts:
        """One row for the system and one for every user."""
        system = Gathering(tree=host.tree)
        _shortcuts(system, [f"/{folder}" for folder in _SYSTEM_MENUS])
        return unite((system.facts(self.info), *for_each_user(host, self.info, _menus)))


class Processes:
    """Running programs, under the profile whose folder they lie in, else under the system's."""

    info = CollectorInfo(
        name="windows.processes",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=("the names of running programs",),
        modules=(__name__,),
    )

    def collect(self, host: WindowsHost) -> Facts:
        """Nothing where the system does not run: then there are no processes."""
        if not host.live:
            return Facts()
        import psutil

        found = [
            Process(name=process.info["name"] or "", executable=process.info["exe"])
            for process in psutil.process_iter(["name", "exe"])
        ]
        return processes_facts(found, host, self.info)


class Process(Struct, frozen=True, kw_only=True):
    """A running program; `executable` is unknown where only an administrator is told."""

    name: str
    executable: str | None


def processes_facts(found: Iterable[Process], host: WindowsHost, info: CollectorInfo) -> Facts:
    """The facts of a list of processes; what belongs to Windows itself is left out."""
    profiles = (SYSTEM_PROFILE, *(user.profile for user in host.users))
    gatherings = {profile: Gathering(tree=host.tree, profile=profile) for profile in profiles}
    homes = {user.home.lower() + "/": user.profile for user in host.users}
    for process in found:
        path = (tree_path(process.executable or "", host.drive) or "").lower()
        name = (process.executable or process.name).replace("\\", "/").rpartition("/")[2]
        if not name or _is_windows_own(path):
            continue
        profile = next((profile for home, profile in homes.items() if path.startswith(home)), SYSTEM_PROFILE)
        gatherings[profile].add((App(identifier=name, profile=profile, kind="portable", source="process"),))
    return unite(gathering.facts(info) for gathering in gatherings.values())


def _is_windows_own(path: str) -> bool:
    """Whether a program is a part of Windows; in some folders of it everybody may put one."""
    return path.startswith("/windows/") and not path.startswith(_EVERYBODYS)


def _portable(profile: str, names: Iterable[str]) -> tuple[App, ...]:
    return tuple(App(identifier=name, profile=profile, kind="portable", source="process") for name in names)


def _elsewhere(host: WindowsHost, user: User) -> Iterator[str]:
    """The names of programs that the user's registry knows, on other drives or where nobody looks; not of those gone.

    Whether a program on another drive is still there, nobody sees.
    """
    user_key, classes = key_of(host.registry.user(user)), key_of(host.registry.classes(user))
    for path in named_programs(user_key, classes):
        here = tree_path(path, host.drive)
        if here is None:
            seen = _ON_A_DRIVE.match(path) is not None
        else:
            seen = isinstance(host.tree.status(here), Observed) and not _is_windows_own(here.lower())
        if seen:
            yield path.replace("\\", "/").rpartition("/")[2]


def _of_home(gathering: Gathering, home: str, moved: dict[str, int]) -> None:
    folders = {f"{home}/{folder}": depth for folder, depth in _USER_FOLDERS.items()}
    _Search(gathering, tuple(home.lower() + folder for folder in _USER_LEFT_OUT)).look(folders | moved)


def _menus(gathering: Gathering, user: User) -> None:
    _shortcuts(gathering, [f"{user.home}/{folder}" for folder in _START_MENUS])


def _shortcuts(gathering: Gathering, folders: Iterable[str]) -> None:
    from setapart_agent.collectors.windows.parse import shortcut

    for folder in folders:
        for pattern in ("*.lnk", "*/*.lnk", "*/*/*.lnk"):
            for path in gathering.find(f"{folder}/{pattern}"):
                content = gathering.read(path, _SHORTCUT_LIMIT)
                if content is not None and shortcut.recognise(path, content):
                    gathering.parse(shortcut.parse, content, path=path)


class _Search:
    """A search with a budget: what exceeds it is told in coverage."""

    def __init__(self, gathering: Gathering, left_out: tuple[str, ...]) -> None:
        self._gathering = gathering
        self._left_out = frozenset(left_out)
        self._seen: dict[str, int] = {}
        self._names: dict[str, None] = {}

    def look(self, depths: dict[str, int]) -> None:
        """Looks into folders; one that is left out is not looked into from above."""
        for folder, depth in depths.items():
            self._folder("/" + folder.strip("/"), depth)
        if len(self._seen) > _MAX_FOLDERS:
            self._gathering.partly.append("more folders than are looked at")
        self._gathering.add(_portable(self._gathering.profile, self._names))

    def _folder(self, folder: str, depth: int) -> None:
        if self._seen.get(folder.lower(), 0) >= depth or len(self._seen) > _MAX_FOLDERS:
            return
        self._seen[folder.lower()] = depth
        names = self._gathering.tree.entries(folder, owner=self._gathering.owner)
        if not isinstance(names, Observed):
            if not isinstance(names, Absent):
                self._gathering.fail(names)
            return
        for name in names.value:
            path = f"{folder.rstrip('/')}/{name}"
            if name.lower().endswith(".exe"):
                self._names[name] = None
            elif depth > 1 and not self._is_left_out(path.lower()) and self._is_folder(path):
                self._folder(path, depth - 1)

    def _is_left_out(self, path: str) -> bool:
        """Windows' set-up has folders on the drive whose names start with a dollar."""
        return path in self._left_out or ("/$" in self._left_out and path.startswith("/$"))

    def _is_folder(self, path: str) -> bool:
        found = self._gathering.tree.status(path, owner=self._gathering.owner)
        return isinstance(found, Observed) and stat.S_ISDIR(found.value.st_mode)


COLLECTORS: tuple[WindowsCollector, ...] = (PortableFiles(), Shortcuts(), Processes())
