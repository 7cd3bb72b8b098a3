"""Desktop entries of the system and of every user: programs, web apps of browsers, Waydroid's Android apps."""

from collections.abc import Iterator

from setapart_agent.collectors.base import CollectorInfo, Failed
from setapart_agent.collectors.desktop.browsers import MODULES as BROWSER_MODULES
from setapart_agent.collectors.desktop.gathering import Gathering, for_each_user
from setapart_agent.collectors.desktop.host import DesktopCollector, Host, User
from setapart_agent.collectors.linux.user_folders import user_folder
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet, unite

_SYSTEM = (
    "/usr/share/applications",
    "/usr/local/share/applications",
    "/var/lib/flatpak/exports/share/applications",
    "/var/lib/snapd/desktop/applications",
    "/run/current-system/sw/share/applications",
)
_USER = (
    ".local/share/applications",
    ".local/share/flatpak/exports/share/applications",
    ".nix-profile/share/applications",
    ".config/autostart",
)
_LIMIT = 1024 * 1024
_DEPTH = 3
_MAX_ENTRIES = 5000


class DesktopEntries:
    """One row for the system and one for every user."""

    info = CollectorInfo(
        name="linux.desktop-entries",
        version=2,
        sections=("apps",),
        maturity="real-hardware",
        reads=(".desktop files of the system and of every user", "the browsers' lists of web apps that entries name"),
        modules=(
            __name__,
            "setapart_agent.collectors.linux.parse.desktop_entry",
            "setapart_agent.collectors.linux.browser_folders",
            *BROWSER_MODULES,
        ),
    )

    def collect(self, host: Host) -> Facts:
        """The entries of all places."""
        system = Gathering(tree=host.tree)
        for folder in _SYSTEM:
            _entries(system, folder)
        return unite((system.facts(self.info), *for_each_user(host, self.info, _of_user)))


def _of_user(gathering: Gathering, user: User) -> None:
    folders = (*(f"{user.home}/{folder}" for folder in _USER), user_folder(gathering.tree, user, "XDG_DESKTOP_DIR"))
    named = [app for folder in dict.fromkeys(folders) for app in _entries(gathering, folder)]
    if named:
        _web_apps(gathering, user, named)


def _entries(gathering: Gathering, folder: str) -> list[tuple[str, str | None]]:
    """Keeps the apps of a folder's entries; answers with id and name of the web apps that only a browser can tell."""
    from setapart_agent.collectors.linux.parse.desktop_entry import entry

    named: list[tuple[str, str | None]] = []
    for count, path in enumerate(_desktop_files(gathering, folder, _DEPTH)):
        if count >= _MAX_ENTRIES:
            gathering.fail(Failed(f"more than {_MAX_ENTRIES} desktop entries in one folder"))
            break
        content = gathering.read(path, _LIMIT)
        if content is None:
            continue
        try:
            found = entry(FileSet(files={"main": content}, profile=gathering.profile, path=path))
        except ParseError:
            continue  # no program shows or starts such a file
        if found is not None:
            gathering.add(found.apps)
            if found.app_id is not None:
                named.append((found.app_id, found.name))
    return named


def _desktop_files(gathering: Gathering, folder: str, depth: int) -> Iterator[str]:
    for name in gathering.entries(folder):
        if name.endswith(".desktop"):
            yield f"{folder}/{name}"
        elif depth > 1 and "." not in name:  # menus may be sorted into folders, as Wine does
            yield from _desktop_files(gathering, f"{folder}/{name}", depth - 1)


def _web_apps(gathering: Gathering, user: User, named: list[tuple[str, str | None]]) -> None:
    """Finds the sites of web apps in the user's browser profiles; one that none knows makes coverage partial."""
    from setapart_agent.collectors.browser.parse.chromium_web_apps import web_apps
    from setapart_agent.collectors.desktop.browsers import chromium_profiles, web_app_database
    from setapart_agent.collectors.linux.browser_folders import chromium_folders
    from setapart_agent.collectors.linux.parse.desktop_entry import UNKNOWN_ORIGIN, web_app

    origins: dict[str, str | None] = {}
    browsers = Gathering(tree=gathering.tree, profile=gathering.profile, owner=gathering.owner)
    for folder in chromium_folders(browsers, user):
        for _, path in chromium_profiles(browsers, folder):
            try:
                known = web_apps(FileSet(files=web_app_database(browsers, path)))
            except ParseError:
                continue  # the collector of browsers tells of it
            origins |= {app.app_id: app.origin for app in known}
    for app_id, name in named:
        origin = origins.get(app_id)
        gathering.add((web_app(origin or app_id, name, gathering.profile),))
        if app_id not in origins:
            gathering.partly.append(UNKNOWN_ORIGIN)


COLLECTORS: tuple[DesktopCollector, ...] = (DesktopEntries(),)
