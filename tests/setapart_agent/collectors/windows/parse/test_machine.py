from typing import Any

import pytest

from registry_maker import at, key_of, merged
from setapart_agent.collectors.windows.parse.machine import (
    PROFILE_LIST,
    ListedProfile,
    control_set,
    folder_name,
    listed_profiles,
    profile_kind,
    read_device,
    read_profiles,
)
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts
from setapart_evidence.model import Profile
from windows_tree import ADA, BOB, VERSION


def device(version: dict[str, Any], control: dict[str, Any] | None = None, *, live: bool = False) -> DeviceFacts:
    software = merged(at(VERSION, version), at(r"Microsoft\Cryptography", {"MachineGuid": "guid"}))
    system = {"Select": {"Current": 2}, "ControlSet001": {}, "ControlSet002": control or {}}
    reading = Reading("system")
    read_device(reading, key_of(software), key_of(system), live=live)
    return reading.device


def test_windows_11_is_told_by_its_build_and_not_by_its_name() -> None:
    found = device({"ProductName": "Windows 10 Pro", "CurrentBuild": "22631", "UBR": 4169, "DisplayVersion": "23H2"})
    assert found.os_version == "Windows 11 Pro 23H2"
    assert (found.os_api_level, found.patch_level) == (22631, "22631.4169")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ({"ProductName": "Windows 10 Pro", "CurrentBuild": "19045", "ReleaseId": "2009"}, "Windows 10 Pro 2009"),
        (
            {"ProductName": "Microsoft Windows XP", "CSDVersion": "Service Pack 3"},
            "Microsoft Windows XP Service Pack 3",
        ),
        ({"CurrentBuild": "22631"}, None),
    ],
)
def test_other_versions_are_named_as_they_name_themselves(version: dict[str, Any], expected: str | None) -> None:
    assert device(version).os_version == expected


@pytest.mark.parametrize("build", ["", "x", "9" * 40, "²"])
def test_a_build_that_is_no_number_is_none(build: str) -> None:
    assert device({"ProductName": "Windows 10 Pro", "CurrentBuild": build}).os_api_level is None


def test_model_and_form_come_from_the_control_set_in_use() -> None:
    control = {
        "Control": {
            "SystemInformation": {"SystemManufacturer": "Maker", "SystemProductName": "To be filled by O.E.M."}
        },
        "Enum": {"ACPI": {"PNP0C0A": {"1": {}}}},
    }
    found = device({"InstallationType": "Client"}, control)
    assert (found.manufacturer, found.model, found.form_factor) == ("Maker", None, "laptop")
    assert device({"InstallationType": "Server Core"}, control).form_factor == "server"
    assert device({"InstallationType": "Client"}, {"Control": {}}).form_factor == "desktop"


def test_the_installations_id_stands_in_for_a_serial_that_no_disk_tells() -> None:
    assert device({}).serial == "guid"
    assert device({}, live=True).serial is None


def test_the_running_systems_control_set_has_a_name_of_its_own() -> None:
    found = control_set(key_of({"CurrentControlSet": {"x": 1}, "ControlSet001": {}}))
    assert found is not None
    assert found.number("x") == 1
    assert control_set(key_of({})) is None
    assert control_set(None) is None


def test_people_have_profiles_and_services_have_none() -> None:
    users = {
        ADA: {"ProfileImagePath": r"C:\Users\ada"},
        BOB.lower(): {"ProfileImagePath": r"C:\Users\bob"},
        f"{ADA}.bak": {"ProfileImagePath": r"C:\Users\old"},
        "S-1-5-18": {"ProfileImagePath": "x"},
        "S-1-5-80-1-2-3-4": {"ProfileImagePath": "x"},
    }
    software = key_of(at(PROFILE_LIST, users))
    assert listed_profiles(software) == (
        ListedProfile(sid=ADA, path=r"C:\Users\ada"),
        ListedProfile(sid=BOB, path=r"C:\Users\bob"),
    )
    reading = Reading("system")
    read_profiles(reading, software)
    assert reading.profiles == [
        Profile(id=ADA, kind="primary", name="ada"),
        Profile(id=BOB, kind="primary", name="bob"),
    ]


def test_a_user_whose_only_profile_was_set_aside_is_listed() -> None:
    software = key_of(at(PROFILE_LIST, {f"{ADA}.bak": {"ProfileImagePath": r"D:\Users\ada"}}))
    assert listed_profiles(software) == (ListedProfile(sid=ADA, path=r"D:\Users\ada"),)


def test_a_control_set_alone_is_read() -> None:
    found = control_set(key_of({"ControlSet002": {"Services": {}}}))
    assert found is not None
    assert found.name == "ControlSet002"


def test_the_guest_is_a_guest() -> None:
    assert profile_kind("S-1-5-21-1-2-3-501") == "guest"
    assert profile_kind(ADA) == profile_kind("S-1-5-21-1-2-3-1501") == "primary"


def test_no_list_of_profiles_is_told() -> None:
    with pytest.raises(ParseError):
        listed_profiles(key_of({}))


@pytest.mark.parametrize(("path", "name"), [(r"C:\Users\ada", "ada"), ("C:/Users/ada/", "ada"), ("", None), ("x", "x")])
def test_the_last_part_of_a_path(path: str, name: str | None) -> None:
    assert folder_name(path) == name
