"""Where browsers keep their profiles."""

import os
from pathlib import Path

import pytest

from linux_tree import plant
from setapart_agent.collectors.desktop.gathering import Gathering
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.desktop.tree import Tree
from setapart_agent.collectors.linux.browser_folders import chromium_folders, firefox_folders

TOR = "torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser"
ANN = User(uid=os.geteuid(), name="ann", home="/home/ann")


def gathering(root: Path, folder: str) -> Gathering:
    plant(root, {f"home/ann/{folder}/x": ""})
    return Gathering(tree=Tree(str(root)), profile=ANN.profile, owner=ANN.uid)


@pytest.mark.parametrize(
    ("folder", "browser"),
    [
        (".config/chromium", "chromium"),
        (".config/google-chrome", "chrome"),
        (".config/microsoft-edge", "edge"),
        (".config/BraveSoftware/Brave-Browser", "brave"),
        (".config/vivaldi", "vivaldi"),
        (".config/opera", "opera"),
        (".var/app/com.google.Chrome/config/google-chrome", "chrome"),
        (".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser", "brave"),
        ("snap/chromium/common/chromium", "chromium"),
        ("snap/brave/current/.config/BraveSoftware/Brave-Browser", "brave"),
    ],
)
def test_chromiums_family(tmp_path: Path, folder: str, browser: str) -> None:
    found = chromium_folders(gathering(tmp_path, folder), ANN)
    assert [(one.browser, one.path) for one in found] == [(browser, f"/home/ann/{folder}")]


@pytest.mark.parametrize(
    ("folder", "browser"),
    [
        (".mozilla/firefox", "firefox"),
        (".config/mozilla/firefox", "firefox"),
        (".librewolf", "librewolf"),
        (".local/share/firefoxpwa", "firefoxpwa"),
        (".waterfox", "waterfox"),
        (".var/app/org.mozilla.firefox/.mozilla/firefox", "firefox"),
        (".var/app/org.mozilla.firefox/config/mozilla/firefox", "firefox"),
        ("snap/firefox/common/.mozilla/firefox", "firefox"),
        (".thunderbird", "thunderbird"),
        (f".local/share/{TOR}", "tor"),
        (f".var/app/org.torproject.torbrowser-launcher/data/{TOR}", "tor"),
    ],
)
def test_firefoxes_family(tmp_path: Path, folder: str, browser: str) -> None:
    found = firefox_folders(gathering(tmp_path, folder), ANN)
    assert [(one.browser, one.path) for one in found] == [(browser, f"/home/ann/{folder}")]


@pytest.mark.parametrize("folder", [".config/vendor/new-fork", ".var/app/org.example.Fork/config/new-fork"])
def test_a_fork_that_no_table_knows_gives_itself_away(tmp_path: Path, folder: str) -> None:
    one = gathering(tmp_path, folder)
    plant(tmp_path, {f"home/ann/{folder}/Local State": '{"profile":{"info_cache":{}}}'})
    plant(tmp_path, {"home/ann/.config/Code/Local State": '{"os_crypt":{}}'})
    assert [(found.browser, found.path) for found in chromium_folders(one, ANN)] == [
        ("new-fork", f"/home/ann/{folder}")
    ]


@pytest.mark.parametrize("folder", [".newfox", ".mozilla/newfox", ".config/newfox", ".config/vendor/newfox"])
def test_a_firefox_that_no_table_knows_gives_itself_away(tmp_path: Path, folder: str) -> None:
    one = gathering(tmp_path, folder)
    plant(
        tmp_path,
        {f"home/ann/{folder}/profiles.ini": "[Profile0]\nPath=x\n", "home/ann/Letters/profiles.ini": "[Profile0]"},
    )
    assert [(found.browser, found.path) for found in firefox_folders(one, ANN)] == [("newfox", f"/home/ann/{folder}")]
