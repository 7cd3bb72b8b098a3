"""Where browsers of Linux keep their profiles: as packages, as Flatpaks and as snaps."""

from collections.abc import Iterator

from msgspec import structs

from setapart_agent.collectors.desktop.browser_places import (
    CHROMIUM,
    FIREFOX,
    MAX_PACKAGES,
    Table,
    marked,
    present,
    unlisted,
)
from setapart_agent.collectors.desktop.browsers import FIREFOXPWA, BrowserFolder
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.host import User

_CHROMIUM: Table = {
    "chromium": "chromium",
    "google-chrome": "chrome",
    "google-chrome-beta": "chrome-beta",
    "google-chrome-unstable": "chrome-dev",
    "google-chrome-canary": "chrome-canary",
    "google-chrome-for-testing": "chrome-for-testing",
    "microsoft-edge": "edge",
    "microsoft-edge-beta": "edge-beta",
    "microsoft-edge-dev": "edge-dev",
    "BraveSoftware/Brave-Browser": "brave",
    "BraveSoftware/Brave-Browser-Beta": "brave-beta",
    "BraveSoftware/Brave-Browser-Nightly": "brave-nightly",
    "BraveSoftware/Brave-Origin": "brave-origin",
    "vivaldi": "vivaldi",
    "vivaldi-snapshot": "vivaldi-snapshot",
    "opera": "opera",
    "opera-beta": "opera-beta",
    "opera-developer": "opera-developer",
    "yandex-browser": "yandex",
    "yandex-browser-beta": "yandex-beta",
    "naver-whale": "whale",
    "thorium": "thorium",
    "net.imput.helium": "helium",
    "ungoogled-chromium": "ungoogled-chromium",
    "iridium": "iridium",
}
"""Folder below the configuration folder to the browser's name in profile ids."""

_FIREFOX: Table = {
    ".mozilla/firefox": "firefox",
    ".librewolf": "librewolf",
    ".local/share/firefoxpwa": FIREFOXPWA,
    ".waterfox": "waterfox",
    ".floorp": "floorp",
    ".zen": "zen",
    ".mullvad-browser": "mullvad",
    ".local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser": "tor",
    "data/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser": "tor",
    ".thunderbird": "thunderbird",
}
_FIREFOX_CONFIG: Table = {
    "mozilla/firefox": "firefox",
    "librewolf/librewolf": "librewolf",
    "librewolf": "librewolf",
    "waterfox": "waterfox",
    "floorp": "floorp",
    "zen": "zen",
    "thunderbird": "thunderbird",
}

_FORK = structs.replace(CHROMIUM, inner=("",))
"""Nothing is called `User Data` here."""


def chromium_folders(gathering: Gathering, user: User) -> tuple[BrowserFolder, ...]:
    """The user data folders of Chromium's family."""
    bases = [f"{user.home}/.config"]
    for home in _sandbox_homes(gathering, user):
        bases += [f"{home}/config", f"{home}/.config", home]
    found = [folder for base in bases for folder in present(gathering, base, _CHROMIUM)]
    for base in bases:
        if base.endswith("config"):
            found += unlisted(gathering, base, found, _FORK)
    return tuple(found)


def firefox_folders(gathering: Gathering, user: User) -> tuple[BrowserFolder, ...]:
    """The folders of Firefox's family that hold `profiles.ini`."""
    found: list[BrowserFolder] = []
    for home in (user.home, *_sandbox_homes(gathering, user)):
        found += present(gathering, home, _FIREFOX)
        found += present(gathering, f"{home}/.config", _FIREFOX_CONFIG)
        if home != user.home:
            found += present(gathering, f"{home}/config", _FIREFOX_CONFIG)
    for base in (f"{user.home}/.config", f"{user.home}/.mozilla"):
        found += unlisted(gathering, base, found, FIREFOX)
    known = {folder.path for folder in found}
    hidden = (f"{user.home}/{name}" for name in gathering.entries(user.home) if name.startswith("."))
    return (*found, *marked(gathering, (path for path in hidden if path not in known), FIREFOX))


def _sandbox_homes(gathering: Gathering, user: User) -> Iterator[str]:
    """The homes that Flatpaks and snaps see."""
    for name in gathering.entries(f"{user.home}/.var/app", MAX_PACKAGES):
        yield f"{user.home}/.var/app/{name}"
    for name in gathering.entries(f"{user.home}/snap", MAX_PACKAGES):
        yield f"{user.home}/snap/{name}/common"
        yield f"{user.home}/snap/{name}/current"
