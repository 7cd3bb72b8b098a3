import json
from pathlib import Path

import pytest

from macos_tree import TREES, MacTree, rows, xml
from setapart_agent.collectors.macos.browsers import Browsers

UBLOCK = "cjpalhdlnbpafiamejdnhcphjbkeiagm"


@pytest.fixture(params=TREES, ids=["tree", "plain"])
def mac(request: pytest.FixtureRequest, tmp_path: Path) -> MacTree:
    return MacTree(tmp_path, request.param)


def test_browsers_of_all_families(mac: MacTree) -> None:
    chrome = "Library/Application Support/Google/Chrome/Default"
    account = [{"email": "ann@corp.example", "gaia": "7"}]
    mac.write(f"{chrome}/Preferences", json.dumps({"account_info": account}))
    mac.write(f"{chrome}/Extensions/{UBLOCK}/1.5_0/manifest.json", json.dumps({"name": "uBO", "version": "1.5"}))
    addons = {"addons": [{"id": "x@example", "type": "extension", "location": "app-profile", "active": True}]}
    mac.write("Library/Application Support/Firefox/Profiles/x.default/extensions.json", json.dumps(addons))
    safari = "Library/Containers/com.apple.Safari/Data/Library/Safari/WebExtensions/Extensions.plist"
    mac.write(safari, xml({"org.example.ext (ABCDE12345)": {"Enabled": True}}))
    facts = mac.collect(Browsers())
    assert {(app.profile, app.identifier) for app in facts.apps} == {
        (f"{mac.ann}/chrome/Default", UBLOCK),
        (f"{mac.ann}/firefox/x.default", "x@example"),
        (f"{mac.ann}/safari/Default", "org.example.ext"),
    }
    assert "corp.example" in {one.domain for one in facts.accounts}
    assert {row[2] for row in rows(facts)} == {"observed"}


def test_a_broken_list_is_said(mac: MacTree) -> None:
    mac.write("Library/Safari/Extensions/Extensions.plist", b"bplist00")
    assert ("apps", mac.ann, "failed") in {row[:3] for row in rows(mac.collect(Browsers()))}
