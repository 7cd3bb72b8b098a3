"""Where browsers keep their profiles on macOS and Windows, and how a table of such folders is looked through.

Chromium's family: chromium.googlesource.com, docs/user_data_dir.md, and the same rule for its forks (the folder of the
vendor, then of the product; `User Data` below it on Windows). Firefox's family: toolkit/xre/nsXREDirProvider.cpp
(macOS leaves the vendor out). The names of the forks' folders are those that Homebrew's casks remove and that osquery,
yt-dlp and others look into; Mullvad's and Naver's on Windows are unverified. Programs that only embed Chromium are no
browsers and are not listed; a fork that no table knows gives itself away by its list of profiles.

A packaged program (MSIX) writes below its own package what it believes to be `AppData`
(learn.microsoft.com, "Understanding how packaged desktop apps run on Windows").
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Literal

from msgspec import Struct

from setapart_agent.collectors.desktop.browsers import FIREFOXPWA, BrowserFolder
from setapart_agent.collectors.desktop.gathering import Gathering

System = Literal["macos", "windows"]
Table = Mapping[str, str]
"""Folder below a base to the browser's name in profile ids."""

UNREAD = "a browser whose profiles are not read"
MAX_PACKAGES = 2000
"""Programs with a home of their own that one user may have."""
_MAX_CANDIDATES = 5000
_MAX_READ = 200
_MAX_PRODUCTS = 24
_LIMIT = 8 * 1024 * 1024
_USER_DATA = "User Data"
_NO_PRODUCTS = frozenset({_USER_DATA, "EBWebView"})
"""The latter is of a program that shows pages by Edge's engine (Microsoft, "Manage user data folders")."""
_NO_PROGRAMS = frozenset({"Packages", "Temp"})
_PACKAGES = "AppData/Local/Packages"
_MACOS_CHROMIUM: Table = {
    "Google/Chrome": "chrome",
    "Google/Chrome Beta": "chrome-beta",
    "Google/Chrome Dev": "chrome-dev",
    "Google/Chrome Canary": "chrome-canary",
    "Google/Chrome for Testing": "chrome-for-testing",
    "Chromium": "chromium",
    "Microsoft Edge": "edge",
    "Microsoft Edge Beta": "edge-beta",
    "Microsoft Edge Dev": "edge-dev",
    "Microsoft Edge Canary": "edge-canary",
    "BraveSoftware/Brave-Browser": "brave",
    "BraveSoftware/Brave-Browser-Beta": "brave-beta",
    "BraveSoftware/Brave-Browser-Nightly": "brave-nightly",
    "BraveSoftware/Brave-Origin": "brave-origin",
    "Vivaldi": "vivaldi",
    "Vivaldi Snapshot": "vivaldi-snapshot",
    "com.operasoftware.Opera": "opera",
    "com.operasoftware.OperaGX": "opera-gx",
    "com.operasoftware.OperaAir": "opera-air",
    "com.operasoftware.OperaNext": "opera-beta",
    "com.operasoftware.OperaDeveloper": "opera-developer",
    "com.opera.Neon": "opera-neon",
    "Yandex/YandexBrowser": "yandex",
    "Naver/Whale": "whale",
    "Coccoc": "coccoc",
    "Arc/User Data": "arc",
    "Dia/User Data": "dia",
    "Comet": "comet",
    "com.openai.atlas/browser-data/host": "atlas",
    "net.imput.helium": "helium",
    "Thorium": "thorium",
    "Iridium": "iridium",
    "Sidekick": "sidekick",
    "Wavebox": "wavebox",
    "Island": "island",
}
_MACOS_FIREFOX: Table = {
    "Firefox": "firefox",
    "firefoxpwa": FIREFOXPWA,
    "librewolf": "librewolf",
    "Waterfox": "waterfox",
    "Floorp": "floorp",
    "zen": "zen",
    "Pale Moon": "palemoon",
    "SeaMonkey": "seamonkey",
    "MullvadBrowser": "mullvad",
    "TorBrowser-Data/Browser": "tor",
}
_MACOS_UNREAD: Table = {"Orion": "orion", "Orion RC": "orion"}
"""Has extensions of both families and web apps in a format of its own that nobody documents."""
_MACOS_LIBRARY: Table = {"Thunderbird": "thunderbird"}
"""Thunderbird alone stands beside `Application Support`."""

_WINDOWS_LOCAL: Table = {
    f"{folder}/User Data": browser
    for folder, browser in {
        "Google/Chrome": "chrome",
        "Google/Chrome Beta": "chrome-beta",
        "Google/Chrome Dev": "chrome-dev",
        "Google/Chrome SxS": "chrome-canary",
        "Google/Chrome for Testing": "chrome-for-testing",
        "Chromium": "chromium",
        "Microsoft/Edge": "edge",
        "Microsoft/Edge Beta": "edge-beta",
        "Microsoft/Edge Dev": "edge-dev",
        "Microsoft/Edge SxS": "edge-canary",
        "BraveSoftware/Brave-Browser": "brave",
        "BraveSoftware/Brave-Browser-Beta": "brave-beta",
        "BraveSoftware/Brave-Browser-Nightly": "brave-nightly",
        "BraveSoftware/Brave-Origin": "brave-origin",
        "Vivaldi": "vivaldi",
        "Vivaldi Snapshot": "vivaldi-snapshot",
        "Yandex/YandexBrowser": "yandex",
        "Naver/Naver Whale": "whale",
        "CocCoc/Browser": "coccoc",
        "Arc": "arc",
        "Perplexity/Comet": "comet",
        "imput/Helium": "helium",
        "Thorium": "thorium",
        "Supermium": "supermium",
        "Iridium": "iridium",
        "CentBrowser": "cent",
        "Comodo/Dragon": "dragon",
        "Epic Privacy Browser": "epic",
        "Slimjet": "slimjet",
        "AVAST Software/Browser": "avast",
        "AVG/Browser": "avg",
        "Torch": "torch",
        "Sidekick": "sidekick",
        "WaveboxApp": "wavebox",
        "Island/Island": "island",
        "360Chrome/Chrome": "360",
        "Tencent/QQBrowser": "qq",
        "DCBrowser": "dc",
    }.items()
}
_WINDOWS_ROAMING: Table = {
    "Opera Software/Opera Stable": "opera",
    "Opera Software/Opera GX Stable": "opera-gx",
    "Opera Software/Opera Air Stable": "opera-air",
    "Opera Software/Opera Next": "opera-beta",
    "Opera Software/Opera Beta": "opera-beta",
    "Opera Software/Opera Developer": "opera-developer",
    "Opera Software/Opera Neon": "opera-neon",
}
_WINDOWS_FIREFOX: Table = {
    "Mozilla/Firefox": "firefox",
    "FirefoxPWA": FIREFOXPWA,
    "Mozilla/SeaMonkey": "seamonkey",
    "librewolf": "librewolf",
    "Waterfox": "waterfox",
    "Floorp": "floorp",
    "zen": "zen",
    "Moonchild Productions/Pale Moon": "palemoon",
    "Mullvad/MullvadBrowser": "mullvad",
    "Thunderbird": "thunderbird",
}
_WINDOWS_HOME: Table = {
    f"{folder}Tor Browser/Browser/TorBrowser/Data/Browser": "tor" for folder in ("Desktop/", "OneDrive/Desktop/")
}
"""Where Tor Browser's installer proposes to put it, profile and all."""


class Mark(Struct, frozen=True, kw_only=True):
    """How the folder of a browser gives itself away.

    Attributes:
        file: the file in it that lists its profiles.
        sign: what stands in such a file, and not in one of that name of a program that is no browser.
        inner: where below a product's folder it may be.
    """

    file: str
    sign: bytes
    inner: tuple[str, ...] = ("",)


CHROMIUM = Mark(file="Local State", sign=b'"info_cache":', inner=("", f"/{_USER_DATA}"))
FIREFOX = Mark(file="profiles.ini", sign=b"[Profile")


def chromium_folders(gathering: Gathering, home: str, system: System) -> tuple[BrowserFolder, ...]:
    """The user data folders of Chromium's family below a home. A browser that nobody can read makes it partial."""
    if system == "macos":
        support = f"{home}/Library/Application Support"
        for folder in present(gathering, support, _MACOS_UNREAD, ignore_case=True):
            gathering.partly.append(f"{folder.browser}: {UNREAD}")
        found = list(present(gathering, support, _MACOS_CHROMIUM, ignore_case=True))
        return (*found, *unlisted(gathering, support, found, CHROMIUM))
    found = []
    for local, roaming in _app_data(gathering, home):
        found += present(gathering, local, _WINDOWS_LOCAL, ignore_case=True)
        found += present(gathering, roaming, _WINDOWS_ROAMING, ignore_case=True)
        found += unlisted(gathering, local, found, CHROMIUM)
        found += unlisted(gathering, roaming, found, CHROMIUM)
    return tuple(found)


def firefox_folders(gathering: Gathering, home: str, system: System) -> tuple[BrowserFolder, ...]:
    """The folders of Firefox's family below a home that hold `profiles.ini`, or the profile itself."""
    if system == "macos":
        support = f"{home}/Library/Application Support"
        found = list(present(gathering, support, _MACOS_FIREFOX, ignore_case=True))
        found += unlisted(gathering, support, found, FIREFOX)
        return (*found, *present(gathering, f"{home}/Library", _MACOS_LIBRARY, ignore_case=True))
    found = list(present(gathering, home, _WINDOWS_HOME, ignore_case=True))
    for _, roaming in _app_data(gathering, home):
        found += present(gathering, roaming, _WINDOWS_FIREFOX, ignore_case=True)
        found += unlisted(gathering, roaming, found, FIREFOX)
    return tuple(found)


def present(gathering: Gathering, base: str, known: Table, *, ignore_case: bool = False) -> Iterator[BrowserFolder]:
    """Those folders of a table that are there, as they are spelt there. Each folder on the way is listed once.

    Args:
        gathering: of the user.
        base: the folder that the table's names are below.
        known: the table.
        ignore_case: whether the system takes `Zen` and `zen` for one name.
    """
    listed: dict[str, dict[str, str]] = {}
    for folder, browser in known.items():
        path = base
        for part in folder.split("/"):
            if path not in listed:
                listed[path] = {name.lower() if ignore_case else name: name for name in gathering.entries(path)}
            name = listed[path].get(part.lower() if ignore_case else part)
            if name is None:
                break
            path = f"{path}/{name}"
        else:
            yield BrowserFolder(browser=browser, path=path)


def unlisted(
    gathering: Gathering, base: str, known: Collection[BrowserFolder], mark: Mark
) -> tuple[BrowserFolder, ...]:
    """The folders of browsers that no table knows, `<product>` or `<vendor>/<product>` below a base."""
    quiet = Gathering(tree=gathering.tree, profile=gathering.profile, owner=gathering.owner)
    return marked(quiet, _candidates(quiet, base, frozenset(folder.path for folder in known), mark), mark)


def marked(gathering: Gathering, paths: Iterable[str], mark: Mark) -> tuple[BrowserFolder, ...]:
    """Those of some folders that give themselves away.

    What can't be looked into is no failure: it may hold anything, and only the tables are promised.
    """
    quiet = Gathering(tree=gathering.tree, profile=gathering.profile, owner=gathering.owner)
    found: list[BrowserFolder] = []
    read = 0
    for path in islice(paths, _MAX_CANDIDATES):
        content = quiet.read(f"{path}/{mark.file}", _LIMIT)
        if content is None:
            continue
        read += 1
        if mark.sign in content:
            product = path.removesuffix(f"/{_USER_DATA}").rpartition("/")[2]
            found.append(BrowserFolder(browser=product.lstrip(".").lower(), path=path))
        if read >= _MAX_READ:
            break
    return tuple(found)


def _candidates(quiet: Gathering, base: str, known: frozenset[str], mark: Mark) -> Iterator[str]:
    """Folders that could be one; of a vendor with more products than any has, only its own."""
    for vendor in quiet.entries(base):
        folder = f"{base}/{vendor}"
        if vendor in _NO_PROGRAMS or folder in known:
            continue
        names = quiet.entries(folder)
        found = [folder] if mark.file in names else []
        found += [f"{folder}/{_USER_DATA}"] if _USER_DATA in names else []
        if len(names) <= _MAX_PRODUCTS:
            found += [f"{folder}/{name}{part}" for name in names if name not in _NO_PRODUCTS for part in mark.inner]
        yield from (path for path in found if path not in known)


def _app_data(gathering: Gathering, home: str) -> Iterator[tuple[str, str]]:
    """`Local` and `Roaming` of a home, then of every packaged program in it."""
    yield f"{home}/AppData/Local", f"{home}/AppData/Roaming"
    for name in gathering.entries(f"{home}/{_PACKAGES}", MAX_PACKAGES):
        cache = f"{home}/{_PACKAGES}/{name}/LocalCache"
        yield f"{cache}/Local", f"{cache}/Roaming"
