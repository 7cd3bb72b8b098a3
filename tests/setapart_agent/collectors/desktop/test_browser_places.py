"""Where browsers of macOS and Windows keep their profiles."""

from pathlib import Path

import pytest

from linux_tree import plant
from setapart_agent.collectors.base import Denied, Failed, Outcome
from setapart_agent.collectors.desktop import browser_places
from setapart_agent.collectors.desktop.browser_places import (
    System,
    chromium_folders,
    firefox_folders,
    present,
)
from setapart_agent.collectors.desktop.browsers import BrowserFolder
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.tree import PlainTree, Tree

MAC, WINDOWS = "/Users/ann/Library/Application Support", "/Users/ann/AppData"
MSIX = f"{WINDOWS}/Local/Packages"


def gathering(root: Path, *folders: str) -> Gathering:
    plant(root, {f"{folder}/x": "" for folder in folders})
    return Gathering(tree=Tree(str(root), ignore_case=True), profile="501")


@pytest.mark.parametrize(
    ("system", "folder", "browser"),
    [
        ("macos", f"{MAC}/Google/Chrome", "chrome"),
        ("macos", f"{MAC}/Google/Chrome Canary", "chrome-canary"),
        ("macos", f"{MAC}/Chromium", "chromium"),
        ("macos", f"{MAC}/Microsoft Edge", "edge"),
        ("macos", f"{MAC}/BraveSoftware/Brave-Browser", "brave"),
        ("macos", f"{MAC}/com.operasoftware.OperaGX", "opera-gx"),
        ("macos", f"{MAC}/Arc/User Data", "arc"),
        ("macos", f"{MAC}/com.openai.atlas/browser-data/host", "atlas"),
        ("windows", f"{WINDOWS}/Local/Google/Chrome/User Data", "chrome"),
        ("windows", f"{WINDOWS}/Local/Google/Chrome SxS/User Data", "chrome-canary"),
        ("windows", f"{WINDOWS}/Local/Microsoft/Edge/User Data", "edge"),
        ("windows", f"{WINDOWS}/Local/Yandex/YandexBrowser/User Data", "yandex"),
        ("windows", f"{WINDOWS}/Roaming/Opera Software/Opera Stable", "opera"),
        ("windows", f"{MSIX}/TheBrowserCompany.Arc_ttt1ap7aakyb4/LocalCache/Local/Arc/User Data", "arc"),
        ("windows", f"{MSIX}/Contoso.Opera_abc/LocalCache/Roaming/Opera Software/Opera Stable", "opera"),
    ],
)
def test_chromiums_family(tmp_path: Path, system: System, folder: str, browser: str) -> None:
    one = gathering(tmp_path, folder)
    assert chromium_folders(one, "/Users/ann", system) == (BrowserFolder(browser=browser, path=folder),)
    assert firefox_folders(one, "/Users/ann", system) == ()
    assert one.failures == []


@pytest.mark.parametrize(
    ("system", "folder", "browser"),
    [
        ("macos", f"{MAC}/Firefox", "firefox"),
        ("macos", f"{MAC}/librewolf", "librewolf"),
        ("macos", f"{MAC}/TorBrowser-Data/Browser", "tor"),
        ("macos", "/Users/ann/Library/Thunderbird", "thunderbird"),
        ("windows", f"{WINDOWS}/Roaming/Mozilla/Firefox", "firefox"),
        ("windows", f"{WINDOWS}/Roaming/Thunderbird", "thunderbird"),
        ("windows", f"{MSIX}/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox", "firefox"),
        ("windows", "/Users/ann/Desktop/Tor Browser/Browser/TorBrowser/Data/Browser", "tor"),
    ],
)
def test_firefoxes_family(tmp_path: Path, system: System, folder: str, browser: str) -> None:
    one = gathering(tmp_path, folder)
    assert firefox_folders(one, "/Users/ann", system) == (BrowserFolder(browser=browser, path=folder),)
    assert chromium_folders(one, "/Users/ann", system) == ()
    assert one.failures == []


def test_a_browser_that_nobody_can_read_is_told(tmp_path: Path) -> None:
    one = gathering(tmp_path, f"{MAC}/Orion/Defaults")
    assert chromium_folders(one, "/Users/ann", "macos") == ()
    assert one.partly == ["orion: a browser whose profiles are not read"]


LISTS_PROFILES, EMBEDS = '{"profile":{"info_cache":{"Default":{}}}}', '{"os_crypt":{"encrypted_key":"x"}}'


@pytest.mark.parametrize(
    ("system", "folder", "browser"),
    [
        ("macos", f"{MAC}/NewFork", "newfork"),
        ("macos", f"{MAC}/Vendor/New Fork", "new fork"),
        ("macos", f"{MAC}/NewFork/User Data", "newfork"),
        ("windows", f"{WINDOWS}/Local/NewFork/User Data", "newfork"),
        ("windows", f"{WINDOWS}/Local/Vendor/New Fork/User Data", "new fork"),
        ("windows", f"{WINDOWS}/Roaming/Vendor/New Fork", "new fork"),
        ("windows", f"{MSIX}/Vendor.Fork_abc/LocalCache/Local/NewFork/User Data", "newfork"),
    ],
)
def test_a_fork_that_no_table_knows_gives_itself_away(
    tmp_path: Path, system: System, folder: str, browser: str
) -> None:
    plant(tmp_path, {f"{folder}/Local State": LISTS_PROFILES})
    one = gathering(tmp_path)
    assert chromium_folders(one, "/Users/ann", system) == (BrowserFolder(browser=browser, path=folder),)
    assert one.failures == []


@pytest.mark.parametrize(
    ("system", "folder", "browser"),
    [
        ("macos", f"{MAC}/NewFox", "newfox"),
        ("windows", f"{WINDOWS}/Roaming/NewFox", "newfox"),
        ("windows", f"{WINDOWS}/Roaming/Vendor/NewFox", "newfox"),
    ],
)
def test_a_firefox_that_no_table_knows_gives_itself_away(
    tmp_path: Path, system: System, folder: str, browser: str
) -> None:
    plant(tmp_path, {f"{folder}/profiles.ini": "[Profile0]\nPath=Profiles/x\n", f"{folder}x/profiles.ini": "[a]\n"})
    one = gathering(tmp_path)
    assert firefox_folders(one, "/Users/ann", system) == (BrowserFolder(browser=browser, path=folder),)
    assert one.failures == []


@pytest.mark.parametrize(
    ("folder", "state"),
    [
        (f"{WINDOWS}/Roaming/Slack", EMBEDS),
        (f"{WINDOWS}/Local/Vendor/EBWebView", LISTS_PROFILES),
        (f"{WINDOWS}/Local/Temp/x/User Data", LISTS_PROFILES),
        (f"{WINDOWS}/Local/Google/Chrome/User Data/Snapshots/150", LISTS_PROFILES),
    ],
)
def test_what_embeds_chromium_is_no_browser_and_a_copy_is_none_either(tmp_path: Path, folder: str, state: str) -> None:
    plant(tmp_path, {f"{folder}/Local State": state})
    one = gathering(tmp_path)
    assert [found.browser for found in chromium_folders(one, "/Users/ann", "windows")] == (
        ["chrome"] if "Google" in folder else []
    )


def test_a_browser_of_the_table_is_found_once(tmp_path: Path) -> None:
    plant(tmp_path, {f"{WINDOWS}/Local/Google/Chrome/User Data/Local State": LISTS_PROFILES})
    assert len(chromium_folders(gathering(tmp_path), "/Users/ann", "windows")) == 1


def test_a_folder_of_no_browser_that_may_not_be_looked_into_is_no_failure(tmp_path: Path) -> None:
    class Locked(PlainTree):
        def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
            return Denied("permission denied") if path.endswith("/com.apple.TCC") else super().entries(path, owner)

    plant(tmp_path, {f"{MAC}/com.apple.TCC/TCC.db": "", f"{MAC}/Fork/Local State": LISTS_PROFILES})
    one = Gathering(tree=Locked(str(tmp_path)), profile="501")
    assert [folder.browser for folder in chromium_folders(one, "/Users/ann", "macos")] == ["fork"]
    assert one.failures == []


def test_another_spelling_of_a_folder_is_the_same_folder_and_keeps_its_spelling(tmp_path: Path) -> None:
    one = gathering(tmp_path, f"{MAC}/google/CHROME", f"{WINDOWS}/Roaming/LibreWolf")
    assert [folder.path for folder in chromium_folders(one, "/Users/ann", "macos")] == [f"{MAC}/google/CHROME"]
    assert [folder.path for folder in firefox_folders(one, "/Users/ann", "windows")] == [f"{WINDOWS}/Roaming/LibreWolf"]


def test_case_counts_where_the_system_says_so(tmp_path: Path) -> None:
    one = gathering(tmp_path, "/b/Zen")
    assert list(present(one, "/b", {"zen": "zen"})) == []


def test_more_packages_than_anybody_has_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_places, "MAX_PACKAGES", 2)
    one = gathering(tmp_path, *(f"{MSIX}/{name}/LocalCache/Local/Arc/User Data" for name in "abc"))
    assert [folder.browser for folder in chromium_folders(one, "/Users/ann", "windows")] == ["arc", "arc"]
    assert one.failures == [Failed("more than 2 entries in one folder")]


def test_a_file_of_a_browsers_name_is_no_folder_of_it(tmp_path: Path) -> None:
    plant(tmp_path, {f"{MAC}/Google": "", f"{MAC}/Arc": ""})
    one = gathering(tmp_path, f"{MAC}/Vivaldi")
    assert [folder.browser for folder in chromium_folders(one, "/Users/ann", "macos")] == ["vivaldi"]
    assert one.failures == []


def test_a_folder_on_the_way_that_may_not_be_listed_is_told(tmp_path: Path) -> None:
    class Locked(PlainTree):
        def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
            return Denied("permission denied") if path.endswith("/Google") else super().entries(path, owner)

    plant(tmp_path, {f"{MAC}/Google/Chrome/x": "", f"{MAC}/Vivaldi/x": ""})
    one = Gathering(tree=Locked(str(tmp_path)), profile="501")
    assert [folder.browser for folder in chromium_folders(one, "/Users/ann", "macos")] == ["vivaldi"]
    assert one.failures == [Denied("permission denied")]
