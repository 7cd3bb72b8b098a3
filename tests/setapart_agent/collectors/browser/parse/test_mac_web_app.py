"""Web apps that are bundles on macOS."""

import plistlib
from typing import Any

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import mac_web_app
from setapart_agent.errors import ParseError

SAFARI = {
    "CFBundleIdentifier": "com.apple.Safari.WebApp.0F3E1A52-0000-4000-8000-000000000001",
    "CFBundleName": "TikTok",
    "Manifest": {
        "name": "TikTok",
        "start_url": "https://www.TikTok.com/foryou?x=1",
        "scope": "https://www.tiktok.com/",
    },
}
CHROME = {
    "CFBundleIdentifier": "com.google.Chrome.app.abcdefghijklmnopabcdefghijklmnop",
    "CrAppModeShortcutID": "abcdefghijklmnopabcdefghijklmnop",
    "CrAppModeShortcutName": "Chat",
    "CrAppModeShortcutURL": "https://web.telegram.org/k/",
}


def info(fmt: plistlib.PlistFormat = plistlib.FMT_XML, **values: Any) -> bytes:
    return plistlib.dumps(values, fmt=fmt)


@pytest.mark.parametrize("fmt", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_survives_hostile_files(fmt: plistlib.PlistFormat) -> None:
    assert_survives(mac_web_app, "Info.plist", info(fmt, **SAFARI))


@pytest.mark.parametrize(
    ("values", "site", "name"),
    [(SAFARI, "https://www.tiktok.com", "TikTok"), (CHROME, "https://web.telegram.org", "Chat")],
)
@pytest.mark.parametrize("fmt", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_a_web_app_goes_by_its_site(values: dict[str, Any], site: str, name: str, fmt: plistlib.PlistFormat) -> None:
    content = info(fmt, **values)
    assert mac_web_app.recognise("X.app/Contents/Info.plist", content)
    facts = parsed(mac_web_app, content)
    assert [(app.kind, app.identifier, app.name, app.source) for app in facts.apps] == [
        ("web-app", site, name, "bundle")
    ]
    assert facts.coverage == ()


@pytest.mark.parametrize(
    "more",
    [
        {"Manifest": {"start_url": "/start", "scope": "https://chat.example/"}},
        {"Manifest": {"start_url": 7}, "WKManifestURL": "https://chat.example/app.webmanifest"},
        {"WKPushBundleMetadata": {"manifestId": "https://chat.example/"}},
    ],
)
def test_the_site_is_found_where_the_start_address_has_none(more: dict[str, Any]) -> None:
    values = {"CFBundleIdentifier": SAFARI["CFBundleIdentifier"], **more}
    assert [app.identifier for app in parsed(mac_web_app, info(**values)).apps] == ["https://chat.example"]


@pytest.mark.parametrize("more", [{}, {"Manifest": "x"}, {"Manifest": {"start_url": "/"}}])
def test_a_web_app_whose_site_nobody_knows_is_told_and_not_dropped(more: dict[str, Any]) -> None:
    values = {"CFBundleIdentifier": "com.apple.Safari.WebApp.X", **more}
    facts = parsed(mac_web_app, info(**values))
    assert [app.identifier for app in facts.apps] == ["com.apple.Safari.WebApp.X"]
    assert [(row.section, row.status, row.reason) for row in facts.coverage] == [
        ("apps", "partial", mac_web_app.UNKNOWN_ORIGIN)
    ]


@pytest.mark.parametrize("bundle", ["com.apple.Safari", "com.apple.Safari.WebAppHelper", "com.google.Chrome", ""])
def test_a_program_is_no_web_app(bundle: str) -> None:
    assert (
        mac_web_app.web_app({"CFBundleIdentifier": bundle, "Manifest": {"start_url": "https://x.example"}}, "501")
        is None
    )
    with pytest.raises(ParseError, match="no web app"):
        parsed(mac_web_app, info(CFBundleIdentifier=bundle))
