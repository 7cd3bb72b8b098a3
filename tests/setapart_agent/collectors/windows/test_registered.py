from pathlib import Path

import pytest

from registry_maker import Expand, at, hive
from setapart_agent.collectors.windows.registered import Registered
from windows_tree import ADA, BOB, UNINSTALL, WindowsTree, rows

SECTIONS = ("apps", "accounts", "links")
REPOSITORY = r"Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages"
PACKAGE = "BytedancePte.Ltd.TikTok_1.0.5.0_neutral__6yccndn6064se"


@pytest.fixture
def windows(tmp_path: Path) -> WindowsTree:
    return WindowsTree(tmp_path)


def test_a_healthy_machine_is_seen_completely(windows: WindowsTree) -> None:
    windows.with_user("bob", BOB)
    expected = {(section, profile, "observed", None) for section in SECTIONS for profile in ("system", ADA, BOB)}
    assert rows(windows.collect(Registered())) == expected


def test_programs_of_every_user_who_is_signed_in_or_not(windows: WindowsTree) -> None:
    windows.with_user("bob", BOB)
    for name in ("ada", "bob"):
        windows.in_user(rf"Software\{UNINSTALL}", {"x": {"DisplayName": f"of {name}"}}, name)
    windows.in_software(UNINSTALL, {"x": {"DisplayName": "of all"}})
    found = windows.collect(Registered())
    assert {(app.identifier, app.profile) for app in found.apps} == {
        ("of all", "system"),
        ("of ada", ADA),
        ("of bob", BOB),
    }


def test_users_that_are_gone_have_no_packages_and_identities(windows: WindowsTree) -> None:
    store = r"Microsoft\Windows\CurrentVersion\Appx\AppxAllUserStore"
    windows.in_software(store, {ADA: {PACKAGE: {}}, BOB: {PACKAGE: {}}})
    windows.in_software(
        r"Microsoft\IdentityStore\Cache", {BOB: {"IdentityCache": {BOB: {"UserName": "bob@agency.example"}}}}
    )
    found = windows.collect(Registered())
    assert [app.profile for app in found.apps] == [ADA]
    assert found.accounts == found.links == ()


def test_packages_out_of_a_users_classes(windows: WindowsTree) -> None:
    windows.classes["ada"] = at(REPOSITORY, {PACKAGE: {}})
    assert [(app.source, app.profile) for app in windows.collect(Registered()).apps] == [("appx", ADA)]


def test_a_users_hive_that_is_missing_or_broken_costs_that_user_alone(windows: WindowsTree) -> None:
    windows.with_user("bob", BOB)
    windows.finish()
    host = windows.host()
    (windows.root / "Users/bob/NTUSER.DAT").write_bytes(b"regf" + bytes(9000))
    found = rows(Registered().collect(host))
    assert {row for row in found if row[1] == ADA} == {(section, ADA, "observed", None) for section in SECTIONS}
    assert {(row[0], row[2]) for row in found if row[1] == BOB} == {(section, "failed") for section in SECTIONS}
    (windows.root / "Users/bob/NTUSER.DAT").unlink()
    found = rows(Registered().collect(host))
    assert {row[2] for row in found if row[1] == BOB} == {"failed"}  # each hive is read once


def test_classes_that_are_broken_cost_the_apps_and_the_links(windows: WindowsTree) -> None:
    windows.write("AppData/Local/Microsoft/Windows/UsrClass.dat", b"regf" + bytes(9000))
    found = {(section, status) for section, profile, status, _ in rows(windows.collect(Registered())) if profile == ADA}
    assert found == {("apps", "failed"), ("accounts", "observed"), ("links", "failed")}


def test_classes_that_are_gone_while_packages_are_there_cost_the_apps_and_the_links(windows: WindowsTree) -> None:
    windows.write("AppData/Local/Packages/TelegramMessengerLLP.TelegramDesktop_t4vj0pshhgkwm/x")
    found = {(section, status) for section, profile, status, _ in rows(windows.collect(Registered())) if profile == ADA}
    assert found == {("apps", "denied"), ("accounts", "observed"), ("links", "denied")}
    windows.classes["ada"] = at(REPOSITORY, {PACKAGE: {}})
    assert {status for _, _, status, _ in rows(windows.collect(Registered()))} == {"observed"}


def test_classes_that_list_no_package_while_packages_are_there_cost_the_apps(windows: WindowsTree) -> None:
    windows.classes["ada"] = {"Local Settings": {}}
    assert {status for _, _, status, _ in rows(windows.collect(Registered()))} == {"observed"}  # before Windows 8
    windows.write("AppData/Local/Packages/TelegramMessengerLLP.TelegramDesktop_t4vj0pshhgkwm/x")
    found = {(section, status) for section, profile, status, _ in rows(windows.collect(Registered())) if profile == ADA}
    assert found == {("apps", "denied"), ("accounts", "observed"), ("links", "observed")}


def test_a_hive_that_was_being_written_is_partly_seen(windows: WindowsTree) -> None:
    host = windows.host()
    windows.write("NTUSER.DAT", hive({"Software": {}}, sequence=(3, 2)))
    found = {(section, status) for section, profile, status, _ in rows(Registered().collect(host)) if profile == ADA}
    assert found == {(section, "partial") for section in SECTIONS}


def test_the_machines_system_missing_is_told(windows: WindowsTree) -> None:
    host = windows.host()
    (windows.root / "Windows/System32/config/SYSTEM").unlink()
    found = {status for _, profile, status, _ in rows(Registered().collect(host)) if profile == "system"}
    assert found == {"denied"}


def test_a_user_who_can_not_be_looked_into_is_told(windows: WindowsTree) -> None:
    windows.with_user("bob", BOB)
    windows.in_software(r"Microsoft\Windows NT\CurrentVersion\ProfileList", {BOB: {"ProfileImagePath": r"D:\bob"}})
    found = {status for _, profile, status, _ in rows(windows.collect(Registered())) if profile == BOB}
    assert found == {"denied"}


SHELL = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"


@pytest.mark.parametrize(
    ("values", "statuses"),
    [
        (
            {"AppData": Expand(r"%USERPROFILE%\AppData\Roaming"), "Local AppData": r"C:\Users\ada\AppData\Local"},
            {"observed"},
        ),
        ({"AppData": r"\\server\profiles\ada"}, {"denied"}),
        ({"Local AppData": Expand(r"%USERPROFILE%\Other")}, {"denied"}),
        ({"Desktop": r"\\server\desktops\ada"}, {"observed"}),
    ],
)
def test_app_data_that_was_moved_is_not_seen(windows: WindowsTree, values: dict[str, str], statuses: set[str]) -> None:
    windows.in_user(SHELL, values)
    found = {(section, status) for section, profile, status, _ in rows(windows.collect(Registered())) if profile == ADA}
    assert found == {(section, status) for section in SECTIONS for status in statuses}  # VPNs are kept there, too


@pytest.mark.parametrize("folder", ["AppData", "AppData/Roaming", "appdata/local"])
def test_app_data_behind_a_junction_to_another_drive_is_not_seen(windows: WindowsTree, folder: str) -> None:
    link = windows.root / "Users/ada" / folder
    link.parent.mkdir(exist_ok=True)
    link.symlink_to("/dev/null/D:/ada")
    found = {(section, status) for section, profile, status, _ in rows(windows.collect(Registered())) if profile == ADA}
    assert found == {(section, "denied") for section in SECTIONS}
