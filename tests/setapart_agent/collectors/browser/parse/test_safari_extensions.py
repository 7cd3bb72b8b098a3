"""Safari's lists of extensions."""

import plistlib
from datetime import datetime
from typing import Any

import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.browser.parse import safari_extensions
from setapart_agent.errors import ParseError

NOW = datetime(2026, 1, 2)  # noqa: DTZ001 - plists have UTC without saying so


def listed(fmt: plistlib.PlistFormat = plistlib.FMT_XML, **extensions: Any) -> bytes:
    return plistlib.dumps(extensions, fmt=fmt)


ONE = {"com.example.Shield.Extension (A1B2C3D4E5)": {"AddedDate": NOW, "Enabled": True, "WebsiteAccess": {}}}


@pytest.mark.parametrize("fmt", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_survives_hostile_files(fmt: plistlib.PlistFormat) -> None:
    assert_survives(safari_extensions, "Extensions.plist", listed(fmt, **ONE))


@pytest.mark.parametrize("fmt", [plistlib.FMT_XML, plistlib.FMT_BINARY])
def test_an_extension_goes_by_its_bundle_and_its_team(fmt: plistlib.PlistFormat) -> None:
    (app,) = parsed(safari_extensions, listed(fmt, **ONE)).apps
    assert (app.identifier, app.publisher, app.kind, app.source, app.state, app.profile) == (
        "com.example.Shield.Extension",
        "team:A1B2C3D4E5",
        "browser-extension",
        "browser",
        "installed",
        "1000",
    )


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        ({"Enabled": True}, "installed"),
        ({"Enabled": False}, "disabled"),
        ({"WebsiteAccess": {"Level": "All"}}, "installed"),
        ({"Enabled": True, "RemovedDate": NOW}, "removed-trace"),
        ({"Enabled": False, "RemovedDate": NOW}, "removed-trace"),
    ],
)
def test_switched_off_and_gone_are_told_apart(entry: dict[str, Any], state: str) -> None:
    assert [app.state for app in parsed(safari_extensions, listed(**{"com.x.y (TEAM)": entry})).apps] == [state]


def test_granted_permissions() -> None:
    entry = {"GrantedPermissions": {"tabs": NOW, "nativeMessaging": NOW}, "Permissions": {"cookies": NOW}}
    (app,) = parsed(safari_extensions, listed(**{"com.x.y (TEAM)": entry})).apps
    assert app.permissions == ("nativeMessaging", "tabs")


def test_an_extension_without_a_team_has_no_publisher() -> None:
    apps = parsed(safari_extensions, listed(**{"com.x.y (UNSIGNED)": {}, "com.z": {}})).apps
    assert [(app.identifier, app.publisher) for app in apps] == [("com.x.y", None), ("com.z", None)]


def test_the_former_kind() -> None:
    extensions = [
        {"Archive File Name": "Old One.safariextz", "Bundle Identifier": "com.old.one", "Enabled": True},
        {"Archive File Name": "Other.safariextz", "Enabled": False},
        {"Enabled": True},
        "nonsense",
    ]
    apps = parsed(safari_extensions, listed(**{"Installed Extensions": extensions, "Version": 1})).apps
    assert [(app.identifier, app.name, app.state) for app in apps] == [
        ("com.old.one", "Old One", "installed"),
        ("Other", "Other", "disabled"),
    ]


def test_no_extension_left() -> None:
    assert parsed(safari_extensions, listed()).apps == ()
    assert parsed(safari_extensions, listed(**{"Installed Extensions": []})).apps == ()


@pytest.mark.parametrize("content", [b"", b"{}", plistlib.dumps([]), listed(Version=1)])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(ParseError):
        parsed(safari_extensions, content)
