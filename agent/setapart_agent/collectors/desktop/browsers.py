"""Extensions, web apps and sign-in of one user's browsers, wherever a platform keeps their folders."""

from collections.abc import Iterable, Iterator
from importlib import import_module

from msgspec import Struct

from setapart_agent.collectors.base import Absent, Denied, Failed, Observed
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.facts import Facts
from setapart_evidence.model import Section

_PARSE = "setapart_agent.collectors.browser.parse"
_LIMIT = 32 * 1024 * 1024
_MAX_PROFILES = 500
_MAX_EXTENSIONS = 500
_ATTEMPTS = 3
_PREFERENCES = ("Preferences", "Secure Preferences")
_PROFILE_PARTS = (*_PREFERENCES, "Extensions", "Sync Data")
"""Any of these makes a folder a profile: a new one has no preferences for its first seconds."""
_DATABASE_FILES = (".ldb", ".sst", ".log")
_FIREFOX_FILES = {
    "extensions.json": "firefox_extensions",
    "signedInUser.json": "firefox_account",
    "taskbartabs/taskbartabs.json": "firefox_web_apps",
}
"""Files of a profile to their parsers."""
FIREFOXPWA = "firefoxpwa"
"""PWAsForFirefox: a Firefox that opens the sites that it was given as programs of their own."""
_SAFARI = {"Safari": "safari", "SafariTechnologyPreview": "safari-preview"}
_SAFARI_LISTS = ("AppExtensions", "WebExtensions", "Extensions")

SECTIONS: tuple[Section, ...] = ("apps", "accounts", "links")
READS = (
    "Preferences, Local State, extensions and the list of web apps of Chromium's family",
    "extensions, web apps and sign-in of Firefox's family",
)
MODULES = (
    __name__,
    "setapart_agent.collectors.desktop.browser_places",
    *(
        f"{_PARSE}.{name}"
        for name in (
            "chromium_preferences", "chromium_local_state", "chromium_extension", "chromium_web_apps", "leveldb",
            "snappy", "firefox_extensions", "firefox_account", "firefox_web_apps", "firefox_profiles", "json_file",
        )
    ),
)  # fmt: skip
"""For the declaration of a collector that uses `gather_browsers`."""
SAFARI_READS = ("the lists of Safari's extensions",)
SAFARI_MODULES = (
    f"{_PARSE}.safari_extensions",
    *(f"setapart_agent.collectors.apple.parse.{name}" for name in ("plist", "plist_binary", "plist_xml")),
)
"""For the declaration of a collector that uses `gather_safari` too."""


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
        # Who is signed in, also to a profile that can't be read.
        _take(gathering, f"{folder.path}/Local State", "chromium_local_state", f"{gathering.profile}/{folder.browser}")
        for name, path in chromium_profiles(gathering, folder):
            _chromium(gathering, path, f"{gathering.profile}/{folder.browser}/{name}")
    for listed in firefox:
        gathering.label = listed.browser
        folder = _installed_sites(gathering, listed) if listed.browser == FIREFOXPWA else listed
        for path in _firefox_profiles(gathering, folder):
            _firefox(gathering, path, f"{gathering.profile}/{folder.browser}/{path.rpartition('/')[2]}")


def gather_safari(gathering: Gathering, home: str) -> None:
    """The extensions of Safari and its preview, in the usual profile and in those that were made (Safari 17)."""
    for name, browser in _SAFARI.items():
        gathering.label = browser
        for base in (f"{home}/Library/Containers/com.apple.{name}/Data/Library/{name}", f"{home}/Library/{name}"):
            profiles = {"Default": base}
            profiles |= {one: f"{base}/Profiles/{one}" for one in gathering.entries(f"{base}/Profiles", _MAX_PROFILES)}
            for profile, folder in profiles.items():
                for listed in _SAFARI_LISTS:
                    owner = f"{gathering.profile}/{browser}/{profile}"
                    _take(gathering, f"{folder}/{listed}/Extensions.plist", "safari_extensions", owner)


def chromium_profiles(gathering: Gathering, folder: BrowserFolder) -> tuple[tuple[str, str], ...]:
    """Name and path of each profile in a user data folder; Opera's only one may be the folder itself."""
    found: list[tuple[str, str]] = []
    for name in ("", *gathering.entries(folder.path)):
        path = f"{folder.path}/{name}".rstrip("/")
        if name != "System Profile" and any(gathering.status(f"{path}/{part}") for part in _PROFILE_PARTS):
            found.append((name or folder.path.rpartition("/")[2], path))
    if len(found) > _MAX_PROFILES:
        gathering.fail(Failed(f"more than {_MAX_PROFILES} profiles"))
    return tuple(found[:_MAX_PROFILES])


def web_app_database(gathering: Gathering, profile_path: str) -> dict[str, bytes]:
    """The files of the database in which a Chromium profile keeps its web apps, by name; those alone that have some.

    A browser that runs may move records from one file to another between two looks: then all is looked at again.
    """
    from setapart_agent.collectors.browser.parse.chromium_web_apps import PREFIX
    from setapart_agent.collectors.browser.parse.leveldb import may_hold

    folder = f"{profile_path}/Sync Data/LevelDB"
    for _ in range(_ATTEMPTS):
        names = [name for name in gathering.entries(folder) if name.endswith(_DATABASE_FILES)]
        found: dict[str, bytes] = {}
        for name in names:
            read = gathering.tree.read(f"{folder}/{name}", owner=gathering.owner, limit=_LIMIT)
            if isinstance(read, Absent):
                break
            if not isinstance(read, Observed):
                gathering.fail(read)
            elif may_hold(PREFIX, read.value):
                found[name] = read.value
        else:
            return found
    gathering.fail(Failed("the list of web apps changes while it is read"))
    return {}


def _take(gathering: Gathering, path: str, parser: str, profile: str) -> Facts | None:
    """Keeps what a file tells, if it is there. Returns that; parsers are imported when there is something to parse."""
    content = gathering.read(path, _LIMIT)
    if content is None:
        return None
    return gathering.parse(import_module(f"{_PARSE}.{parser}").parse, content, path=path, profile=profile)


def _chromium(gathering: Gathering, path: str, profile: str) -> None:
    known: set[str] = set()
    for file in _PREFERENCES:
        facts = _take(gathering, f"{path}/{file}", "chromium_preferences", profile)
        known.update(app.identifier for app in (facts or Facts()).apps)
    _chromium_extensions(gathering, f"{path}/Extensions", profile, known)
    database = web_app_database(gathering, path)
    if database:
        from setapart_agent.collectors.browser.parse import chromium_web_apps

        gathering.parse(chromium_web_apps.parse, b"", path=path, profile=profile, companions=database)


def _chromium_extensions(gathering: Gathering, folder: str, profile: str, known: set[str]) -> None:
    """Extensions that are on the disk and not in the preferences, by their own manifests."""
    from setapart_agent.collectors.browser.parse import chromium_extension

    for count, at in enumerate(_unknown_extensions(gathering, folder, known)):
        if count >= _MAX_EXTENSIONS:
            gathering.fail(Failed(f"more than {_MAX_EXTENSIONS} extensions"))
            return
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


def _unknown_extensions(gathering: Gathering, folder: str, known: set[str]) -> Iterator[str]:
    """The folders of all versions of extensions that are not known yet."""
    from setapart_agent.collectors.browser.parse.chromium_extension import extension_id

    for identifier in gathering.entries(folder):
        if extension_id(identifier) == identifier and identifier not in known:
            yield from (f"{folder}/{identifier}/{version}" for version in gathering.entries(f"{folder}/{identifier}"))


def _firefox_profiles(gathering: Gathering, folder: BrowserFolder) -> tuple[str, ...]:
    """The profiles that the lists name, and every folder where one could lie beside them."""
    from setapart_agent.collectors.browser.parse.firefox_profiles import profile_paths

    paths: list[str] = []
    for listed in ("profiles.ini", "installs.ini"):
        for path in profile_paths(gathering.read(f"{folder.path}/{listed}", _LIMIT) or b"", folder.path):
            if not path.startswith("/"):
                gathering.fail(Denied("a profile on another drive, or at a place that only the system knows"))
            elif not path.startswith(f"{folder.path}/") and isinstance(
                gathering.tree.status(path, owner=gathering.owner), Absent
            ):
                gathering.fail(Denied("a profile outside of the browser's folder is not there"))
            else:
                paths.append(path)
    for base in (folder.path, f"{folder.path}/Profiles"):
        paths += [f"{base}/{name}" for name in gathering.entries(base, _MAX_PROFILES)]
    return tuple(dict.fromkeys(paths))


def _installed_sites(gathering: Gathering, folder: BrowserFolder) -> BrowserFolder:
    """Keeps the web apps that PWAsForFirefox installed; answers with the folder of the profiles that they run in."""
    _take(gathering, f"{folder.path}/config.json", "firefox_web_apps", f"{gathering.profile}/{folder.browser}")
    return BrowserFolder(browser=folder.browser, path=f"{folder.path}/profiles")


def _firefox(gathering: Gathering, path: str, profile: str) -> None:
    for file, parser in _FIREFOX_FILES.items():
        _take(gathering, f"{path}/{file}", parser, profile)
