import plistlib
from datetime import UTC, datetime
from typing import Any

import pytest

from hostile_files import variants
from ios_backup_maker import info
from setapart_agent.collectors.ios.parse import backup_info
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts, FileSet


def facts(value: dict[str, Any]) -> Facts:
    raw = plistlib.dumps(value)
    assert backup_info.recognise("Info.plist", raw)
    return backup_info.parse(FileSet(files={"main": raw}, profile="0"))


def test_the_device_and_the_apps_that_its_user_installed() -> None:
    found = facts(info(["ph.telegra.Telegraph", "com.zhiliaoapp.musically"]))
    assert (found.device.platform, found.device.os_version, found.device.model) == ("ios", "17.5.1", "iPhone13,2")
    assert (found.device.serial, found.device.form_factor) == ("F1234567890", "phone")
    assert [(app.identifier, app.source) for app in found.apps] == [
        ("ph.telegra.Telegraph", "backup"),
        ("com.zhiliaoapp.musically", "backup"),
    ]
    assert found.coverage == ()


def test_names_and_versions_come_from_the_store() -> None:
    metadata = plistlib.dumps({"itemName": "TikTok", "bundleShortVersionString": "34.1", "artistName": "x"})
    described = {"com.zhiliaoapp.musically": {"iTunesMetadata": metadata, "PlaceholderIcon": b"png"}}
    (app,) = facts(info(["com.zhiliaoapp.musically"], Applications=described)).apps
    assert (app.name, app.version) == ("TikTok", "34.1")


@pytest.mark.parametrize("metadata", [b"", b"bplist00\x00", plistlib.dumps([1]), "text", 5])
def test_broken_words_of_the_store_cost_a_name_and_no_app(metadata: object) -> None:
    (app,) = facts(info(["a.b"], Applications={"a.b": {"iTunesMetadata": metadata}})).apps
    assert (app.identifier, app.name) == ("a.b", None)


def test_no_list_of_apps_is_said_and_an_empty_one_is_not() -> None:
    without = facts(info(**{"Installed Applications": None}))
    assert [(row.section, row.status) for row in without.coverage] == [("apps", "partial")]
    assert facts(info([])).coverage == ()


def test_apps_that_the_store_describes_are_told_without_the_list() -> None:
    found = facts(info(**{"Installed Applications": None, "Applications": {"com.zhiliaoapp.musically": {}}}))
    assert [app.identifier for app in found.apps] == ["com.zhiliaoapp.musically"]
    assert [row.status for row in found.coverage] == ["partial"]


@pytest.mark.parametrize("broken", [5, b"a.c", "", {"CFBundleIdentifier": "a.c"}])
def test_a_broken_entry_makes_the_list_doubtful(broken: object) -> None:
    found = facts({**info(), "Installed Applications": ["a.b", broken]})
    assert [app.identifier for app in found.apps] == ["a.b"]
    assert [row.status for row in found.coverage] == ["partial"]


@pytest.mark.parametrize("missing", ["Target Identifier", "Unique Identifier"])
def test_a_file_without_one_of_its_identifiers_is_recognised(missing: str) -> None:
    assert backup_info.recognise("x", plistlib.dumps(info(["a.b"], **{missing: None})))


def test_an_ipad_is_a_tablet() -> None:
    assert facts(info(**{"Product Type": "iPad13,4"})).device.form_factor == "tablet"


def test_the_moment_of_the_backup_is_in_utc() -> None:
    assert backup_info.taken_at(plistlib.dumps(info())) == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert backup_info.taken_at(plistlib.dumps({"Date": "yesterday"})) is None


def test_other_property_lists_are_an_error() -> None:
    with pytest.raises(ParseError):
        backup_info.parse(FileSet(files={"main": plistlib.dumps({"CFBundleIdentifier": "a.b"})}))


def test_damage_ends_in_our_error() -> None:
    for raw in variants(plistlib.dumps(info(["a.b"]), fmt=plistlib.FMT_BINARY)):
        try:
            backup_info.parse(FileSet(files={"main": raw}, profile="0"))
        except ParseError:
            continue
