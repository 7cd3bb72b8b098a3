from typing import Any

import pytest

from registry_maker import at, key_of, merged
from setapart_agent.collectors.windows.parse.installed_programs import PATHS, PRODUCTS, read_products, read_programs
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_evidence.identifiers import keys_of
from setapart_evidence.model import App
from windows_tree import ADA


def programs(entries: dict[str, Any], path: str = PATHS[0]) -> tuple[App, ...]:
    reading = Reading("S-1")
    read_programs(reading, key_of(at(path, entries)))
    assert not reading.facts().coverage
    return reading.facts().apps


@pytest.mark.parametrize("path", PATHS)
def test_a_program_is_known_by_its_display_name(path: str) -> None:
    (app,) = programs({"{X}": {"DisplayName": "TikTok", "DisplayVersion": "1.2"}}, path)
    assert app == App(identifier="TikTok", name="TikTok", version="1.2", profile="S-1", source="uninstall-key")
    assert "uninstall:tiktok" in keys_of("windows", app)


def test_both_lists_count() -> None:
    reading = Reading("S-1")
    trees = [at(path, {"x": {"DisplayName": name}}) for path, name in zip(PATHS, ("A", "B"), strict=True)]
    read_programs(reading, key_of(merged(*trees)))
    assert [app.identifier for app in reading.apps] == ["A", "B"]


def test_a_hidden_component_is_there_all_the_same() -> None:
    assert [app.identifier for app in programs({"x": {"DisplayName": "TikTok", "SystemComponent": 1}})] == ["TikTok"]


@pytest.mark.parametrize(
    "update",
    [
        {"DisplayName": "Security Update", "ParentKeyName": "OperatingSystem", "ReleaseType": "Security Update"},
        {"DisplayName": "Update", "ParentKeyName": "Office16", "ParentDisplayName": "Microsoft Office"},
        {"DisplayName": "Hotfix (KB928090)", "ParentKeyName": "OperatingSystem"},
    ],
)
def test_updates_of_a_program_are_no_programs(update: dict[str, Any]) -> None:
    assert programs({"x": update}) == ()


def test_a_parent_alone_hides_no_program() -> None:
    assert [app.identifier for app in programs({"x": {"DisplayName": "TikTok", "ParentKeyName": "y"}})] == ["TikTok"]


def test_a_program_without_a_name_is_known_by_its_key() -> None:
    entries = {
        "TikTok": {"UninstallString": "x"},
        "{53F49750-6209-4FBF-9CA8-7A333C87D1ED}": {"UninstallString": "x"},
        "AddressBook": {},
    }
    assert [app.identifier for app in programs(entries)] == ["TikTok"]


def test_a_web_app_is_no_program_of_that_name() -> None:
    command = r'"C:\Chrome\chrome.exe" --profile-directory=Default --uninstall-app-id=' + "abcdefghijklmnop" * 2
    (app,) = programs({"x": {"DisplayName": "TikTok", "UninstallString": command}})
    assert app.kind == "web-app"
    assert "uninstall:tiktok" not in keys_of("windows", app)


def test_versions_may_stand_in_parts() -> None:
    assert programs({"x": {"DisplayName": "a", "VersionMajor": 5, "VersionMinor": 1}})[0].version == "5.1"


@pytest.mark.parametrize("name", [7, b"\1", ("a", "b"), ""])
def test_a_name_of_another_type_is_none(name: Any) -> None:
    assert programs({"x": {"DisplayName": name}}) in ((), programs({"x": {"DisplayName": "\u0001"}}))


def test_what_windows_installer_remembers_of_machine_and_users() -> None:
    products = {
        sid: {
            "Products": {
                "AB": {"InstallProperties": {"DisplayName": name, "DisplayVersion": "1.0"}},
                "CD": {"Usage": {}},
            }
        }
        for sid, name in (("S-1-5-18", "TikTok"), (ADA, "Telegram Desktop"))
    }
    reading = Reading("system")
    read_products(reading, key_of(at(PRODUCTS, products)))
    found = {(app.identifier, app.version, app.profile) for app in reading.facts().apps}
    assert found == {("TikTok", "1.0", "system"), ("Telegram Desktop", "1.0", ADA)}


def test_a_product_that_both_lists_have_counts_once() -> None:
    entry = {"DisplayName": "7-Zip", "DisplayVersion": "24.09"}
    lists = merged(
        at(PATHS[0], {"{1}": entry}), at(PRODUCTS, {"S-1-5-18": {"Products": {"A": {"InstallProperties": entry}}}})
    )
    reading = Reading("system")
    read_programs(reading, key_of(lists))
    read_products(reading, key_of(lists))
    assert len(reading.facts().apps) == 1
