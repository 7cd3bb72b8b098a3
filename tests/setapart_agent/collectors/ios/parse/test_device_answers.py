import pytest

from setapart_agent.collectors.ios.parse import device_answers as answers
from setapart_evidence.model import App

SAFARI = App(identifier="com.apple.mobilesafari", profile="0", source="package-manager")


def test_the_device_without_the_name_that_its_holder_chose() -> None:
    values = {"SerialNumber": "S", "ProductType": "iPad13,4", "ProductVersion": "17.5", "DeviceName": "Ada's iPad"}
    found = answers.device_of(values)
    assert (found.platform, found.serial, found.model, found.form_factor) == ("ios", "S", "iPad13,4", "tablet")
    assert "Ada" not in repr(found)


def test_apps_with_team_and_version_and_those_that_were_offloaded() -> None:
    listed = [
        {"CFBundleIdentifier": "a.b", "CFBundleDisplayName": "A", "CFBundleShortVersionString": "1.2",
         "Entitlements": {"com.apple.developer.team-identifier": "TEAM"}},
        {"CFBundleIdentifier": "c.d", "IsDemotedApp": True},
        {"CFBundleName": "no identifier"},
        5,
    ]  # fmt: skip
    found = answers.apps_of(listed, "0")
    assert [(app.identifier, app.name, app.version, app.publisher, app.state) for app in found] == [
        ("a.b", "A", "1.2", "team:TEAM", "installed"),
        ("c.d", None, None, None, "archived"),
    ]


def test_a_web_clip_is_what_is_on_the_screen_and_no_app() -> None:
    screen = [
        [{"displayIdentifier": "com.apple.mobilesafari"}],
        [
            {"listType": "folder", "iconLists": [[{"displayIdentifier": "0A1B", "displayName": "x"}]]},
            {"displayIdentifier": "0A1C", "displayName": "T", "webClipURL": "https://www.tiktok.com/x"},
            {"displayIdentifier": "com.not.installed"},
            "com.apple.mobilesafari",
        ],
    ]  # fmt: skip
    clips, unknown = answers.clips_of(screen, (SAFARI,), "0")
    assert ([(one.identifier, one.kind) for one in clips], unknown) == ([("https://www.tiktok.com", "web-app")], 1)


def test_installed_profiles_are_named_by_both_lists() -> None:
    assert answers.profiles_of({"OrderedIdentifiers": ["a", 5], "ProfileMetadata": {"a": {}, "b": {}}}) == ("a", "b")
    assert answers.profiles_of({}) == ()


def test_a_screen_that_holds_itself_ends() -> None:
    screen: list[object] = []
    screen.append(screen)
    assert answers.clips_of(screen, (), "0") == ((), 0)


@pytest.mark.parametrize("answer", [None, 5, "x", {"a": 1}, b"x"])
def test_other_answers_are_survived(answer: object) -> None:
    assert answers.apps_of(answer, "0") == ()
    answers.clips_of(answer, (), "0")
