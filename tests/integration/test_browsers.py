"""What real browsers write about their extensions, web apps and accounts, and what the agent sees of it."""

import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chromium_program import chromium, site
from desktop_programs import PATIENCE, Desktop, desktop, mozilla
from linux_tree import plant
from setapart_agent.collectors.desktop.host import Host, User
from setapart_agent.collectors.desktop.tree import PlainTree, Tree
from setapart_agent.collectors.linux.browsers import Browsers
from setapart_agent.facts import Facts

EXTENSION = {"manifest_version": 3, "name": "Helper", "version": "1.4", "permissions": ["tabs", "storage"]}
PAGE = '<!doctype html><title>Chat</title><link rel="manifest" href="/app.webmanifest">'
ICON = '<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512"><rect width="512" height="512"/></svg>'
WEB_APP = {
    "name": "Chat",
    "start_url": "/start.html",
    "id": "/id",
    "display": "standalone",
    "icons": [{"src": "/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
}
ADD_ON = {
    "manifest_version": 2,
    "name": "Helper",
    "version": "1.4",
    "permissions": ["tabs"],
    "browser_specific_settings": {"gecko": {"id": "helper@x.example"}},
}


@pytest.fixture
def ola() -> Iterator[Desktop]:
    with desktop() as made:
        yield made


def seen(user: Desktop, kind: type[Tree] = Tree) -> Facts:
    ola = User(uid=int(user.profile), name="ola", home="/home/ola")
    facts = Browsers().collect(Host(tree=kind(str(user.root)), users=(ola,)))
    assert {row.status for row in facts.coverage} == {"observed"}
    return facts


def apps(facts: Facts) -> set[tuple[str, str, str | None, str]]:
    return {(app.kind, app.identifier, app.name, app.state) for app in facts.apps}


@pytest.mark.needs("chromium")
def test_an_extension_and_a_web_app_that_chromium_installed_and_removed(ola: Desktop, tmp_path: Path) -> None:
    data = ola.home / ".config/chromium"
    plant(ola.home, {"helper/manifest.json": json.dumps(EXTENSION)})
    pages = {"index.html": PAGE, "start.html": PAGE, "app.webmanifest": json.dumps(WEB_APP), "icon.svg": ICON}
    plant(tmp_path, pages)
    with site(tmp_path) as url:
        with chromium(ola, data) as control:
            identifier = control.command("Extensions.loadUnpacked", path=str(ola.home / "helper"))["id"]
            control.command("PWA.install", manifestId=f"{url}/id", installUrlOrBundleUrl=f"{url}/")
            assert apps(seen(ola)) >= {("web-app", url, "Chat", "installed")}, "the browser is still running"
        for kind in (Tree, PlainTree):
            facts = seen(ola, kind)
            assert {(app.kind, app.identifier, app.permissions) for app in facts.apps} == {
                ("browser-extension", identifier, ("storage", "tabs")),
                ("web-app", url, ()),
            }
            assert {app.profile for app in facts.apps} == {f"{ola.profile}/chromium/Default"}
            assert facts.accounts == facts.links == (), "nobody is signed in"
        with chromium(ola, data) as control:
            control.command("PWA.uninstall", manifestId=f"{url}/id")
        assert "web-app" not in {app.kind for app in seen(ola).apps}


SIGN_IN = """
const [done] = arguments;
const { FxAccountsStorageManager } = ChromeUtils.importESModule("resource://gre/modules/FxAccountsStorage.sys.mjs");
const storage = new FxAccountsStorageManager();
storage.initialize({ email: "ola@agency.example", uid: "0123456789abcdef0123456789abcdef", verified: true });
storage.getAccountData().then(() => storage.finalize()).then(() => done("ok"), error => done(String(error)));
"""


WEB_APP_OF_FIREFOX = """
const [done] = arguments;
const { TaskbarTabs } = ChromeUtils.importESModule("resource:///modules/taskbartabs/TaskbarTabs.sys.mjs");
TaskbarTabs.findOrCreateTaskbarTab(Services.io.newURI("https://chat.example/a/"), 0, { manifest: { name: "Chat" } })
  .then(() => done("ok"), error => done(String(error)));
"""


@pytest.mark.needs("firefox")
def test_an_add_on_a_web_app_and_an_account_that_firefox_wrote(ola: Desktop) -> None:
    profiles = ola.home / ".mozilla/firefox"
    plant(profiles, {"profiles.ini": "[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\nDefault=1\n"})
    add_on = ola.home / "helper.xpi"
    with zipfile.ZipFile(add_on, "w") as package:
        package.writestr("manifest.json", json.dumps(ADD_ON))
    with mozilla(ola, "firefox-esr", profiles / "abc.default") as control:
        prefs = 'Services.prefs.setBoolPref("xpinstall.signatures.required", false);'
        control.command("WebDriver:ExecuteScript", script=prefs, args=[], sandbox="system")
        control.command("Addon:Install", path=str(add_on), temporary=False)
        told = control.command("WebDriver:ExecuteAsyncScript", script=SIGN_IN, args=[], sandbox="system")
        assert told["value"] == "ok"
        told = control.command("WebDriver:ExecuteAsyncScript", script=WEB_APP_OF_FIREFOX, args=[], sandbox="system")
        assert told["value"] == "ok"
        _wait_for(profiles / "abc.default/taskbartabs/taskbartabs.json")
    facts = seen(ola)
    assert apps(facts) == {
        ("browser-extension", "helper@x.example", "Helper", "installed"),
        ("web-app", "https://chat.example", "Chat", "installed"),
    }
    assert {app.profile for app in facts.apps} == {f"{ola.profile}/firefox/abc.default"}
    assert [(one.type, one.domain, one.services, one.profile) for one in facts.accounts] == [
        ("firefox:account", "agency.example", (), f"{ola.profile}/firefox/abc.default")
    ]


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        assert time.monotonic() < deadline, "Firefox wrote no list of web apps"
        time.sleep(0.05)
