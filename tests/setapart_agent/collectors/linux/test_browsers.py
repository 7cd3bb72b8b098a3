"""The browsers of every user."""

import json
import os
from pathlib import Path

import pytest

from leveldb_maker import log, web_app
from linux_tree import found, host_of, plant, rows
from setapart_agent.collectors.base import Denied
from setapart_agent.collectors.desktop.host import User
from setapart_agent.collectors.linux.browsers import Browsers

ME = str(os.geteuid())
ONE, TWO = "a" * 32, "b" * 32
PREFERENCES = json.dumps(
    {
        "extensions": {"settings": {ONE: {"location": 1, "state": 1, "manifest": {"name": "One", "version": "1"}}}},
        "account_info": [{"email": "ann@agency.example", "hd": "agency.example"}],
    }
)
MANIFEST = json.dumps({"manifest_version": 3, "name": "__MSG_n__", "version": "2", "default_locale": "en"})
CHROME = "home/ann/.config/google-chrome"
FIREFOX = "home/ann/.mozilla/firefox"
SEEN = {(section, ME, "observed", None) for section in ("apps", "accounts", "links")}


def test_a_chromium_profile(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            f"{CHROME}/Profile 1/Preferences": PREFERENCES,
            f"{CHROME}/Profile 1/Secure Preferences": "{}",
            f"{CHROME}/Profile 1/Extensions/{ONE}/1_0/manifest.json": MANIFEST,
            f"{CHROME}/Profile 1/Extensions/{TWO}/2_0/manifest.json": MANIFEST,
            f"{CHROME}/Profile 1/Extensions/{TWO}/2_0/_locales/en/messages.json": '{"N": {"message": "Two"}}',
            f"{CHROME}/Profile 1/Extensions/Temp/x": "",
            f"{CHROME}/Profile 1/Sync Data/LevelDB/000003.log": log(
                [(b"web_apps-dt-" + ONE.encode(), web_app(b"https://www.tiktok.com/", b"TikTok"))]
            ),
            f"{CHROME}/Local State": "{}",
            f"{CHROME}/ShaderCache/data": "",
        },
    )
    facts = Browsers().collect(host_of(tmp_path))
    profile = f"{ME}/chrome/Profile 1"
    assert found(facts) == {
        (profile, "browser-extension", ONE),
        (profile, "browser-extension", TWO),
        (profile, "web-app", "https://www.tiktok.com"),
    }
    assert {app.name for app in facts.apps} == {"One", "Two", "TikTok"}
    assert [(account.profile, account.tenant, account.services) for account in facts.accounts] == [
        (profile, "agency.example", ())
    ]
    assert rows(facts) == SEEN


def test_operas_only_profile_is_the_folder_itself(tmp_path: Path) -> None:
    plant(tmp_path, {"home/ann/.config/opera/Preferences": PREFERENCES})
    assert found(Browsers().collect(host_of(tmp_path))) == {(f"{ME}/opera/opera", "browser-extension", ONE)}


def test_firefox_profiles_that_are_listed_and_that_lie_beside(tmp_path: Path) -> None:
    addon = {"id": "x@y.example", "version": "1", "location": "app-profile", "active": True}
    extensions = json.dumps({"schemaVersion": 37, "addons": [addon]})
    tabs = json.dumps({"version": 1, "taskbarTabs": [{"startUrl": "https://chat.example/"}]})
    plant(
        tmp_path,
        {
            f"{FIREFOX}/profiles.ini": "[Profile0]\nPath=abc.default\nIsRelative=1\n",
            f"{FIREFOX}/abc.default/signedInUser.json": '{"accountData": {"email": "ann@x.example", "uid": "1"}}',
            f"{FIREFOX}/abc.default/taskbartabs/taskbartabs.json": tabs,
            f"{FIREFOX}/hidden/extensions.json": extensions,
            f"{FIREFOX}/Crash Reports/x": "",
        },
    )
    facts = Browsers().collect(host_of(tmp_path))
    assert found(facts) == {
        (f"{ME}/firefox/hidden", "browser-extension", "x@y.example"),
        (f"{ME}/firefox/abc.default", "web-app", "https://chat.example"),
    }
    assert [(account.profile, account.domain) for account in facts.accounts] == [
        (f"{ME}/firefox/abc.default", "x.example")
    ]
    assert rows(facts) == SEEN


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (f"{CHROME}/Default/Preferences", PREFERENCES[:-9]),
        (f"{CHROME}/Default/Extensions/{ONE}/1/manifest.json", "{"),
        (f"{FIREFOX}/a/extensions.json", "[]"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, file: str, content: str) -> None:
    plant(tmp_path, {file: content})
    assert {row[2] for row in rows(Browsers().collect(host_of(tmp_path)))} == {"failed"}


def test_without_browsers_everything_is_observed_and_unseen_homes_are_told(tmp_path: Path) -> None:
    assert rows(Browsers().collect(host_of(tmp_path))) == SEEN
    away = host_of(tmp_path, User(uid=5, name="x", home="/x", unseen=Denied("locked")))
    assert rows(Browsers().collect(away)) == {
        (section, "5", "denied", "locked") for section in ("apps", "accounts", "links")
    }
