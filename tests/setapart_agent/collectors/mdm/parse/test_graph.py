import pytest

from hostile_files import assert_survives
from mdm_maker import (
    IPHONE,
    LINUX,
    MAC,
    PHONE,
    WINDOWS,
    Machine,
    Program,
    encoded,
    graph_app,
    graph_device,
    with_programs,
)
from setapart_agent.collectors.mdm.parse import graph
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.errors import ParseError
from setapart_agent.facts import FileSet
from setapart_evidence.identifiers import keys_of
from setapart_evidence.model import Link

TIKTOK = Program(id="com.zhiliaoapp.musically", name="TikTok")


def one(value: object) -> Export:
    (found,) = graph.devices(encoded(value))
    return found


def apps_row(found: Export, profile: str) -> tuple[str, str | None]:
    (row,) = [row for row in found.facts.coverage if row.section == "apps" and row.profile == profile]
    return row.status, row.reason


@pytest.mark.parametrize("machine", [PHONE, IPHONE, MAC, WINDOWS, LINUX], ids=lambda machine: machine.platform)
def test_the_device_is_what_it_says_of_itself(machine: Machine) -> None:
    device = one(graph_device(machine)).facts.device
    assert (device.platform, device.serial, device.model) == (machine.platform, machine.serial, machine.model)
    assert (device.manufacturer, device.os_version) == (machine.maker, machine.version)
    assert device.patch_level == ("2026-10-01" if machine is PHONE else None)


@pytest.mark.parametrize("machine", [PHONE, IPHONE, MAC, WINDOWS, LINUX], ids=lambda machine: machine.platform)
def test_names_alone_are_never_a_full_view(machine: Machine) -> None:
    found = one(graph_device(machine))
    assert found.facts.apps
    for row in found.facts.coverage:
        assert row.status != "observed"
    profile = "system" if machine in (MAC, WINDOWS, LINUX) else "0"
    assert apps_row(found, profile)[0] == "partial"


@pytest.mark.parametrize("machine", [PHONE, IPHONE, MAC], ids=lambda machine: machine.platform)
def test_a_name_raises_suspicion_where_there_are_ids(machine: Machine) -> None:
    found = one(graph_device(with_programs(machine, TIKTOK, keep=False))).facts
    assert found.device.platform is not None
    (app,) = found.apps
    keys = keys_of(found.device.platform, app)
    assert "label:tiktok" in keys
    assert f"{machine.platform}:com.zhiliaoapp.musically" not in keys


def test_on_windows_the_name_is_the_program() -> None:
    program = Program(id=None, name="Telegram Desktop version 5.1", publisher="Telegram FZ-LLC")
    (app,) = one(graph_device(with_programs(WINDOWS, program, keep=False))).facts.apps
    assert "uninstall-prefix:telegram desktop" in keys_of("windows", app)


def test_on_windows_a_package_with_its_publisher_is_identified() -> None:
    microsoft = "CN=Microsoft Corporation, O=Microsoft Corporation, L=Redmond, S=Washington, C=US"
    program = Program(id=None, name="Microsoft.WindowsCalculator", publisher=microsoft)
    (app,) = one(graph_device(with_programs(WINDOWS, program, keep=False))).facts.apps
    assert keys_of("windows", app)[0] == "appx:microsoft.windowscalculator_8wekyb3d8bbwe"


def test_on_windows_a_package_without_its_publisher_raises_suspicion() -> None:
    program = Program(id=None, name="BytedancePte.Ltd.TikTok", publisher="TikTok Pte. Ltd.")
    (app,) = one(graph_device(with_programs(WINDOWS, program, keep=False))).facts.apps
    assert "label:tiktok" in keys_of("windows", app)


@pytest.mark.parametrize("owner", ["personal", "unknown", None])
def test_of_a_personal_device_the_list_is_no_list(owner: str | None) -> None:
    status, reason = apps_row(one(graph_device(IPHONE, managedDeviceOwnerType=owner)), "0")
    assert status == "denied"
    assert "managed apps" in (reason or "")


@pytest.mark.parametrize(
    ("system", "enrolment", "owner", "profiles"),
    [
        ("AndroidForWork", "userEnrollment", "personal", ["0", "10"]),
        ("AndroidForWork", "userEnrollment", "company", ["0", "10"]),
        ("AndroidEnterprise", "androidEnterpriseCorporateWorkProfile", "company", ["0", "10"]),
        ("AndroidEnterprise", "androidEnterpriseFullyManaged", "company", ["0"]),
        ("AndroidEnterprise", "androidEnterpriseDedicatedDevice", "company", ["0"]),
        ("Android", "userEnrollment", "personal", ["0"]),
    ],
)
def test_a_work_profile_leaves_the_personal_side_unseen(
    system: str, enrolment: str, owner: str, profiles: list[str]
) -> None:
    device = graph_device(PHONE, operatingSystem=system, deviceEnrollmentType=enrolment, managedDeviceOwnerType=owner)
    found = one(device)
    assert [profile.id for profile in found.facts.profiles] == profiles
    assert {app.profile for app in found.facts.apps} == {profiles[-1]}
    if len(profiles) == 2:
        assert apps_row(found, "0")[0] == "denied"


def test_no_apps_asked_for_is_nothing_seen_and_the_reason_says_how_to_ask() -> None:
    status, reason = apps_row(one(graph_device(WINDOWS, apps=False)), "system")
    assert status == "denied"
    assert "$expand=detectedApps" in (reason or "")


def test_only_the_domain_of_a_registered_devices_user_is_told() -> None:
    facts = one(graph_device(WINDOWS)).facts
    assert Link(kind="directory-join", target="agency.example", profile="system") in facts.links
    assert "kari" not in repr(facts)
    assert [link.kind for link in one(graph_device(IPHONE)).facts.links] == ["mdm", "sso"]
    assert [link.kind for link in one(graph_device(WINDOWS, azureADRegistered=False)).facts.links] == ["mdm"]
    assert [link.kind for link in one(graph_device(WINDOWS, userPrincipalName="")).facts.links] == ["mdm"]


def test_a_cut_list_of_apps_says_so() -> None:
    device = graph_device(WINDOWS) | {"detectedApps@odata.nextLink": "https://graph.microsoft.com/more"}
    assert apps_row(one(device), "system") == ("partial", graph.CUT)


def pascal(value: object) -> object:
    """What PowerShell's cmdlets make of it: names as .NET spells them."""
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:].replace("AD", "Ad"): pascal(one) for name, one in value.items()}
    return [pascal(one) for one in value] if isinstance(value, list) else value


def test_devices_that_powershell_wrote_are_the_same_devices() -> None:
    device = graph_device(WINDOWS)
    raw = encoded([pascal(device)])
    assert graph.recognise("devices.json", raw)
    assert list(graph.devices(raw)) == [one(device)]
    assert graph.recognise("apps.json", encoded(pascal(graph_app(TIKTOK))))


def test_pages_lists_and_lines_give_device_after_device() -> None:
    devices = [graph_device(PHONE, number=1), graph_device(WINDOWS, number=2)]
    page = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#deviceManagement/managedDevices"}
    raws = [
        encoded({**page, "value": devices}),
        encoded(devices),
        b"\n".join(map(encoded, devices)),
        b"\n".join([encoded({"value": devices[:1]}), encoded({"value": devices[1:]})]),
        encoded({"managedDevices": devices, "detectedApps": []}),
        encoded({"managedDevices": {"value": devices}, "detectedApps": {"value": []}}),
    ]
    for raw in raws:
        assert graph.recognise("export.json", raw)
        assert [found.facts.device.platform for found in graph.devices(raw)] == ["android", "windows"]
    (found,) = graph.devices(encoded({**page, "value": devices[0]}))
    assert found.facts.device.platform == "android"


def test_apps_that_stand_beside_the_devices_find_them() -> None:
    phone, laptop = graph_device(PHONE, number=1, apps=False), graph_device(WINDOWS, number=2, apps=False)
    known = [{"id": phone["id"]}], [{"id": phone["id"]}, {"id": laptop["id"]}]
    by_app = [graph_app(TIKTOK, *known[0]), graph_app(Program(id=None, name="Both"), *known[1], number=2)]
    by_device = {str(phone["id"]): {"value": [graph_app(TIKTOK)]}, str(laptop["id"]): [graph_app(WINDOWS.programs[0])]}  # type: ignore[index]
    first, second = graph.devices(encoded({"managedDevices": [phone, laptop], "detectedApps": {"value": by_app}}))
    assert [[app.name for app in found.facts.apps] for found in (first, second)] == [["TikTok", "Both"], ["Both"]]
    first, second = graph.devices(encoded({"managedDevices": [phone, laptop], "detectedApps": by_device}))
    assert [app.name for app in first.facts.apps] == ["TikTok"]
    assert [app.name for app in second.facts.apps] == ["7-Zip 23.01 (x64)"]


def test_a_device_that_no_app_names_was_not_looked_at() -> None:
    phone, other = graph_device(PHONE, number=1, apps=False), graph_device(WINDOWS, number=2, apps=False)
    both = {"managedDevices": [phone, other], "detectedApps": [graph_app(TIKTOK, phone)]}
    _, found = graph.devices(encoded(both))
    assert apps_row(found, "system")[0] == "denied"


def test_apps_with_their_devices_expanded_are_devices() -> None:
    phone = graph_device(PHONE, number=1, apps=False)
    raw = encoded({"value": [graph_app(TIKTOK, phone), graph_app(Program(id=None, name="B"), phone, number=2)]})
    (found,) = graph.devices(raw)
    assert found.facts.device.serial == PHONE.serial
    assert [app.name for app in found.facts.apps] == ["TikTok", "B"]


def test_apps_of_a_tenant_are_shown_and_are_no_device() -> None:
    raw = encoded({"value": [graph_app(TIKTOK)]})
    shown = graph.parse(FileSet(files={"main": raw}))
    assert [(app.name, app.profile) for app in shown.apps] == [("TikTok", "unknown")]
    assert [row.status for row in shown.coverage] == ["partial"]
    assert list(graph.devices(raw)) == []


@pytest.mark.parametrize(
    "page",
    [
        {"value": [{"displayName": "TikTok", "sizeInByte": 0, "deviceCount": 1}]},
        {
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#deviceManagement/managedDevices('1')/detectedApps",
            "value": [{"id": "1", "displayName": "TikTok", "version": "1"}],
        },
    ],
)
def test_apps_that_were_asked_for_without_their_devices_are_shown(page: dict[str, object]) -> None:
    raw = encoded(page)
    assert graph.recognise("capture.bin", raw)
    found = graph.parse(FileSet(files={"main": raw}))
    assert [app.name for app in found.apps] == ["TikTok"]
    assert [row.status for row in found.coverage] == ["partial"]


def test_a_page_of_devices_is_recognised_without_its_context() -> None:
    device = {"id": "1", "operatingSystem": "iOS", "deviceEnrollmentType": "appleBulkWithUser", "serialNumber": "S"}
    assert graph.recognise("capture.bin", encoded({"value": [device]}))


def test_an_app_without_a_name_makes_the_list_broken() -> None:
    device = graph_device(WINDOWS, detectedApps=[{"id": "x"}, 5, graph_app(TIKTOK)])
    assert apps_row(one(device), "system") == ("partial", "2 entries of the list are broken")


@pytest.mark.parametrize(
    ("system", "platform"),
    [("iPadOS", "ios"), ("macOS", "macos"), ("Linux (ubuntu)", "linux"), ("Windows Phone", None), ("ChromeOS", None)],
)
def test_systems(system: str, platform: str | None) -> None:
    assert one(graph_device(WINDOWS, operatingSystem=system)).facts.device.platform == platform


@pytest.mark.parametrize("serial", ["0", "Defaultstring", "SystemSerialNumber", "", None])
def test_a_serial_that_is_none_gives_no_id(serial: str | None) -> None:
    assert one(graph_device(WINDOWS, serialNumber=serial)).facts.device.serial is None


@pytest.mark.parametrize(
    "value",
    [
        {"@odata.type": "#microsoft.graph.user", "userPrincipalName": "a@b.example"},
        {"error": {"code": "Forbidden", "message": "Insufficient privileges"}},
        {"value": [{"@odata.type": "#microsoft.graph.device", "displayName": "PC"}]},
    ],
    ids=["user", "error answer", "directory device"],
)
def test_documents_of_other_resources_are_refused(value: object) -> None:
    with pytest.raises(ParseError, match="no device"):
        list(graph.devices(encoded(value)))


@pytest.mark.parametrize("member", ["managedDevices", "detectedApps", "value"])
def test_a_second_list_does_not_hide_the_first(member: str) -> None:
    both = encoded({"managedDevices": [graph_device(PHONE)], "detectedApps": [], "value": []})
    with pytest.raises(ParseError, match="twice"):
        list(graph.devices(both[:-1] + f', "{member}": []}}'.encode()))


def test_broken_files() -> None:
    assert_survives(graph, "devices.json", encoded({"value": [graph_device(WINDOWS), graph_device(PHONE, number=2)]}))
    both = {"managedDevices": [graph_device(PHONE)], "detectedApps": [graph_app(TIKTOK, {"id": "x"})]}
    assert_survives(graph, "both.json", encoded(both))
