"""Extensions, web apps and sign-in of one user's browsers, wherever a platform keeps their folders."""

from collections.abc import Iterable
from importlib import import_module

from msgspec import Struct

from setapart_agent.collectors.base import Failed
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.facts import Facts

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
READS = (
    "Preferences, extensions and the list of web apps of Chromium's family",
    "extensions, web apps and sign-in of Firefox's family",
)
MODULES = (
    __name__,
    "setapart_agent.collectors.desktop.browser_places",
    *(
        f"{_PARSE}.{name}"
        for name in (
            "chromium_preferences", "chromium_extension", "chromium_web_apps", "leveldb", "snappy",
            "firefox_extensions", "firefox_account", "firefox_web_apps", "firefox_profiles", "json_file",
        )
    ),
)  # fmt: skip
"""For the declaration of a collector that uses this."""


class BrowserFolder(Struct, frozen=True, kw_only=True):
    """A folder with the profiles of one browser of one user."""

    browser: str
    path: str


def gather_browsers(gathering: Gathering, chromium: Iterable[BrowserFolder], firefox: Iterable[BrowserFolder]) -> None:
    """Everything that one user's browsers tell.

    Facts belong to the browser's profile, `<user>/<browser>/<folder>`; coverage to the user.

    Args:
        gathering: of the user.
        chromium: the user data folders of Chromium's family.
        firefox: the folders of Firefox's family that hold `profiles.ini`.
    """
    for folder in chromium:
        gathering.label = folder.browser
        for name, path in chromium_profiles(gathering, folder):
            _chromium(gathering, path, f"{gathering.profile}/{folder.browser}/{name}")
    for folder in firefox:
        gathering.label = folder.browser
        for path in _firefox_profiles(gathering, folder):
            _firefox(gathering, path, f"{gathering.profile}/{folder.browser}/{path.rpartition('/')[2]}")


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
