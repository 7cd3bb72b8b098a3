"""Programs that no package brought: those that run now, and those that lie in the folders where people put them.

Only names are kept: no path, no arguments.
"""

import os
from collections.abc import Iterable

from setapart_agent.collectors.base import Absent, CollectorInfo, Denied, Failed, Observed, Outcome
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.linux.processes import DELETED, WINE, Process, running, shows_all
from setapart_agent.collectors.linux.user_folders import user_folder
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, App

_PACKAGED = ("/usr/", "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/snap/", "/nix/store/", "/gnu/store/")
_UNPACKAGED = ("/usr/local/", "/usr/src/")
_SYSTEM_FOLDERS = ("/opt", "/usr/local/bin", "/usr/local/games", "/usr/local/sbin")
_USER_FOLDERS = {"Applications": 3, "bin": 1, ".local/bin": 1, "opt": 3, ".local/opt": 3, ".local/share": 2, "": 2}
"""Folders below a home, and how deep they are looked into; the home itself shows what was unpacked right there."""

_ELF = b"\x7fELF"
_HEAD = 18
_BIG_ENDIAN = 2
_PROGRAMS = (2, 3)
_SUFFIXES = frozenset({"appimage", "bin", "run", "x86_64", "amd64", "aarch64", "arm64", "elf", "x64", "linux"})
_MAX_FILES = 2000
_MAX_FOLDERS = 500


class Processes:
    """Running programs from outside the folders of packages, under the profile of who runs them."""

    info = CollectorInfo(
        name="linux.processes",
        version=1,
        sections=("apps",),
        maturity="real-hardware",
        reads=("the names of running programs",),
        modules=(__name__, "setapart_agent.collectors.linux.processes"),
    )

    def collect(self, host: Host) -> Facts:
        """Nothing where the system does not run: then there are no processes."""
        if not host.live:
            return Facts()
        return processes_facts(tuple(running()), host, self.info, only=None if shows_all() else os.geteuid())


def processes_facts(found: Iterable[Process], host: Host, info: CollectorInfo, *, only: int | None) -> Facts:
    """The facts of a list of processes.

    Args:
        found: the processes that could be listed.
        host: whose users get coverage; owners that are none of them count for the system.
        info: of the collector that coverage names.
        only: the one uid whose programs are shown to us; `None` where everybody's are.
    """
    profiles = (SYSTEM_PROFILE, *(user.profile for user in host.users))
    gatherings = {profile: Gathering(tree=host.tree, profile=profile) for profile in profiles}
    for process in found:
        if process.executable is None and only not in (None, process.uid):
            continue  # may well be a package's; the row below says that nobody can tell
        gathering = gatherings.get(str(process.uid), gatherings[SYSTEM_PROFILE])
        name = portable_name(process)
        if name is not None:
            gathering.add((App(identifier=name, profile=gathering.profile, kind="portable", source="process"),))
        elif process.executable is None:
            gathering.partly.append("a process shows neither program nor name")
    for profile, gathering in gatherings.items():
        if only not in (None, _uid(profile)):
            gathering.fail(Denied("only root sees other users' programs"))
    return unite(gathering.facts(info) for gathering in gatherings.values())


def portable_name(process: Process) -> str | None:
    """The name of a program that no package of this system brought, else `None`."""
    path = process.executable
    if path is None:
        return process.name or None  # which is as easy to change as the file's, no more and no less
    base = path.removesuffix(DELETED).rpartition("/")[2].removeprefix("memfd:")
    if base in WINE and process.name.lower().endswith(".exe"):
        return process.name
    packaged = path.startswith(_PACKAGED) and not path.startswith(_UNPACKAGED)
    return None if (packaged and not process.foreign) or not base else base


def _uid(profile: str) -> int | None:
    return int(profile) if profile.isdigit() else None


class PortableFiles:
    """AppImages and other executables in the usual folders, by name."""

    info = CollectorInfo(
        name="linux.portable",
        version=1,
        sections=("apps",),
        maturity="real-hardware",
        reads=("the names of executables in /opt, /usr/local, and each home's folders for downloads and programs",),
        modules=(__name__,),
    )

    def collect(self, host: Host) -> Facts:
        """One row for the system and one for every user."""
        system = Gathering(tree=host.tree)
        _Search(system).look({folder: 3 if folder == "/opt" else 1 for folder in _SYSTEM_FOLDERS})
        return unite((system.facts(self.info), *for_each_user(host, self.info, _of_user)))


def _of_user(gathering: Gathering, user: User) -> None:
    purposes = ("XDG_DOWNLOAD_DIR", "XDG_DESKTOP_DIR")
    depths = {user_folder(gathering.tree, user, purpose): 3 for purpose in purposes}
    depths |= {f"{user.home}/{folder}".rstrip("/"): depth for folder, depth in _USER_FOLDERS.items()}
    _Search(gathering).look(depths)


class _Search:
    """A search with a budget: what exceeds it is told in coverage."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.files = 0
        self.seen: set[str] = set()
        self.names: dict[str, None] = {}

    def look(self, depths: dict[str, int]) -> None:
        """Looks into folders; a depth of 1 is the folder alone. Folders whose names start with a dot are left out."""
        for folder, depth in depths.items():
            self._folder(folder, depth)
        if self.files > _MAX_FILES or len(self.seen) > _MAX_FOLDERS:
            self.gathering.partly.append("more files than are looked at")
        self.gathering.add(
            tuple(
                App(identifier=name, profile=self.gathering.profile, kind="portable", source="process")
                for name in self.names
            )
        )

    def _folder(self, folder: str, depth: int) -> None:
        if folder in self.seen or len(self.seen) > _MAX_FOLDERS:
            return
        self.seen.add(folder)
        names = self.gathering.tree.entries(folder, owner=self.gathering.owner)
        if not isinstance(names, Observed):
            self._unseen(names)
            return
        for name in names.value:
            if self.files > _MAX_FILES:
                return
            _, dot, suffix = name.rpartition(".")
            if dot and suffix.isalpha() and suffix.lower() not in _SUFFIXES:
                continue  # documents, pictures, archives
            if self._is_folder(f"{folder}/{name}", name) and depth > 1 and not name.startswith("."):
                self._folder(f"{folder}/{name}", depth - 1)

    def _is_folder(self, path: str, name: str) -> bool:
        """Notes an executable; answers whether there is a folder instead."""
        head = self.gathering.tree.head(path, _HEAD, owner=self.gathering.owner)
        if isinstance(head, Observed):
            self.files += 1
            if is_program(head.value) and ".so" not in name:
                self.names[name] = None
            return False
        if head == Failed("not a file"):
            return True
        self._unseen(head)
        return False

    def _unseen(self, outcome: Outcome[object]) -> None:
        """A link into somebody else's files leads out of what this profile brought; all else is told."""
        if not isinstance(outcome, Observed | Absent) and outcome != Denied("a link to another owner's file"):
            self.gathering.fail(outcome)


def is_program(head: bytes) -> bool:
    """Whether a file starts like an ELF program (elf(5): executable or position-independent), as AppImages do too."""
    if len(head) < _HEAD or not head.startswith(_ELF):
        return False
    return int.from_bytes(head[16:18], "big" if head[5] == _BIG_ENDIAN else "little") in _PROGRAMS


COLLECTORS: tuple[DesktopCollector, ...] = (Processes(), PortableFiles())
