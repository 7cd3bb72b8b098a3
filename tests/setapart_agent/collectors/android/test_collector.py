from collections.abc import Iterable

import pytest

from android_transcripts import (
    CLONE,
    DENIED,
    OWNER,
    WORK,
    RecordedDevice,
    cmd_users,
    dumpsys_account,
    dumpsys_connectivity,
    dumpsys_package,
    dumpsys_vpn,
    dumpsys_wifi,
    getprop,
    package_block,
    pm_packages,
    pm_users,
    vpn_agent,
    wifi_network,
)
from setapart_agent.cli.doctor import cure_of
from setapart_agent.collectors.android import source as commands
from setapart_agent.collectors.android.collector import COLLECTORS, USERS_UNKNOWN, collect
from setapart_agent.collectors.android.source import Subset, pm_list_packages
from setapart_agent.collectors.base import Denied, Failed, Observed, Outcome
from setapart_agent.facts import Facts

TIKTOK = "com.zhiliaoapp.musically"
USERS = [
    (0, "Owner", OWNER),
    (10, "Work", WORK),
    (11, "Second", 0x410),
    (150, "Secure Folder", 0x10061030),
    (999, "Dual", CLONE),
]
IDS = [str(number) for number, _, _ in USERS]
POLICY = "Current Device Policy Manager state:\n  Enabled Device Admins (User 0, provisioningState: 0):\n"
ALL_SUBSETS: tuple[Subset, ...] = ("enabled-and-disabled", "with-removed")
Outputs = dict[str, str | bytes | Outcome[bytes]]


def phone(users: Iterable[tuple[int, str, int]] = USERS, where: Iterable[int] = (999,)) -> Outputs:
    """A phone that answers everything, with a restricted app for some users."""
    listed = list(users)
    here = set(where)
    absent = "installed=false ceDataInode=0"
    states = {number: "" if number in here else absent for number, _, _ in listed}
    outputs: Outputs = {
        commands.GETPROP: getprop(ro__serialno="SERIAL1"),
        commands.PM_LIST_USERS: pm_users(listed),
        commands.DUMPSYS_PACKAGE: dumpsys_package(
            [
                package_block("android", {number: "" for number, _, _ in listed}),
                package_block(TIKTOK, states, version="9.9"),
            ]
        ),
        commands.DUMPSYS_ACCOUNT: dumpsys_account({user: [("a@corp.example", "com.google")] for user in listed}),
        commands.DUMPSYS_DEVICE_POLICY: POLICY,
        commands.DUMPSYS_WIFI: dumpsys_wifi([wifi_network(0)]),
        commands.DUMPSYS_VPN: dumpsys_vpn({number: ("null", -1) for number, _, _ in listed}),
        commands.DUMPSYS_CONNECTIVITY: dumpsys_connectivity(),
    }
    for number, _, _ in listed:
        names = ["android", TIKTOK] if number in here else ["android"]
        for subset in ALL_SUBSETS:
            outputs[pm_list_packages(str(number), subset)] = pm_packages(number, names)
    return outputs


def facts(outputs: Outputs, serial: str | None = None) -> Facts:
    return collect(RecordedDevice(outputs, serial=serial)).facts


def status(found: Facts, section: str, collector: str | None = None) -> dict[str, str]:
    """The status by user; of links as the managers' collector gives it, unless another is named."""
    collector = collector or ("android.device-policy" if section == "links" else None)
    rows = [
        (row.profile, row.status)
        for row in found.coverage
        if row.section == section and collector in (None, row.collector)
    ]
    assert len(rows) == len(dict(rows)), "one row per section, user and collector"
    return dict(rows)


def networks(found: Facts) -> dict[str, str]:
    return status(found, "links", "android.networks")


def holders(found: Facts, state: str = "installed") -> set[str]:
    return {app.profile for app in found.apps if app.identifier == TIKTOK and app.state == state}


def test_a_phone_that_answers_everything_is_observed_for_every_user() -> None:
    found = facts(phone())
    assert [(profile.id, profile.kind) for profile in found.profiles] == [
        ("0", "primary"),
        ("10", "work"),
        ("11", "secondary"),
        ("150", "private-space"),
        ("999", "clone"),
    ]
    assert holders(found) == {"999"}
    for section in ("apps", "accounts", "links"):
        assert status(found, section) == dict.fromkeys(IDS, "observed")
    assert {account.profile for account in found.accounts} == set(IDS)


def test_networks_are_observed_but_for_a_user_in_the_background() -> None:
    assert networks(facts(phone())) == dict.fromkeys(IDS, "observed") | {"11": "partial"}
    outputs = phone() | {commands.DUMPSYS_WIFI: dumpsys_wifi(current_user=11)}
    assert networks(facts(outputs)) == dict.fromkeys(IDS, "observed") | {"0": "partial"}
    assert set(networks(facts(phone([USERS[0], USERS[1], USERS[4]]))).values()) == {"observed"}


@pytest.mark.parametrize(
    ("level", "lacking", "expected"),
    [
        ("34", commands.DUMPSYS_WIFI, "partial"),
        ("34", commands.DUMPSYS_VPN, "partial"),
        ("34", commands.DUMPSYS_CONNECTIVITY, "observed"),
        ("30", commands.DUMPSYS_VPN, "observed"),
        ("30", commands.DUMPSYS_CONNECTIVITY, "observed"),
    ],
)
def test_vpns_that_are_off_are_told_by_their_service_alone_from_android_12_on(
    level: str, lacking: str, expected: str
) -> None:
    """A VPN that an app may switch on is none of the networks until it does."""
    outputs = phone([USERS[0]]) | {commands.GETPROP: getprop(ro__build__version__sdk=level), lacking: Failed("gone")}
    assert networks(facts(outputs)) == {"0": expected}


def test_a_work_profile_that_is_paused_may_have_a_vpn_that_its_service_does_not_show() -> None:
    found = facts(phone([USERS[0], USERS[1]]) | {commands.DUMPSYS_VPN: dumpsys_vpn()})
    assert networks(found) == {"0": "observed", "10": "partial"}
    (row,) = [one for one in found.coverage if one.profile == "10" and one.collector == "android.networks"]
    assert "unlock the work profile" in cure_of(row)


def test_no_answer_about_vpns_or_about_anything_is_no_empty_list() -> None:
    silent = {commands.DUMPSYS_VPN: "Can't find service: vpn_management\n", commands.DUMPSYS_CONNECTIVITY: ""}
    assert networks(facts(phone([USERS[0]]) | silent)) == {"0": "partial"}
    assert networks(facts(phone([USERS[0]]) | silent | {commands.DUMPSYS_WIFI: Denied("no")})) == {"0": "denied"}


@pytest.mark.parametrize("name", [commands.DUMPSYS_WIFI, commands.DUMPSYS_VPN])
def test_a_dump_that_timed_out_is_partial(name: str) -> None:
    late = "*** SERVICE 'x' DUMP TIMEOUT (10000ms) EXPIRED ***\n"
    outputs = phone([USERS[0]]) | {name: str(phone()[name]) + late, commands.DUMPSYS_CONNECTIVITY: ""}
    assert networks(facts(outputs)) == {"0": "partial"}


def test_staff_wifi_and_vpns_of_any_user_are_links() -> None:
    staff = wifi_network(1, keys="WPA_EAP", identity="ann@agency.example")
    outputs = phone() | {
        commands.DUMPSYS_WIFI: dumpsys_wifi([wifi_network(0), staff], current_user=11),
        commands.DUMPSYS_VPN: dumpsys_vpn({0: ("com.example.vpn", 1), 10: ("null", -1)}),
        commands.DUMPSYS_CONNECTIVITY: dumpsys_connectivity(vpn_agent("1000000-1099999", "agency.example")),
    }
    assert {(link.kind, link.target, link.profile) for link in facts(outputs).links} == {
        ("wifi-enterprise", "agency.example", "11"),
        ("vpn", None, "0"),
        ("vpn", None, "10"),
        ("vpn", "agency.example", "10"),
    }


def test_no_name_of_a_network_or_a_user_of_one_is_a_fact() -> None:
    staff = wifi_network(1, keys="WPA_EAP", identity="ann.secret@agency.example")
    found = facts(phone() | {commands.DUMPSYS_WIFI: dumpsys_wifi([staff])})
    assert "secret" not in repr(found)
    assert "Net1" not in repr(found)


@pytest.mark.parametrize("user", IDS)
def test_an_app_of_any_single_user_is_found(user: str) -> None:
    assert holders(facts(phone(where=[int(user)]))) == {user}


@pytest.mark.parametrize("user", IDS)
def test_what_pm_refuses_dumpsys_still_shows(user: str) -> None:
    outputs = phone(where=[int(user)]) | {pm_list_packages(user): DENIED.format(user=user)}
    found = facts(outputs)
    assert holders(found) == {user}
    assert status(found, "apps")[user] == "observed"


@pytest.mark.parametrize("user", IDS)
def test_where_dumpsys_is_refused_the_list_of_pm_is_enough(user: str) -> None:
    outputs = phone(where=[int(user)]) | {commands.DUMPSYS_PACKAGE: "Permission Denial: can't dump PackageManager\n"}
    found = facts(outputs)
    assert holders(found) == {user}
    assert status(found, "apps") == dict.fromkeys(IDS, "observed")


@pytest.mark.parametrize("user", IDS)
def test_where_both_refuse_the_user_is_denied_and_the_others_are_not(user: str) -> None:
    dump = dumpsys_package([package_block("android", {int(one): "" for one in IDS if one != user})])
    outputs = phone() | {pm_list_packages(user): DENIED.format(user=user), commands.DUMPSYS_PACKAGE: dump}
    expected = dict.fromkeys(IDS, "observed") | {user: "denied"}
    assert status(facts(outputs), "apps") == expected


@pytest.mark.parametrize(
    "refusal",
    ["", "Can't find service: package\n", "/system/bin/sh: pm: not found\n", "Error: x\n", "java.lang.Exception: x\n"],
)
def test_no_answer_is_never_an_empty_list(refusal: str) -> None:
    outputs = phone() | {commands.DUMPSYS_PACKAGE: refusal, commands.DUMPSYS_ACCOUNT: refusal}
    outputs |= {pm_list_packages(user): refusal for user in IDS} | {commands.DUMPSYS_DEVICE_POLICY: refusal}
    found = facts(outputs)
    for section in ("apps", "accounts", "links"):
        assert set(status(found, section)) == set(IDS)
        assert "observed" not in status(found, section).values()


def test_a_way_in_that_breaks_off_is_failed_for_everybody() -> None:
    outputs = {command: Failed("the device is gone") for command in phone()}
    found = facts(dict(outputs))
    assert [profile.id for profile in found.profiles] == ["0"]
    assert status(found, "apps") == {"0": "failed"}
    assert status(found, "accounts") == {"0": "failed"}


def test_a_cut_list_is_partial_where_no_dump_helps() -> None:
    outputs = phone(where=[0]) | {commands.DUMPSYS_PACKAGE: ""}
    whole = str(outputs[pm_list_packages("0")])
    outputs[pm_list_packages("0")] = whole[: whole.rindex("  installer")]
    assert status(facts(outputs), "apps")["0"] == "partial"


def test_a_user_missing_from_the_account_dump_is_denied() -> None:
    outputs = phone() | {commands.DUMPSYS_ACCOUNT: dumpsys_account({USERS[0]: []})}
    assert status(facts(outputs), "accounts") == dict.fromkeys(IDS, "denied") | {"0": "observed"}


@pytest.mark.parametrize("seen_in", ["account", "package"])
def test_a_user_that_only_a_dump_shows_is_a_profile(seen_in: str) -> None:
    outputs = phone([USERS[0]], where=[])
    if seen_in == "account":
        outputs[commands.DUMPSYS_ACCOUNT] = dumpsys_account({USERS[0]: [], USERS[4]: []})
    else:
        outputs[commands.DUMPSYS_PACKAGE] = dumpsys_package([package_block(TIKTOK, {0: "", 999: ""})])
    found = facts(outputs)
    assert [profile.id for profile in found.profiles] == ["0", "999"]
    assert status(found, "apps")["999"] == ("denied" if seen_in == "account" else "observed")
    assert status(found, "accounts")["999"] == ("observed" if seen_in == "account" else "denied")


def test_users_that_nothing_lists_make_user_zero_partial() -> None:
    outputs = {
        commands.GETPROP: getprop(),
        **{pm_list_packages("0", subset): pm_packages(0, ["android"]) for subset in ALL_SUBSETS},
        commands.DUMPSYS_DEVICE_POLICY: POLICY,
    }
    found = facts(dict(outputs))
    assert status(found, "apps") == {"0": "partial"}
    assert next(row for row in found.coverage if row.section == "apps").reason == USERS_UNKNOWN
    assert status(found, "links") == {"0": "partial"}
    assert status(found, "accounts") == {"0": "unsupported"}


def test_android_before_users_needs_no_list_of_users() -> None:
    outputs = {
        commands.GETPROP: getprop(ro__build__version__sdk="10"),
        **{pm_list_packages(None, subset): pm_packages(0, ["android"]) for subset in ALL_SUBSETS},
    }
    assert status(facts(dict(outputs)), "apps") == {"0": "observed"}


@pytest.mark.parametrize(
    ("level", "expected"), [("17", "observed"), ("18", "partial"), ("22", "partial"), ("23", "observed")]
)
def test_owners_that_old_dumps_leave_out_are_not_said_to_be_absent(level: str, expected: str) -> None:
    """`DevicePolicyManagerService.dump` of Android 5 prints admins only; owners exist from Android 4.3."""
    outputs = phone([USERS[0]]) | {commands.GETPROP: getprop(ro__build__version__sdk=level)}
    assert status(facts(outputs), "links") == {"0": expected}


def test_an_api_level_that_lies_hides_no_user() -> None:
    outputs = phone() | {commands.GETPROP: getprop(ro__build__version__sdk="10")}
    assert holders(facts(outputs)) == {"999"}


def test_the_type_of_a_user_wins_over_its_flags() -> None:
    outputs = phone([USERS[0], (12, "Private", 0x1090)], where=[12])
    outputs[commands.CMD_USER_LIST] = cmd_users([(0, "Owner", "full.SYSTEM"), (12, "Private", "profile.PRIVATE")])
    assert [(profile.id, profile.kind) for profile in facts(outputs).profiles] == [
        ("0", "primary"),
        ("12", "private-space"),
    ]


def test_disabled_apps_and_traces_come_from_the_lists_of_pm() -> None:
    outputs = phone([USERS[0]], where=[0]) | {commands.DUMPSYS_PACKAGE: ""}
    outputs[pm_list_packages("0", "disabled")] = pm_packages(0, [TIKTOK])
    outputs[pm_list_packages("0", "with-removed")] = pm_packages(0, ["android", TIKTOK, "com.example.gone"])
    assert {(app.identifier, app.state) for app in facts(outputs).apps} == {
        ("android", "installed"),
        (TIKTOK, "disabled"),
        ("com.example.gone", "removed-trace"),
    }


def test_an_app_of_another_user_is_no_trace() -> None:
    outputs = phone([USERS[0], USERS[4]], where=[999])
    outputs[pm_list_packages("0", "with-removed")] = pm_packages(0, ["android", TIKTOK])
    assert holders(facts(outputs), "removed-trace") == set()
    assert holders(facts(outputs | {commands.DUMPSYS_PACKAGE: ""}), "removed-trace") == set()


def test_owners_always_on_vpn_and_work_accounts_are_links() -> None:
    owner = "  Profile Owner (User 10):\n    admin=ComponentInfo{com.example.mdm/.Admin}\n    package=com.example.mdm\n"
    outputs = phone() | {
        commands.DUMPSYS_DEVICE_POLICY: POLICY.replace("  Enabled", owner + "  Enabled"),
        commands.ALWAYS_ON_VPN: "com.example.vpn\n",
        commands.DUMPSYS_ACCOUNT: dumpsys_account({USERS[0]: [("a@corp.example", "com.microsoft.workaccount")]}),
    }
    assert {(link.kind, link.target, link.profile) for link in facts(outputs).links} == {
        ("mdm", "com.example.mdm", "10"),
        ("vpn", None, "0"),
        ("sso", "corp.example", "0"),
    }


@pytest.mark.parametrize("setting", ["null\n", "", "/system/bin/sh: settings: not found\n", Denied("no")])
def test_no_always_on_vpn_is_no_link(setting: str | Denied) -> None:
    assert facts(phone() | {commands.ALWAYS_ON_VPN: setting}).links == ()


def test_an_account_of_an_unknown_type_has_what_it_synchronises() -> None:
    content = (
        "Sync Status\nAccount me u0 org.unknown\n====\nAuthority  Syncable  Enabled\ncom.android.calendar  1  true\n"
    )
    outputs = phone() | {
        commands.DUMPSYS_ACCOUNT: dumpsys_account({USERS[0]: [("me", "org.unknown"), ("you", "org.unknown")]}),
        commands.DUMPSYS_CONTENT: content,
    }
    assert [account.services for account in facts(outputs).accounts] == [("calendar",), ()]


def test_the_serial_of_the_way_in_goes_before_the_property() -> None:
    assert facts(phone(), serial="USB1").device.serial == "USB1"
    assert facts(phone()).device.serial == "SERIAL1"
    assert facts({}).device.platform == "android"


WEB_APK = "org.chromium.webapk.a5e359e2ce8b830bb_v2"
LINKS = (
    "Activity Resolver Table:\n  Schemes:\n      https:\n"
    f"        5b1f3f {WEB_APK}/org.chromium.webapk.shell_apk.h2o.H2OOpaqueMainActivity filter 6d1b18c\n"
    '          Action: "android.intent.action.VIEW"\n          Scheme: "https"\n'
    '          Authority: "www.tiktok.com": -1\n\nPackages:\n'
)
DOMAINS = (
    f"Domain verification status:\n  {WEB_APK} 0056d9a7-1bc7-43df-ada7-6553215c2148:\n    User 0:\n"
    "      Selection state:\n        Disabled:\n          www.tiktok.com\n\n"
)


def web_apps(found: Facts) -> list[tuple[str, str, str]]:
    return [(app.identifier, app.profile, app.state) for app in found.apps if app.kind == "web-app"]


def with_web_app(**more: str) -> Outputs:
    """A phone whose user 10 has a web app that is a package."""
    states = {0: "installed=false ceDataInode=0", 10: ""}
    dump = dumpsys_package([package_block("android", {0: "", 10: ""}), package_block(WEB_APK, states)])
    return phone(USERS[:2], where=[]) | {commands.DUMPSYS_PACKAGE: more.get("before", "") + dump}


def test_a_web_app_that_is_a_package_is_known_by_its_site_too() -> None:
    found = facts(with_web_app(before=DOMAINS))
    assert web_apps(found) == [("www.tiktok.com", "10", "installed")]
    assert (WEB_APK, "10") in {(app.identifier, app.profile) for app in found.apps if app.kind == "native"}
    assert status(found, "apps") == {"0": "observed", "10": "observed"}


def test_where_the_dump_of_all_packages_shows_no_site_that_of_the_package_is_asked_for() -> None:
    outputs = with_web_app() | {commands.dumpsys_web_apk(WEB_APK): LINKS}
    assert web_apps(facts(outputs)) == [("www.tiktok.com", "10", "installed")]
    device = RecordedDevice(with_web_app(before=DOMAINS))
    collect(device)
    assert commands.dumpsys_web_apk(WEB_APK) not in device.asked


def test_a_web_app_whose_site_nothing_shows_leaves_its_users_apps_partial() -> None:
    found = facts(with_web_app())
    assert web_apps(found) == []
    assert status(found, "apps") == {"0": "observed", "10": "partial"}


class Readable(RecordedDevice):
    """A device that reads parts of files as well; every APK is unreadable but counted."""

    def __init__(self, outputs: Outputs) -> None:
        super().__init__(outputs)
        self.read: list[str] = []

    def size(self, path: str) -> Outcome[int]:
        self.read.append(path)
        return Observed(100)

    def read_range(self, path: str, offset: int, length: int) -> Outcome[bytes]:
        return Failed("gone")


def test_an_apk_is_read_once_and_may_fail() -> None:
    device = Readable(phone(where=[0, 999]))
    found = collect(device).facts
    assert len(device.read) == len(set(device.read)) == 2
    assert all(app.publisher is None for app in found.apps)


def test_modules_of_collectors_exist() -> None:
    from importlib.util import find_spec

    for collector in COLLECTORS:
        assert all(find_spec(module) is not None for module in collector.modules)
        assert collector.name.startswith("android.")
