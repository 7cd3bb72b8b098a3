from pathlib import Path

import pytest

from macos_tree import TREES, MacTree, rows
from setapart_agent.collectors.macos.cloud import CloudStorage

SETTINGS = "Library/Containers/com.microsoft.OneDrive-mac/Data/Library/Application Support/OneDrive/settings"


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def found(mac: MacTree) -> set[tuple[str, str | None, str | None]]:
    facts = mac.collect(CloudStorage())
    assert {row[2] for row in rows(facts)} == {"observed"}
    assert {one.profile for one in facts.accounts} <= {mac.ann}
    return {(one.type, one.domain, one.host) for one in facts.accounts}


def test_folders_that_providers_made(mac: MacTree) -> None:
    for name in ("GoogleDrive-ann@corp.example/x", "OneDrive-Personal/x", ".DS_Store"):
        mac.write(f"Library/CloudStorage/{name}")
    assert found(mac) == {
        ("google-drive:files", "corp.example", None),
        ("onedrive:personal", None, "onedrive.live.com"),
    }


def test_onedrive_of_an_organisation_by_its_settings(mac: MacTree) -> None:
    mac.write("Library/CloudStorage/OneDrive-CorpInc/x")
    assert found(mac) == {("onedrive:files", None, None)}
    mac.write(f"{SETTINGS}/Business1/abc.ini", 'libraryScope = 1 "https://corp-my.sharepoint.com/personal/ann"\n')
    assert found(mac) == {("onedrive:business", None, "corp.sharepoint.com")}


def test_settings_that_name_nobody_are_an_account_still(mac: MacTree) -> None:
    mac.write(f"{SETTINGS}/Business1/global.ini", "x = 1\n")
    mac.write(f"{SETTINGS}/Personal/global.ini", "x = 1\n")
    assert found(mac) == {("onedrive:business", None, None)}


@pytest.mark.parametrize(
    "path",
    [
        "Library/Preferences/Nextcloud/nextcloud.cfg",
        "Library/Containers/com.nextcloud.desktopclient/Data/Library/Preferences/Nextcloud/nextcloud.cfg",
    ],
)
def test_nextcloud(mac: MacTree, path: str) -> None:
    mac.write(path, "[Accounts]\n0\\url=https://cloud.corp.example\n0\\dav_user=ann\n")
    assert {host for _, _, host in found(mac)} == {"cloud.corp.example"}


def test_rclone(mac: MacTree) -> None:
    mac.write(".config/rclone/rclone.conf", "[work]\ntype = webdav\nurl = https://dav.corp.example/x\nuser = ann\n")
    assert {host for _, _, host in found(mac)} == {"dav.corp.example"}


def test_without_any_client_everything_is_seen(mac: MacTree) -> None:
    assert found(mac) == set()
