import plistlib

import pytest

from setapart_agent.collectors.ios.parse import web_clip
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

NAME = "HomeDomain/Library/WebClips/0123.webclip/Info.plist"


def test_a_clip_is_a_web_app_by_its_origin() -> None:
    raw = plistlib.dumps({"URL": "https://www.TikTok.com/foryou", "Title": "TikTok", "FullScreen": True})
    assert web_clip.recognise(NAME, raw)
    (app,) = web_clip.parse(FileSet(files={"main": raw}, profile="0")).apps
    assert (app.identifier, app.name, app.kind, app.source) == ("https://www.tiktok.com", "TikTok", "web-app", "backup")


def test_a_clip_that_opens_no_web_page_is_no_web_app() -> None:
    raw = plistlib.dumps({"URL": "prefs:root=WIFI", "Title": "Wi-Fi"})
    assert web_clip.parse(FileSet(files={"main": raw})).apps == ()


def test_a_clip_that_stands_for_an_app_is_no_web_app() -> None:
    raw = plistlib.dumps({"ApplicationBundleIdentifier": "com.apple.Maps", "Title": "Maps"})
    assert web_clip.parse(FileSet(files={"main": raw})).apps == ()


@pytest.mark.parametrize("value", [{}, {"URL": 5}, {"Title": "x"}])
def test_a_clip_without_an_address_is_an_error(value: dict[str, object]) -> None:
    with pytest.raises(ParseError):
        web_clip.parse(FileSet(files={"main": plistlib.dumps(value)}))
