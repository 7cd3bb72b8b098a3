"""Web apps in a Chromium profile's database."""

import pytest

from leveldb_maker import log, table, web_app
from setapart_agent.collectors.browser.parse import chromium_web_apps
from setapart_agent.collectors.browser.parse.chromium_web_apps import WebApp, web_apps
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet

ONE, TWO, THREE = "a" * 32, "b" * 32, "c" * 32
OLD = table(
    [
        (b"web_apps-dt-DATABASE_METADATA", b"\x08\x02"),
        (b"web_apps-dt-" + ONE.encode(), web_app(b"https://www.tiktok.com/?lang=en", b"TikTok")),
        (b"web_apps-dt-" + TWO.encode(), web_app(b"https://gone.example/", b"Gone")),
        (b"web_apps-dt-" + THREE.encode(), web_app(b"isolated-app://abc/", b"Isolated")),
    ],
    packed=True,
)
NEW = log([(b"web_apps-dt-" + TWO.encode(), None), (b"web_apps-md-" + TWO.encode(), b"x")], sequence=7)


def test_installed_web_apps_over_all_files() -> None:
    files = FileSet(files={"000005.ldb": OLD, "000007.log": NEW}, profile="1000/chromium/Default")
    assert web_apps(files) == (
        WebApp(app_id=ONE, origin="https://www.tiktok.com", name="TikTok"),
        WebApp(app_id=THREE, origin=None, name="Isolated"),
    )
    (app,) = chromium_web_apps.parse(files).apps
    assert (app.kind, app.identifier, app.name, app.profile, app.source) == (
        "web-app",
        "https://www.tiktok.com",
        "TikTok",
        "1000/chromium/Default",
        "browser",
    )


@pytest.mark.parametrize(("state", "installed"), [(None, True), (0, False), (1, True), (2, True), (3, False)])
def test_an_app_of_another_device_is_only_suggested_here(state: int | None, installed: bool) -> None:
    record = web_app(b"https://www.tiktok.com/", b"TikTok", state)
    files = FileSet(files={"main": log([(b"web_apps-dt-" + ONE.encode(), record)])})
    assert [app.installed for app in web_apps(files)] == [installed]
    assert len(chromium_web_apps.parse(files).apps) == installed


def test_recognised_by_form() -> None:
    assert chromium_web_apps.recognise("000005.ldb", OLD)
    assert chromium_web_apps.recognise("000007.log", NEW)
    assert not chromium_web_apps.recognise("syslog.log", b"Jan 1 kernel")
    assert not chromium_web_apps.recognise("000005.ldb", table([(b"bookmarks-dt-1", b"x"), (b"xx", b"y")]))


@pytest.mark.parametrize("value", [b"\x0a\x05ab", b"\x0b", b"\x0a", b"\xff" * 12])
def test_a_broken_record_is_refused(value: bytes) -> None:
    with pytest.raises(ParseError):
        web_apps(FileSet(files={"main": log([(b"web_apps-dt-" + ONE.encode(), value)])}))
