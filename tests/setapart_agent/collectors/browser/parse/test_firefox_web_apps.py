"""Web apps of Firefox, as Firefox 153 on Linux writes them."""

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import firefox_web_apps
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts

SAMPLE = (
    b'{"version":1,"taskbarTabs":[{"id":"f02836c1-ab8f-4c6d-b935-ae59556c1d0e","scopes":[{"hostname":"chat.example"}],'
    b'"userContextId":0,"startUrl":"https://Chat.example/a/","name":"Chat",'
    b'"shortcutRelativePath":"firefox-esr.webapp-f02836c1.desktop"}]}'
)


def test_survives_hostile_files() -> None:
    assert_survives(firefox_web_apps, "taskbartabs.json", SAMPLE)


def test_a_web_app_goes_by_its_site() -> None:
    (app,) = parsed(firefox_web_apps, SAMPLE).apps
    assert (app.identifier, app.name, app.kind, app.source) == ("https://chat.example", "Chat", "web-app", "browser")


PWAS = (
    b'{"profiles":{"0":{"sites":["1","2"]}},"sites":{"1":{"ulid":"1","config":{"name":"Mine","start_url":null,'
    b'"document_url":"https://Chat.example/a","manifest_url":"https://cdn.example/m.json"},'
    b'"manifest":{"start_url":"https://chat.example/","name":"Chat"}},"2":{"config":{"name":null},"manifest":{}}}}'
)


def test_sites_of_pwas_for_firefox_go_by_their_site_and_one_without_is_told() -> None:
    assert firefox_web_apps.recognise("config.json", PWAS)
    facts = parsed(firefox_web_apps, PWAS)
    assert [(app.identifier, app.name, app.kind) for app in facts.apps] == [
        ("https://chat.example", "Mine", "web-app"),
    ]
    assert [(row.section, row.status, row.reason) for row in facts.coverage] == [
        ("apps", "partial", firefox_web_apps.UNKNOWN_ORIGIN)
    ]
    assert parsed(firefox_web_apps, b'{"profiles":{},"sites":{}}') == Facts()
    assert_survives(firefox_web_apps, "config.json", PWAS)


def test_none_is_left_and_no_list_is_an_error() -> None:
    assert parsed(firefox_web_apps, b'{"version":1,"taskbarTabs":[]}').apps == ()
    with pytest.raises(ParseError, match="no list"):
        parsed(firefox_web_apps, b'{"version":2,"apps":[]}')
