"""The browsers of one user, on trees of macOS and Windows; tests/…/linux/test_browsers.py has Linux."""

import json
import os
import plistlib
from pathlib import Path
from typing import cast

import pytest

from leveldb_maker import log, table, web_app
from linux_tree import plant
from setapart_agent.collectors.base import Absent, Denied, Failed, Outcome, Unseen
from setapart_agent.collectors.desktop import browsers
from setapart_agent.collectors.desktop.browser_places import System, chromium_folders, firefox_folders
from setapart_agent.collectors.desktop.browsers import BrowserFolder, gather_browsers, gather_safari, web_app_database
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import PlainTree, Tree
from setapart_agent.collectors.linux import browser_folders
from setapart_agent.facts import Facts, unite

SID = "S-1-5-21-1-2-3-1001"
CHROME = "/Users/ann/AppData/Local/Google/Chrome/User Data"
EDGE = "/Users/ann/AppData/Local/Microsoft/Edge/User Data"
OPERA = "/Users/ann/AppData/Roaming/Opera Software/Opera Stable"
WINDOWS_FIREFOX = "/Users/ann/AppData/Roaming/Mozilla/Firefox"
MAC_FIREFOX = "/Users/ann/Library/Application Support/Firefox"
CONTAINER = "/Users/ann/Library/Containers/com.apple.Safari/Data/Library/Safari"
ONE, TWO, THREE = "a" * 32, "b" * 32, "c" * 32
TENANT = "11111111-2222-3333-4444-555555555555"
EXTENSION = {"location": 1, "state": 1, "manifest": {"name": "One", "version": "1"}, "path": f"{ONE}\\1_0"}
PREFERENCES = json.dumps({"account_info": [{"email": "ann@agency.example", "hd": "agency.example"}]})
SECURE = json.dumps({"extensions": {"settings": {ONE: EXTENSION}}, "protection": {"macs": {}}})
MANIFEST = json.dumps({"manifest_version": 3, "name": "Two", "version": "2"})
ADDONS = json.dumps(
    {"schemaVersion": 37, "addons": [{"id": "x@y.example", "version": "1", "location": "app-profile", "active": True}]}
)
ACCOUNT = json.dumps({"version": 1, "accountData": {"email": "ann@agency.example", "uid": "1"}})


@pytest.fixture(params=[Tree, PlainTree])
def kind(request: pytest.FixtureRequest) -> type[Tree]:
    made: type[Tree] = request.param
    return made


def gathered(tree: Tree, system: System) -> tuple[Facts, list[Unseen]]:
    one = Gathering(tree=tree, profile=SID)
    gather_browsers(one, chromium_folders(one, "/Users/ann", system), firefox_folders(one, "/Users/ann", system))
    if system == "macos":
        gather_safari(one, "/Users/ann")
    return unite(one.parts), one.failures


def apps(facts: Facts) -> set[tuple[str, str]]:
    return {(app.profile.removeprefix(f"{SID}/"), app.identifier) for app in facts.apps}


def test_chrome_on_windows_keeps_extensions_in_secure_preferences(tmp_path: Path, kind: type[Tree]) -> None:
    plant(
        tmp_path,
        {
            f"{CHROME}/Local State": "{}",
            f"{CHROME}/Default/Preferences": PREFERENCES,
            f"{CHROME}/Default/Secure Preferences": SECURE,
            f"{CHROME}/Profile 1/Extensions/{TWO}/2_0/manifest.json": MANIFEST,
            f"{CHROME}/Guest Profile/Preferences": "{}",
            f"{CHROME}/System Profile/Secure Preferences": SECURE,
            f"{CHROME}/Snapshots/150.0/Default/Preferences": SECURE,
            f"{CHROME}/Profile 1/Sync Data/LevelDB/000005.ldb": table(
                [(b"web_apps-dt-" + THREE.encode(), web_app(b"https://www.tiktok.com/", b"TikTok"))]
            ),
        },
    )
    facts, failures = gathered(kind(str(tmp_path), ignore_case=True), "windows")
    assert apps(facts) == {
        ("chrome/Default", ONE),
        ("chrome/Profile 1", TWO),
        ("chrome/Profile 1", "https://www.tiktok.com"),
    }
    assert [(one.profile, one.tenant) for one in facts.accounts] == [(f"{SID}/chrome/Default", "agency.example")]
    assert failures == []


def test_an_account_that_both_files_name_is_one_and_a_manager_is_a_link(tmp_path: Path, kind: type[Tree]) -> None:
    entry = {"user_name": "ann@agency.example", "hosted_domain": "agency.example"}
    state = {"profile": {"info_cache": {"Default": {**entry, "user_accepted_account_management": True}}}}
    plant(tmp_path, {f"{CHROME}/Local State": json.dumps(state), f"{CHROME}/Default/Preferences": PREFERENCES})
    facts, failures = gathered(kind(str(tmp_path)), "windows")
    assert [(one.profile, one.domain) for one in facts.accounts] == [(f"{SID}/chrome/Default", "agency.example")]
    assert [(link.kind, link.target, link.profile) for link in facts.links] == [
        ("mdm", "agency.example", f"{SID}/chrome/Default")
    ]
    assert failures == []


def test_edge_is_signed_in_to_a_tenant(tmp_path: Path, kind: type[Tree]) -> None:
    info = {"email": "ann@agency.example", "edge_account_type": 2, "edge_account_tenant_id": TENANT}
    plant(tmp_path, {f"{EDGE}/Profile 2/Preferences": json.dumps({"account_info": [info]})})
    facts, failures = gathered(kind(str(tmp_path)), "windows")
    assert [(one.profile, one.type, one.domain, one.tenant, one.services) for one in facts.accounts] == [
        (f"{SID}/edge/Profile 2", "chromium:microsoft", "agency.example", TENANT, ())
    ]
    assert failures == []


def test_operas_profile_is_the_folder_or_lies_below(tmp_path: Path, kind: type[Tree]) -> None:
    plant(tmp_path, {f"{OPERA}/Preferences": SECURE, f"{OPERA}/Default/Secure Preferences": SECURE})
    facts, failures = gathered(kind(str(tmp_path)), "windows")
    assert apps(facts) == {("opera/Opera Stable", ONE), ("opera/Default", ONE)}
    assert failures == []


@pytest.mark.parametrize(("system", "folder"), [("windows", WINDOWS_FIREFOX), ("macos", MAC_FIREFOX)])
def test_firefox_keeps_profiles_one_folder_further_down(
    tmp_path: Path, kind: type[Tree], system: System, folder: str
) -> None:
    plant(
        tmp_path,
        {
            f"{folder}/profiles.ini": "[Profile0]\r\nName=x\r\nIsRelative=1\r\nPath=Profiles/abc.default\r\n",
            f"{folder}/installs.ini": "[308046B0AF4A39CB]\r\nDefault=Profiles/abc.default\r\n",
            f"{folder}/Profiles/abc.default/signedInUser.json": ACCOUNT,
            f"{folder}/Profiles/not listed/extensions.json": ADDONS,
            f"{folder}/Crash Reports/events": "",
        },
    )
    facts, failures = gathered(kind(str(tmp_path)), system)
    assert apps(facts) == {("firefox/not listed", "x@y.example")}
    assert [(one.profile, one.domain) for one in facts.accounts] == [(f"{SID}/firefox/abc.default", "agency.example")]
    assert failures == []


@pytest.mark.parametrize(
    ("system", "folder"),
    [
        ("windows", "/Users/ann/AppData/Roaming/FirefoxPWA"),
        ("macos", "/Users/ann/Library/Application Support/firefoxpwa"),
    ],
)
def test_sites_that_pwas_for_firefox_installed_are_seen_before_they_are_opened(
    tmp_path: Path, kind: type[Tree], system: System, folder: str
) -> None:
    sites = {"1": {"config": {"document_url": "https://www.tiktok.com/foryou"}, "manifest": {}}}
    plant(tmp_path, {f"{folder}/config.json": json.dumps({"profiles": {}, "sites": sites})})
    facts, failures = gathered(kind(str(tmp_path), ignore_case=True), system)
    assert apps(facts) == {("firefoxpwa", "https://www.tiktok.com")}
    assert failures == []
    plant(tmp_path, {f"{folder}/profiles/0/extensions.json": ADDONS, f"{folder}/config.json": "{"})
    facts, failures = gathered(kind(str(tmp_path), ignore_case=True), system)
    assert apps(facts) == {("firefoxpwa/0", "x@y.example")}
    assert len(failures) == 1


def test_a_firefox_profile_elsewhere_is_read_or_told(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            f"{WINDOWS_FIREFOX}/profiles.ini": "[Profile0]\r\nIsRelative=0\r\nPath=C:\\Far\\p\r\n"
            "[Profile1]\r\nIsRelative=0\r\nPath=E:\\stick\\p\r\n[Profile2]\r\nIsRelative=0\r\nPath=C:\\Gone\\p\r\n"
            "[Profile3]\r\nIsRelative=1\r\nPath=Profiles/never.started\r\n",
            "/Far/p/extensions.json": ADDONS,
        },
    )
    facts, failures = gathered(Tree(str(tmp_path)), "windows")
    assert apps(facts) == {("firefox/p", "x@y.example")}
    assert failures == [
        Denied("firefox: a profile on another drive, or at a place that only the system knows"),
        Denied("firefox: a profile outside of the browser's folder is not there"),
    ]


def test_safaris_extensions_of_every_profile(tmp_path: Path, kind: type[Tree]) -> None:
    plant(
        tmp_path,
        {
            f"{CONTAINER}/AppExtensions/Extensions.plist": plistlib.dumps({"com.a.b (TEAM1)": {"Enabled": True}}),
            f"{CONTAINER}/WebExtensions/Extensions.plist": plistlib.dumps({"com.c.d (TEAM2)": {}}),
            f"{CONTAINER}/Profiles/0A-1B/WebExtensions/Extensions.plist": plistlib.dumps({"com.e.f (TEAM3)": {}}),
            "/Users/ann/Library/Safari/Extensions/Extensions.plist": plistlib.dumps(
                {"Installed Extensions": [{"Archive File Name": "Old.safariextz"}]}
            ),
            "/Users/ann/Library/Containers/com.apple.SafariTechnologyPreview/Data/Library/SafariTechnologyPreview/"
            "WebExtensions/Extensions.plist": plistlib.dumps({"com.g.h (TEAM4)": {}}),
        },
    )
    facts, failures = gathered(kind(str(tmp_path)), "macos")
    assert apps(facts) == {
        ("safari/Default", "com.a.b"),
        ("safari/Default", "com.c.d"),
        ("safari/0A-1B", "com.e.f"),
        ("safari/Default", "Old"),
        ("safari-preview/Default", "com.g.h"),
    }
    assert failures == []


def test_a_list_of_safaris_that_is_broken_or_shut_is_told(tmp_path: Path) -> None:
    class Guarded(PlainTree):
        """Without full disk access macOS refuses what is below a container."""

        def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
            return Denied("permission denied") if "/Containers/" in path else super().entries(path, owner)

        def read(self, path: str, owner: int | None = None, limit: int = 1) -> Outcome[bytes]:
            return Denied("permission denied") if "/Containers/" in path else super().read(path, owner, limit)

    plant(tmp_path, {"/Users/ann/Library/Safari/Extensions/Extensions.plist": "x"})
    _, failures = gathered(Guarded(str(tmp_path)), "macos")
    assert {type(why) for why in failures} == {Denied, Failed}
    assert {why.reason for why in failures if isinstance(why, Denied)} == {
        "safari: permission denied",
        "safari-preview: permission denied",
    }


def test_a_profile_that_may_not_be_looked_into_is_denied_and_its_account_still_known(tmp_path: Path) -> None:
    class Locked(PlainTree):
        def _refuses(self, path: str) -> bool:
            return "/Profile 1/" in path

        def read(self, path: str, owner: int | None = None, limit: int = 1) -> Outcome[bytes]:
            return Denied("permission denied") if self._refuses(path) else super().read(path, owner, limit)

        def status(self, path: str, owner: int | None = None) -> Outcome[os.stat_result]:
            return Denied("permission denied") if self._refuses(path) else super().status(path, owner)

    state = {"profile": {"info_cache": {"Profile 1": {"user_name": "ann@agency.example"}}}}
    plant(
        tmp_path,
        {
            f"{CHROME}/Local State": json.dumps(state),
            f"{CHROME}/Default/Secure Preferences": SECURE,
            f"{CHROME}/Profile 1/Secure Preferences": SECURE,
        },
    )
    facts, failures = gathered(Locked(str(tmp_path)), "windows")
    assert apps(facts) == {("chrome/Default", ONE)}
    assert [one.profile for one in facts.accounts] == [f"{SID}/chrome/Profile 1"]
    assert set(failures) == {Denied("chrome: permission denied")}


@pytest.mark.parametrize("why", [Denied("permission denied"), Failed("EBUSY")])
def test_a_database_that_the_browser_keeps_shut_is_not_an_empty_one(tmp_path: Path, why: Denied | Failed) -> None:
    class Shut(PlainTree):
        def read(self, path: str, owner: int | None = None, limit: int = 1) -> Outcome[bytes]:
            return why if path.endswith(".log") else super().read(path, owner, limit)

    plant(
        tmp_path,
        {f"{CHROME}/Default/Preferences": "{}", f"{CHROME}/Default/Sync Data/LevelDB/000003.log": b"x"},
    )
    facts, failures = gathered(Shut(str(tmp_path)), "windows")
    assert facts == Facts()
    assert failures == [type(why)(f"chrome: {why.reason}")]


class Moving(PlainTree):
    """A browser moves the records to another file whenever the folder has been listed, so many times."""

    def __init__(self, root: str, moves: int) -> None:
        super().__init__(root)
        self.moves = moves

    def entries(self, path: str, owner: int | None = None) -> Outcome[tuple[str, ...]]:
        listed = super().entries(path, owner)
        if self.moves and path.endswith("/LevelDB"):
            folder = Path(f"{self.root}{path}")
            (before,) = folder.glob("*.log")
            before.rename(folder / f"{int(before.stem) + 1:06}.log")
            self.moves -= 1
        return listed


@pytest.mark.parametrize(("moves", "seen"), [(0, True), (2, True), (3, False)])
def test_records_that_move_while_they_are_read_are_seen_or_told(tmp_path: Path, moves: int, seen: bool) -> None:
    record = log([(b"web_apps-dt-" + ONE.encode(), web_app(b"https://www.tiktok.com/", b"TikTok"))])
    plant(tmp_path, {"/p/Sync Data/LevelDB/000003.log": record})
    one = Gathering(tree=Moving(str(tmp_path), moves), profile=SID)
    assert bool(web_app_database(one, "/p")) == seen
    assert [why.reason for why in one.failures] == ([] if seen else ["the list of web apps changes while it is read"])


def test_files_of_the_database_without_web_apps_are_not_kept(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "/p/Sync Data/LevelDB/000003.log": log([(b"bookmarks-dt-1", b"x" * 1000)]),
            "/p/Sync Data/LevelDB/000005.ldb": table([(b"web_apps-dt-" + ONE.encode(), b"")]),
            "/p/Sync Data/LevelDB/MANIFEST-000001": b"web_apps-dt-",
        },
    )
    assert list(web_app_database(Gathering(tree=Tree(str(tmp_path))), "/p")) == ["000005.ldb"]


def test_more_than_anybody_has_is_told_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "_MAX_PROFILES", 3)
    monkeypatch.setattr(browsers, "_MAX_EXTENSIONS", 2)
    files = {f"{CHROME}/Profile {number}/Preferences": "{}" for number in range(4)}
    files |= {f"{CHROME}/Profile 0/Extensions/{ONE}/{number}_0/manifest.json": MANIFEST for number in range(3)}
    files |= {f"{WINDOWS_FIREFOX}/Profiles/{number}/extensions.json": ADDONS for number in range(4)}
    plant(tmp_path, files)
    facts, failures = gathered(Tree(str(tmp_path)), "windows")
    assert [why.reason for why in failures] == [
        "chrome: more than 3 profiles",
        "chrome: more than 2 extensions",
        "firefox: more than 3 entries in one folder",
    ]
    assert len([app for app in facts.apps if "/firefox/" in app.profile]) == 3


def test_thousands_of_folders_beside_the_profiles_cost_little(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"u/Cache {number}").mkdir(parents=True)
    plant(tmp_path, {"u/Default/Secure Preferences": SECURE})
    one = Gathering(tree=Tree(str(tmp_path)), profile=SID)
    gather_browsers(one, [BrowserFolder(browser="x", path="/u")], [])
    assert apps(unite(one.parts)) == {("x/Default", ONE)}
    assert one.failures == []


@pytest.mark.parametrize(
    ("system", "chrome", "firefox"),
    [
        ("windows", CHROME, WINDOWS_FIREFOX),
        ("macos", "/Users/ann/Library/Application Support/Google/Chrome", MAC_FIREFOX),
        ("linux", "/Users/ann/.config/google-chrome", "/Users/ann/.mozilla/firefox"),
    ],
)
def test_the_same_profiles_give_the_same_facts_on_every_system(
    tmp_path: Path, kind: type[Tree], system: str, chrome: str, firefox: str
) -> None:
    record = log([(b"web_apps-dt-" + TWO.encode(), web_app(b"https://web.telegram.org/k/", b"Telegram"))])
    plant(
        tmp_path,
        {
            f"{chrome}/Profile 1/Preferences": PREFERENCES,
            f"{chrome}/Profile 1/Secure Preferences": SECURE,
            f"{chrome}/Profile 1/Sync Data/LevelDB/000003.log": record,
            f"{firefox}/Profiles/x.default/extensions.json": ADDONS,
            f"{firefox}/Profiles/x.default/signedInUser.json": ACCOUNT,
        },
    )
    one = Gathering(tree=kind(str(tmp_path)), profile=SID)
    if system == "linux":
        user = User(name="ann", home="/Users/ann")
        folders = (browser_folders.chromium_folders(one, user), browser_folders.firefox_folders(one, user))
    else:
        where = cast("System", system)
        folders = (chromium_folders(one, "/Users/ann", where), firefox_folders(one, "/Users/ann", where))
    gather_browsers(one, *folders)
    facts = unite(one.parts)
    assert apps(facts) == {
        ("chrome/Profile 1", ONE),
        ("chrome/Profile 1", "https://web.telegram.org"),
        ("firefox/x.default", "x@y.example"),
    }
    assert {(account.profile.removeprefix(f"{SID}/"), account.type, account.domain) for account in facts.accounts} == {
        ("chrome/Profile 1", "chromium:google", "agency.example"),
        ("firefox/x.default", "firefox:account", "agency.example"),
    }
    assert one.failures == []


def test_a_tree_without_browsers_has_none(tmp_path: Path, kind: type[Tree]) -> None:
    tree = kind(str(tmp_path))
    assert isinstance(tree.entries("/Users/ann"), Absent)
    for system in ("windows", "macos"):
        assert gathered(tree, system) == (Facts(), [])
