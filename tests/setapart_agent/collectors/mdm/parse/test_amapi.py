import datetime as dt

import pytest

from hostile_files import assert_survives
from mdm_maker import PHONE, Program, amapi_device, amapi_policy, amapi_report, encoded, with_programs
from setapart_agent.collectors.mdm.parse import amapi
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.errors import ParseError
from setapart_agent.facts import DeviceFacts, FileSet
from setapart_evidence.model import Enforcement, Link


def one(device: object) -> Export:
    (found,) = amapi.devices(encoded(device))
    return found


def rows(found: Export) -> dict[tuple[str, str], str]:
    return {(row.profile, row.section): row.status for row in found.facts.coverage}


def test_the_device_is_what_the_phone_says_of_itself() -> None:
    found = one(amapi_device(PHONE))
    assert found.facts.device == DeviceFacts(
        platform="android",
        os_version="14",
        os_api_level=34,
        patch_level="2026-10-01",
        manufacturer="samsung",
        model="SM-A546B",
        serial="R58N12ABCDE",
    )
    assert found.taken_at == dt.datetime(2026, 11, 20, 8, 15, 30, 123000, tzinfo=dt.UTC)


def test_a_fully_managed_device_shows_all_apps_of_its_user() -> None:
    found = one(amapi_device(PHONE))
    assert [profile.id for profile in found.facts.profiles] == ["0"]
    assert [(app.identifier, app.name, app.profile) for app in found.facts.apps] == [
        ("com.android.settings", "Settings", "0"),
        ("org.example.camera", "Camera", "0"),
    ]
    assert rows(found) == {("0", "apps"): "observed", ("0", "accounts"): "unsupported", ("0", "links"): "unsupported"}
    assert found.facts.links == (Link(kind="mdm", target="com.google.android.apps.work.clouddpc", profile="0"),)


@pytest.mark.parametrize("company", [True, False], ids=["COPE", "BYOD"])
def test_a_work_profile_says_nothing_of_the_personal_side(*, company: bool) -> None:
    ownership = "COMPANY_OWNED" if company else "PERSONALLY_OWNED"
    found = one(amapi_device(PHONE, mode="PROFILE_OWNER", ownership=ownership))
    assert [(profile.id, profile.kind) for profile in found.facts.profiles] == [("0", "primary"), ("10", "work")]
    assert {app.profile for app in found.facts.apps} == {"10"}
    assert rows(found) == {
        ("0", "apps"): "denied",
        ("10", "apps"): "observed",
        ("0", "accounts"): "unsupported",
        ("10", "accounts"): "unsupported",
        ("0", "links"): "unsupported",
        ("10", "links"): "unsupported",
    }
    assert {link.profile for link in found.facts.links} == {"10"}


@pytest.mark.parametrize("mode", ["DEVICE_OWNER", "PROFILE_OWNER"])
@pytest.mark.parametrize("reports", [None, []], ids=["missing", "empty"])
def test_without_reports_nothing_was_seen_and_the_reason_names_the_setting(mode: str, reports: object) -> None:
    device = amapi_device(with_programs(PHONE, keep=False), mode=mode, applicationReports=reports)
    found = one(device)
    profile = "10" if mode == "PROFILE_OWNER" else "0"
    (row,) = [row for row in found.facts.coverage if row.section == "apps" and row.profile == profile]
    assert row.status == "denied"
    assert "statusReportingSettings.applicationReportsEnabled" in (row.reason or "")


def test_an_unknown_mode_is_no_full_view() -> None:
    assert rows(one(amapi_device(PHONE, mode="MANAGEMENT_MODE_UNSPECIFIED")))["0", "apps"] == "partial"


def test_a_removed_app_is_a_trace() -> None:
    gone = Program(id="com.zhiliaoapp.musically", name="TikTok", removed=True)
    apps = one(amapi_device(with_programs(PHONE, gone))).facts.apps
    assert [(app.identifier, app.state) for app in apps if app.state != "installed"] == [
        ("com.zhiliaoapp.musically", "removed-trace")
    ]


def test_a_report_without_a_state_is_an_installed_app() -> None:
    device = amapi_device(PHONE, applicationReports=[{"packageName": "com.zhiliaoapp.musically"}])
    assert one(device).facts.apps[0].state == "installed"


def test_sha1_fingerprints_are_no_publisher_and_sha256_ones_are() -> None:
    def publisher(*prints: str) -> str | None:
        report = {**amapi_report(Program(id="a.b", name="A")), "signingKeyCertFingerprints": list(prints)}
        return one(amapi_device(PHONE, applicationReports=[report])).facts.apps[0].publisher

    assert publisher("a1" * 20) is None
    assert publisher("A1:" * 31 + "A1") == "sha256:" + "a1" * 32
    assert publisher("a1" * 32, "b2" * 32) is None


@pytest.mark.parametrize(
    "report", [5, None, {}, {"packageName": ""}, {"packageName": "not a package"}, {"packageName": "a" * 300}]
)
def test_an_entry_that_is_no_app_makes_the_list_partial(report: object) -> None:
    found = one(amapi_device(PHONE, applicationReports=[amapi_report(Program(id="a.b", name="A")), report]))
    assert [app.identifier for app in found.facts.apps] == ["a.b"]
    assert rows(found)["0", "apps"] == "partial"


def test_a_list_and_a_page_give_device_after_device() -> None:
    devices = [amapi_device(PHONE, number=number) for number in (1, 2, 3)]
    page = encoded({"devices": devices, "nextPageToken": "x"})
    lines = b"\n".join(map(encoded, devices))
    for raw in (encoded(devices), page, lines, page.replace(b'{"devices"', b'[{"devices"') + b"]"):
        assert amapi.recognise("devices.json", raw)
        assert len(list(amapi.devices(raw))) == 3


def test_blocks_of_the_applied_policy_are_enforcement() -> None:
    policies = [
        amapi_policy("enterprises/LC01abcdef/policies/default", "com.zhiliaoapp.musically", "org.telegram.messenger"),
        amapi_policy("enterprises/LC01abcdef/policies/other", "com.example.other"),
    ]

    def enforced(**more: object) -> tuple[Enforcement, ...]:
        mode = str(more.pop("mode", "DEVICE_OWNER"))
        device = amapi_device(PHONE, mode=mode, **more)
        return one({"devices": [device], "policies": policies}).facts.enforcement

    blocked = ("com.zhiliaoapp.musically", "org.telegram.messenger")
    assert enforced() == (Enforcement(kind="app-block", identifiers=blocked, by="device-owner"),)
    assert enforced(mode="PROFILE_OWNER") == (Enforcement(kind="app-block", identifiers=blocked, by="profile-owner"),)
    assert enforced(policyCompliant=False) == ()
    assert enforced(policyCompliant=None) == ()
    assert enforced(appliedPolicyName="enterprises/LC01abcdef/policies/gone") == ()
    assert one(amapi_device(PHONE)).facts.enforcement == ()


def test_numbers_may_be_strings_and_a_serial_may_be_missing() -> None:
    device = amapi_device(PHONE, apiLevel="34", hardwareInfo={"brand": "google", "model": "Pixel 8"})
    found = one(device).facts.device
    assert (found.os_api_level, found.manufacturer, found.serial) == (34, "google", None)


@pytest.mark.parametrize(
    "device",
    [
        {"kind": "androidenterprise#device", "androidId": "30", "managementType": "managedDevice"},
        {"deviceId": "AAB", "model": "Pixel", "serialNumber": "X", "resourceId": "AFiQ"},
        {"name": "enterprises/LC01abcdef/policies/default"},
        {"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}},
        7,
    ],
    ids=["Google Play EMM API", "Directory API", "policy", "error answer", "number"],
)
def test_documents_of_other_products_are_refused(device: object) -> None:
    with pytest.raises(ParseError, match=r"no device"):
        list(amapi.devices(encoded([device])))


def test_a_device_with_a_member_twice_is_refused() -> None:
    raw = encoded(amapi_device(PHONE)).replace(b'"state": "ACTIVE"', b'"applicationReports": []', 1)
    with pytest.raises(ParseError, match="twice"):
        list(amapi.devices(raw))


def test_a_broken_device_in_a_list_does_not_hide_the_others() -> None:
    raw = encoded({"devices": [amapi_device(PHONE), {"x": 1}, amapi_device(PHONE, number=3)]})
    given: list[Export] = []
    with pytest.raises(ParseError, match="1 of 3 devices"):
        given.extend(amapi.devices(raw))
    assert len(given) == 2


def test_broken_files() -> None:
    assert_survives(amapi, "device.json", encoded(amapi_device(PHONE)))
    gone = with_programs(PHONE, Program(id="a.gone", name="Gone", removed=True))
    policy = amapi_policy("enterprises/LC01abcdef/policies/default", "com.zhiliaoapp.musically")
    page = {"devices": [amapi_device(gone, mode="PROFILE_OWNER"), amapi_device(PHONE, number=2)], "policies": [policy]}
    assert_survives(amapi, "page.json", encoded(page))


def test_parse_shows_a_page_side_by_side() -> None:
    raw = encoded({"devices": [amapi_device(PHONE), amapi_device(PHONE, mode="PROFILE_OWNER", number=2)]})
    shown = amapi.parse(FileSet(files={"main": raw}))
    assert [profile.id for profile in shown.profiles] == ["#1:0", "#2:0", "#2:10"]
