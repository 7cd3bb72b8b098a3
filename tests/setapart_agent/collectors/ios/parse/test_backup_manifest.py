import plistlib
from pathlib import Path

import pytest

from ios_backup_maker import write_backup
from setapart_agent.collectors.ios.parse import backup_manifest
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet


def test_apps_are_those_with_data_of_their_own(tmp_path: Path) -> None:
    write_backup(
        tmp_path, {("AppDomainGroup-group.a", "x"): b"", ("AppDomainPlugin-a.b", "y"): b""}, app_domains=["a.b"]
    )
    raw = (tmp_path / "Manifest.db").read_bytes()
    assert backup_manifest.recognise("x", raw)
    rows = read_rows(raw, backup_manifest.QUERIES)
    found = backup_manifest.parse(FileSet(files={"main": raw}, rows=rows, profile="0"))
    assert [(app.identifier, app.source) for app in found.apps] == [("a.b", "backup")]


def test_the_property_list_names_the_device_and_its_apps(tmp_path: Path) -> None:
    applications = {
        "a.b": {"CFBundleIdentifier": "a.b", "CFBundleVersion": "7", "ContainerContentClass": "Data/Application"},
        "a.b.plugin": {"CFBundleIdentifier": "a.b.plugin", "ContainerContentClass": "Data/PluginKitPlugin"},
        "group.a": {"CFBundleIdentifier": "group.a", "ContainerContentClass": "Shared/AppGroup"},
        "broken": 5,
    }
    raw = plistlib.dumps(
        {
            "Applications": applications,
            "IsEncrypted": False,
            "Lockdown": {"ProductType": "iPad13,4", "SerialNumber": "S", "ProductVersion": "17.1"},
            "SystemDomainsVersion": "24.0",
        },
        fmt=plistlib.FMT_BINARY,
    )
    assert backup_manifest.recognise("Manifest.plist", raw)
    found = backup_manifest.parse(FileSet(files={"main": raw}, profile="0"))
    assert [(app.identifier, app.version) for app in found.apps] == [("a.b", "7")]
    assert (found.device.serial, found.device.model, found.device.os_version) == ("S", "iPad13,4", "17.1")


def test_an_encrypted_database_is_an_error_and_not_without_apps(tmp_path: Path) -> None:
    write_backup(tmp_path, {}, password="x", app_domains=["a.b"])
    with pytest.raises(ParseError):
        backup_manifest.parse(FileSet(files={"main": (tmp_path / "Manifest.db").read_bytes()}))


@pytest.mark.parametrize(("value", "encrypted"), [(True, True), (1, True), (False, False), (None, False)])
def test_what_says_that_a_backup_is_encrypted(value: object, encrypted: bool) -> None:
    assert backup_manifest.is_encrypted({"IsEncrypted": value}) is encrypted


def test_an_app_that_is_there_as_a_placeholder_is_archived(tmp_path: Path) -> None:
    write_backup(
        tmp_path,
        {("AppDomainPlaceholder-a.gone", "x"): b"", ("AppDomainPlaceholder-a.here", "x"): b""},
        app_domains=["a.here"],
    )
    rows = read_rows((tmp_path / "Manifest.db").read_bytes(), backup_manifest.QUERIES)
    found = backup_manifest.apps_of_rows(rows, "0")
    assert [(app.identifier, app.state) for app in found] == [("a.here", "installed"), ("a.gone", "archived")]
