"""Preferences of Chromium's family."""

import json
from typing import Any

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import chromium_preferences
from setapart_agent.collectors.browser.parse.chromium_preferences import origin_of

ID = "abcdefghijklmnopabcdefghijklmnop"


def settings(**entry: Any) -> str:
    return json.dumps({"extensions": {"settings": {ID: entry}}, "protection": {}})


def extension(**more: Any) -> str:
    return settings(
        **{"location": 1, "state": 1, "manifest": {"name": "Helper", "version": "1.2"}, "path": "x", **more}
    )


def account(**info: Any) -> str:
    return json.dumps({"account_info": [info]})


def test_survives_hostile_files() -> None:
    assert_survives(chromium_preferences, "Preferences", extension().encode())


def test_an_extension() -> None:
    (app,) = parsed(chromium_preferences, extension(granted_permissions={"api": ["tabs", "contacts"]})).apps
    assert (app.identifier, app.name, app.version, app.kind, app.source, app.state) == (
        ID,
        "Helper",
        "1.2",
        "browser-extension",
        "browser",
        "installed",
    )
    assert app.permissions == ("contacts", "tabs")


@pytest.mark.parametrize("more", [{"state": 0}, {"disable_reasons": [1]}, {"disable_reasons": 1}])
def test_an_extension_that_is_switched_off_is_still_there(more: dict[str, Any]) -> None:
    assert [app.state for app in parsed(chromium_preferences, extension(**more)).apps] == ["disabled"]


def test_an_unpacked_extension_has_a_path_and_no_manifest_here() -> None:
    assert len(parsed(chromium_preferences, settings(location=4, path="/home/ann/ext")).apps) == 1


@pytest.mark.parametrize("entry", [{"location": 5}, {"state": 2}, {"manifest": None, "path": None}])
def test_parts_of_the_browser_and_what_was_removed_are_no_extensions(entry: dict[str, Any]) -> None:
    assert parsed(chromium_preferences, extension(**entry)).apps == ()


def test_operas_list_has_another_name() -> None:
    entry = {"location": 1, "state": 1, "manifest": {"name": "Helper", "version": "1"}}
    content = json.dumps({"extensions": {"opsettings": {ID: entry}}})
    assert [app.identifier for app in parsed(chromium_preferences, content).apps] == [ID]


def test_a_hosted_app_is_a_web_app() -> None:
    manifest = {"name": "TikTok", "version": "1", "app": {"launch": {"web_url": "https://www.tiktok.com/foryou"}}}
    (app,) = parsed(chromium_preferences, extension(manifest=manifest)).apps
    assert (app.kind, app.identifier, app.name) == ("web-app", "https://www.tiktok.com", "TikTok")


def test_web_apps_that_metrics_are_kept_for() -> None:
    metrics = {"https://web.telegram.org/k/": {"installed": True}, "https://other.example/": {"installed": False}}
    facts = parsed(chromium_preferences, json.dumps({"web_apps": {"daily_metrics": metrics}}))
    assert [(app.kind, app.identifier) for app in facts.apps] == [("web-app", "https://web.telegram.org")]


def test_a_google_account_keeps_its_hosted_domain_and_has_no_services() -> None:
    (found,) = parsed(chromium_preferences, account(email="a@agency.example", hd="Agency.example")).accounts
    assert (found.type, found.domain, found.tenant, found.services) == (
        "chromium:google",
        "agency.example",
        "agency.example",
        (),
    )


@pytest.mark.parametrize("domain", ["NO_HOSTED_DOMAIN", "no_hosted_domain", ""])
def test_a_private_google_account_has_no_tenant(domain: str) -> None:
    (found,) = parsed(chromium_preferences, account(email="a@gmail.com", hd=domain)).accounts
    assert found.tenant is None


def test_edges_accounts_are_microsofts() -> None:
    tenant = "11111111-2222-3333-4444-555555555555"
    work = account(email="a@agency.example", edge_account_type=2, edge_account_tenant_id=tenant)
    private = account(
        email="a@outlook.com", edge_account_type=1, edge_account_tenant_id="9188040d-6c67-4c5b-b112-36a304b66dad"
    )
    (found,) = parsed(chromium_preferences, work).accounts
    assert (found.type, found.tenant) == ("chromium:microsoft", tenant)
    (found,) = parsed(chromium_preferences, private).accounts
    assert (found.type, found.tenant, found.domain) == ("chromium:microsoft", None, "outlook.com")


def test_old_browsers_name_the_account_elsewhere_and_a_trace_is_none() -> None:
    content = json.dumps({"google": {"services": {"username": "a@x.example", "last_username": "b@y.example"}}})
    assert [found.address for found in parsed(chromium_preferences, content).accounts] == ["a@x.example"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://www.TikTok.com/foo?x#y", "https://www.tiktok.com"),
        ("http://a.example:8080", "http://a.example:8080"),
        ("https://user@www.tiktok.com/", "https://www.tiktok.com"),
        ("https://[::1]:443/", "https://[::1]:443"),
        ("chrome://settings", None),
        ("https://", None),
        ("isolated-app://x", None),
    ],
)
def test_origins(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin
