"""Extensions, web apps and sign-in of the browsers of every user."""

from importlib import import_module

from setapart_agent.collectors.base import CollectorInfo, Failed
from setapart_agent.collectors.linux.browser_folders import BrowserFolder, chromium_folders, firefox_folders
from setapart_agent.collectors.linux.gathering import Gathering, for_each_user
from setapart_agent.collectors.linux.host import Host, LinuxCollector, User
from setapart_agent.facts import Facts, unite

_PARSE = "setapart_agent.collectors.browser.parse"
_LIMIT = 32 * 1024 * 1024
_MAX_EXTENSIONS = 500
_PREFERENCES = ("Preferences", "Secure Preferences")
_FIREFOX_FILES = {
    "extensions.json": "firefox_extensions",
    "signedInUser.json": "firefox_account",
    "taskbartabs/taskbartabs.json": "firefox_web_apps",
}
"""Files of a profile to their parsers."""


class Browsers:
    """Facts belong to the browser's profile, `<uid>/<browser>/<folder>`; coverage to the user."""

    info = CollectorInfo(
        name="linux.browsers",
        version=1,
        sections=("apps", "accounts"),
        maturity="real-hardware",
        reads=(
            "Preferences, extensions and the list of web apps of Chromium's family",
            "extensions, web apps and sign-in of Firefox's family",
        ),
        modules=(
            __name__,
            "setapart_agent.collectors.linux.browser_folders",
            *(
                f"{_PARSE}.{name}"
                for name in (
                    "chromium_preferences", "chromium_extension", "chromium_web_apps", "leveldb", "snappy",
                    "firefox_extensions", "firefox_account", "firefox_web_apps", "firefox_profiles", "json_file",
                )
            ),
        ),
    )  # fmt: skip

    def collect(self, host: Host) -> Facts:
        """Every user's browsers."""
        return unite(for_each_user(host, self.info, _gather))


def _gather(gathering: Gathering, user: User) -> None:
    for folder in chromium_folders(gathering, user):
        gathering.label = folder.browser
        for name, path in chromium_profiles(gathering, folder):
            _chromium(gathering, path, f"{user.profile}/{folder.browser}/{name}")
    for folder in firefox_folders(gathering, user):
        gathering.label = folder.browser
        for path in _firefox_profiles(gathering, folder):
            _firefox(gathering, path, f"{user.profile}/{folder.browser}/{path.rpartition('/')[2]}")


def chromium_profiles(gathering: Gathering, folder: BrowserFolder) -> tuple[tuple[str, str], ...]:
    """Name and path of each profile in a user data folder; Opera's only one may be the folder itself."""
    found: list[tuple[str, str]] = []
    for name in ("", *gathering.entries(folder.path)):
        path = f"{folder.path}/{name}".rstrip("/")
        if name != "System Profile" and any(
            gathering.status(f"{path}/{file}") for file in (*_PREFERENCES, "Extensions")
        ):
            found.append((name or folder.path.rpartition("/")[2], path))
    return tuple(found)


def web_app_database(gathering: Gathering, profile_path: str) -> dict[str, bytes]:
    """The files of the database in which a Chromium profile keeps its web apps, by name."""
    folder = f"{profile_path}/Sync Data/LevelDB"
    names = (name for name in gathering.entries(folder) if name.endswith((".ldb", ".log")))
    contents = {name: gathering.read(f"{folder}/{name}", _LIMIT) for name in names}
    return {name: content for name, content in contents.items() if content}


def _chromium(gathering: Gathering, path: str, profile: str) -> None:
    from setapart_agent.collectors.browser.parse import chromium_preferences

    known: set[str] = set()
    for file in _PREFERENCES:
        content = gathering.read(f"{path}/{file}", _LIMIT)
        if content is not None:
            facts = gathering.parse(chromium_preferences.parse, content, path=f"{path}/{file}", profile=profile)
            known.update(app.identifier for app in (facts or Facts()).apps)
    _chromium_extensions(gathering, f"{path}/Extensions", profile, known)
    database = web_app_database(gathering, path)
    if database:
        from setapart_agent.collectors.browser.parse import chromium_web_apps

        gathering.parse(chromium_web_apps.parse, b"", path=path, profile=profile, companions=database)


def _chromium_extensions(gathering: Gathering, folder: str, profile: str, known: set[str]) -> None:
    """Extensions that are on the disk and not in the preferences, by their own manifests."""
    from setapart_agent.collectors.browser.parse import chromium_extension

    identifiers = [name for name in gathering.entries(folder) if chromium_extension.extension_id(name) == name]
    unknown = [name for name in identifiers if name not in known]
    if len(unknown) > _MAX_EXTENSIONS:
        gathering.fail(Failed(f"more than {_MAX_EXTENSIONS} extensions"))
    for identifier in unknown[:_MAX_EXTENSIONS]:
        for version in gathering.entries(f"{folder}/{identifier}"):
            at = f"{folder}/{identifier}/{version}"
            content = gathering.read(f"{at}/manifest.json", _LIMIT)
            if content is None:
                continue
            companions = {
                role: messages
                for role, name in chromium_extension.companions("manifest.json", content).items()
                if (messages := gathering.read(f"{at}/{name}", _LIMIT)) is not None
            }
            gathering.parse(
                chromium_extension.parse, content, path=f"{at}/manifest.json", profile=profile, companions=companions
            )


def _firefox_profiles(gathering: Gathering, folder: BrowserFolder) -> tuple[str, ...]:
    """The profiles that `profiles.ini` names, and the folders beside it that look like one."""
    from setapart_agent.collectors.browser.parse.firefox_profiles import profile_paths

    listed = profile_paths(gathering.read(f"{folder.path}/profiles.ini", _LIMIT) or b"", folder.path)
    beside = (path.rpartition("/")[0] for path in gathering.find(f"{folder.path}/*/extensions.json"))
    return tuple(dict.fromkeys((*listed, *beside)))


def _firefox(gathering: Gathering, path: str, profile: str) -> None:
    for file, parser in _FIREFOX_FILES.items():
        content = gathering.read(f"{path}/{file}", _LIMIT)
        if content is not None:
            parse = import_module(f"{_PARSE}.{parser}").parse
            gathering.parse(parse, content, path=f"{path}/{file}", profile=profile)


COLLECTORS: tuple[LinuxCollector, ...] = (Browsers(),)
