"""Programs that run now and stand in no folder that is looked into: apps on other volumes, bare executables.

Apps are named by their bundles, other programs by their file names; no path and no arguments are kept. An app that was
opened right where it was downloaded runs from a folder of the system's own making (app translocation), where its bundle
is whole.
"""

import os
from collections.abc import Iterator

from msgspec import Struct

from setapart_agent.collectors.base import CollectorInfo, Denied
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.host import DesktopCollector, Host
from setapart_agent.collectors.macos.apps import HOME_FOLDERS, SYSTEM_FOLDERS, Search
from setapart_agent.collectors.macos.volumes import DATA
from setapart_agent.facts import Facts, unite
from setapart_evidence.model import SYSTEM_PROFILE, App

_SYSTEM = (
    "/System/", "/usr/bin/", "/usr/sbin/", "/usr/libexec/", "/usr/lib/", "/bin/", "/sbin/", "/Library/Apple/",
)  # fmt: skip
"""Folders that nobody but Apple can write to."""
_PACKAGED = (
    "/Library/Developer/", "/private/var/db/",
    *(f"{prefix}/{kind}/" for prefix in ("/opt/homebrew", "/usr/local") for kind in ("Cellar", "Caskroom")),
)  # fmt: skip
"""Folders of bare programs that came with the system's own tools, or that are listed as packages."""
_BUNDLE = ".app/"


class Process(Struct, frozen=True, kw_only=True):
    """A running process; `executable` is `None` where the system does not show it to us."""

    uid: int
    executable: str | None


class RunningPrograms:
    """Under the profile of who runs them; nothing where the system does not run."""

    info = CollectorInfo(
        name="macos.running",
        version=1,
        sections=("apps",),
        maturity="untested",
        reads=("the names of running programs",),
        modules=(
            __name__,
            "setapart_agent.collectors.macos.apps",
            "setapart_agent.collectors.macos.signature",
            "setapart_agent.collectors.macos.parse.info_plist",
            *(
                f"setapart_agent.collectors.browser.parse.{name}"
                for name in ("mac_web_app", "chromium_preferences", "json_file")
            ),
        ),
    )

    def collect(self, host: Host) -> Facts:
        """One row for the system and one for every user."""
        if not host.live:
            return Facts()
        profiles = (SYSTEM_PROFILE, *(user.profile for user in host.users))
        gatherings = {profile: Gathering(tree=host.tree, profile=profile, label="running") for profile in profiles}
        searches = {profile: Search(gathering) for profile, gathering in gatherings.items()}
        own = os.geteuid()
        scanned = {*SYSTEM_FOLDERS, *(f"{user.home}/{one}" for user in host.users for one in HOME_FOLDERS)}
        for process in dict.fromkeys(running()):
            profile = str(process.uid) if str(process.uid) in gatherings else SYSTEM_PROFILE
            if process.executable is None:
                if own == 0:
                    gatherings[profile].partly.append("a process does not show its program")
                continue
            path = process.executable.removeprefix(DATA)
            bundle, inside, _ = path.partition(_BUNDLE)
            listed = _parents(bundle) & scanned if inside else path.startswith(_PACKAGED)
            if listed or path.startswith(_SYSTEM):
                continue
            if not inside or not searches[profile].take(f"{bundle}.app", "portable"):
                name = path.rpartition("/")[2]
                gatherings[profile].add((App(identifier=name, profile=profile, kind="portable", source="process"),))
        for profile, gathering in gatherings.items():
            if own != 0 and profile != str(own):
                gathering.fail(Denied("only root sees other users' programs"))
        return unite(gathering.facts(self.info) for gathering in gatherings.values())


def _parents(bundle: str) -> set[str]:
    """The folder that a bundle is in, and the one above."""
    folder = bundle.rpartition("/")[0]
    return {folder, folder.rpartition("/")[0]}


def running() -> Iterator[Process]:
    """The processes of this machine that run a program."""
    import psutil

    for process in psutil.process_iter():
        if process.pid == 0:
            continue  # the kernel
        try:
            uid = process.uids().real
            path = process.exe()
        except psutil.AccessDenied:
            uid = _owner(process)
            path = None
        except (psutil.NoSuchProcess, OSError):
            continue  # ended meanwhile, or a zombie
        if path != "":
            yield Process(uid=uid, executable=path)


def _owner(process: object) -> int:
    import psutil

    try:
        return int(process.uids().real)  # type: ignore[attr-defined]
    except (psutil.Error, OSError):
        return 0


COLLECTORS: tuple[DesktopCollector, ...] = (RunningPrograms(),)
