"""Unpacked extensions of Chromium's family."""

import json

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import chromium_extension
from setapart_agent.errors import ParseError

ID = "abcdefghijklmnopabcdefghijklmnop"
PATH = f"/home/ann/.config/chromium/Default/Extensions/{ID}/1.0_0/manifest.json"
MANIFEST = {"manifest_version": 3, "name": "__MSG_appName__", "version": "1.0", "default_locale": "pt_BR"}
RAW = json.dumps(MANIFEST).encode()


def test_survives_hostile_files() -> None:
    assert_survives(chromium_extension, "manifest.json", RAW, path=PATH)


def test_the_folder_is_the_id_and_messages_hold_the_name() -> None:
    messages = json.dumps({"APPNAME": {"message": "Ajudante"}}).encode()
    (app,) = parsed(chromium_extension, RAW, PATH, messages=messages).apps
    assert (app.identifier, app.name, app.version, app.kind) == (ID, "Ajudante", "1.0", "browser-extension")


def test_a_name_is_looked_for_in_the_language_and_in_english() -> None:
    assert chromium_extension.companions(PATH, RAW) == {
        "messages": "_locales/pt_BR/messages.json",
        "messages-language": "_locales/pt/messages.json",
        "messages-english": "_locales/en/messages.json",
    }
    english = json.dumps({"appName": {"message": "Helper"}}).encode()
    (app,) = parsed(chromium_extension, RAW, PATH, **{"messages": b"{broken", "messages-english": english}).apps
    assert app.name == "Helper"


def test_a_locale_is_never_a_way_out_of_the_folder() -> None:
    for locale in ("../../x", "a/b", "", 7):
        raw = json.dumps({**MANIFEST, "default_locale": locale}).encode()
        assert chromium_extension.companions(PATH, raw) == {}


def test_without_its_folder_the_key_says_the_id() -> None:
    # SHA-256 of no bytes is e3b0c442 98fc1c14 9afbf4c8 996fb924 …
    assert chromium_extension.app_id(b"") == "odlameecjipmbmbejkplpemijjgpljce"
    raw = json.dumps({**MANIFEST, "key": "eA=="}).encode()  # x: 2d711642b726b04401627ca9fbac32f5…
    (app,) = parsed(chromium_extension, raw, "manifest.json").apps
    assert app.identifier == "cnhbbgeclhcglaeeabgchmkjplkmdcpf"


def test_a_name_nobody_translates_is_none() -> None:
    (app,) = parsed(chromium_extension, RAW, PATH).apps
    assert app.name is None


def test_a_hosted_app_is_a_web_app() -> None:
    raw = json.dumps({**MANIFEST, "name": "T", "app": {"launch": {"web_url": "https://web.telegram.org/"}}})
    (app,) = parsed(chromium_extension, raw, PATH).apps
    assert (app.kind, app.identifier) == ("web-app", "https://web.telegram.org")


@pytest.mark.parametrize("raw", [b"{}", b'{"name": "x"}', b'{"manifest_version": 3, "key": "\xc3"}'])
def test_what_nothing_identifies_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(chromium_extension, raw, "manifest.json")
