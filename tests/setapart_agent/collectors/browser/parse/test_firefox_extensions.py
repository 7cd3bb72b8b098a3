"""Add-ons of Firefox's family."""

import json
from typing import Any

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import firefox_extensions
from setapart_agent.errors import ParseError


def addons(**addon: Any) -> str:
    one = {
        "id": "x@y.example",
        "version": "1.2",
        "type": "extension",
        "location": "app-profile",
        "active": True,
        **addon,
    }
    return json.dumps({"schemaVersion": 37, "addons": [one]})


def test_survives_hostile_files() -> None:
    assert_survives(firefox_extensions, "extensions.json", addons().encode())


def test_an_add_on() -> None:
    granted = {"permissions": ["tabs", "bookmarks"], "origins": []}
    (app,) = parsed(firefox_extensions, addons(defaultLocale={"name": "Helper"}, userPermissions=granted)).apps
    assert (app.identifier, app.name, app.version, app.kind, app.state) == (
        "x@y.example",
        "Helper",
        "1.2",
        "browser-extension",
        "installed",
    )
    assert app.permissions == ("bookmarks", "tabs")


@pytest.mark.parametrize("location", ["app-builtin", "app-builtin-addons", "app-system-defaults", "app-system-addons"])
def test_what_comes_with_the_program_is_not_the_users(location: str) -> None:
    assert parsed(firefox_extensions, addons(location=location)).apps == ()


@pytest.mark.parametrize(
    "location", ["app-profile", "app-global", "app-system-share", "app-system-user", "temporary", None]
)
def test_what_was_installed_counts_wherever_it_lies(location: str | None) -> None:
    assert len(parsed(firefox_extensions, addons(location=location)).apps) == 1


def test_switched_off() -> None:
    assert [app.state for app in parsed(firefox_extensions, addons(active=False)).apps] == ["disabled"]


def test_prefs_tell_ids_and_mozillas_own_are_not_the_users() -> None:
    uuids = json.dumps(json.dumps({"formautofill@mozilla.org": "1", "x@y.example": "2", "a@search.mozilla.org": "3"}))
    content = f'user_pref("a", 1);\nuser_pref("extensions.webextensions.uuids", {uuids});\n'
    assert firefox_extensions.recognise("prefs.js", content.encode())
    assert [app.identifier for app in parsed(firefox_extensions, content).apps] == ["x@y.example"]


def test_a_mail_programs_prefs_belong_to_another_parser() -> None:
    content = b'user_pref("mail.x", 1);\nuser_pref("extensions.webextensions.uuids", "{}");\n'
    assert not firefox_extensions.recognise("prefs.js", content)


@pytest.mark.parametrize("content", ["{}", '{"addons": 1}', 'user_pref("extensions.webextensions.uuids", "[");', ""])
def test_other_files_are_refused(content: str) -> None:
    with pytest.raises(ParseError):
        parsed(firefox_extensions, content)
