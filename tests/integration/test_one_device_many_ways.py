"""One device is one whatever the way in, and what two ways show of it is one verdict; and where that does not hold."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from assets.build_demo import User
from green import android, ios, macos, windows
from ios_backup_maker import accounts_db, healthy, info, write_backup
from macos_tree import HARDWARE_UUID, database
from mdm_maker import IPHONE, MAC, WINDOWS, Machine, apple_responses, encoded, fleet_host, graph_device, plist
from typed_commands import run

if TYPE_CHECKING:
    from green.device import Device

AUTHORITY = """\
base = "no-2023"
id = "agency"
version = 1
title = "An agency"

[internal]
domains = ["agency.example"]
"""
SEEN_BY_A_MANAGER = {
    "name": "enterprises/E1/devices/D1",
    "state": "ACTIVE",
    "apiLevel": 34,
    "hardwareInfo": {"serialNumber": android.SERIAL, "brand": "Docs", "model": "Docs 1"},
    "softwareInfo": {"androidVersion": "14"},
    "lastStatusReportTime": "2099-01-01T00:00:00Z",
}


CACHE = "/private/var/folders/zz/zyxvpxvq6csfxvn_n00000sm00006d/C/consolidated.db"
SEEN = "2099-01-01T00:00:00Z"
"""Later than any run of the tests: as new as the report."""
TIKTOK = "com.zhiliaoapp.musically"
PATROL = {"type": "com.apple.account.Google", "user": "patrol@social.example", "enabled": ["Mail"]}
AT_WORK = {"type": "com.apple.account.Exchange", "user": "kari@agency.example", "enabled": ["Mail", "Calendars"]}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder with an authority's bundle and epoch, and a station's key."""
    (tmp_path / "authority.toml").write_text(AUTHORITY)
    typed(tmp_path, "setapart-agent keygen --output station.pem")
    typed(tmp_path, "setapart-auditor policy bundle --pack no-2023 --overlay authority.toml --dir s --output b.json")
    (tmp_path / "epoch.toml").write_text(typed(tmp_path, "setapart-auditor epoch issue --dir s --output e.json"))
    return tmp_path


def typed(folder: Path, line: str) -> str:
    ran = run(folder, *line.split())
    assert ran.code == 0, ran.printed
    return ran.printed


def report(office: Path, source: str, name: str) -> str:
    """Reports into `<name>.evidence` and answers the device's id."""
    line = f"setapart-agent report --source {source} --key station.pem --bundle b.json --epoch e.json"
    printed = typed(office, f"{line} --output {name}.evidence")
    return printed.split()[3]


def amapi(folder: Path, mode: str, *packages: str) -> str:
    """An export of a manager that lists these packages."""
    reports = [{"packageName": name, "state": "INSTALLED"} for name in ("android", *packages)]
    path = folder / f"{mode.lower()}.json"
    path.write_text(json.dumps({**SEEN_BY_A_MANAGER, "managementMode": mode, "applicationReports": reports}))
    return f"mdm:{path}"


def export(folder: Path, name: str, content: bytes) -> str:
    """An export of a manager."""
    (folder / name).write_bytes(content)
    return f"mdm:{folder / name}"


def verified(
    office: Path, device_class: str, *names: str, serial: str = android.SERIAL, platform: str = "android"
) -> dict[str, Any]:
    """What `verify` says to some reports, where one device is registered and may have TikTok if it is dedicated."""
    (office / "register.toml").write_text(
        f'[[device]]\nname = "it"\nserial = "{serial}"\nplatform = "{platform}"\nclass = "{device_class}"\n'
        'holder = "h1"\nrole = "staff"\n\n[[station]]\nname = "helpdesk"\nkey = "station.pub"\n\n'
        + (office / "epoch.toml").read_text()
        + (exception() if device_class == "social-dedicated" else "")
    )
    files = [f"{name}.evidence" for name in names]
    rule = ("--pack", "no-2023", "--overlay", "authority.toml", "--dir", "s", "--json")
    ran = run(office, "setapart-auditor", "verify", *files, "--register", "register.toml", *rule)
    return dict(json.loads(ran.printed))


def exception() -> str:
    """A need for TikTok, approved yesterday."""
    today = dt.datetime.now(dt.UTC).date()
    first, last = today - dt.timedelta(days=1), today + dt.timedelta(days=20)
    return (
        '\n[[exception]]\nid = "E-1"\ndevice = "it"\napp = "tiktok"\nholder = "h1"\nneed = "online patrol"\n'
        'requested_by = "h1"\napproved_by = "chief"\napprover_role = "head-of-department"\n'
        f"from = {first}\nuntil = {last}\n"
    )


def judged(
    office: Path, device_class: str, *names: str, serial: str = android.SERIAL, platform: str = "android"
) -> dict[str, object]:
    (device,) = verified(office, device_class, *names, serial=serial, platform=platform)["devices"]
    assert device["name"] == "it"
    return dict(device)


def unregistered(office: Path, *names: str, serial: str, platform: str) -> dict[str, bool]:
    """The devices that some reports are of, and whether the register lacks them: no report is lost silently."""
    devices = verified(office, "ordinary", *names, serial=serial, platform=platform)["devices"]
    return {device["name"]: "unregistered-device" in findings(device) for device in devices}


def made(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def findings(device: dict[str, object]) -> set[str]:
    found = device["findings"]
    assert isinstance(found, list)
    return {one["control"] for one in found}


@pytest.mark.needs("adb")
def test_an_android_phone_has_one_id_by_adb_bug_report_androidqf_and_its_manager(office: Path, tmp_path: Path) -> None:
    ids: set[str] = set()
    with ExitStack() as devices:
        built: list[Device] = []
        for way in (android.adb, android.bugreport):
            folder = tmp_path / way.__name__
            folder.mkdir()
            built.append(devices.enter_context(way(folder, android.PHONE)))
        folder = tmp_path / "qf"
        folder.mkdir()
        built.append(devices.enter_context(android.androidqf(folder, android.PHONE, dumpsys=True)))
        for number, device in enumerate(built):
            ids.add(report(office, device.source, str(number)))
    ids.add(report(office, amapi(tmp_path, "DEVICE_OWNER"), "mdm"))
    assert len(ids) == 1
    assert next(iter(ids)).startswith("hw-")


@pytest.mark.needs("adb")
def test_the_personal_side_by_adb_and_the_work_side_by_its_manager_are_one_verdict(
    office: Path, tmp_path: Path
) -> None:
    with android.adb(tmp_path, android.HIDDEN) as phone:
        report(office, phone.source, "personal")
    report(office, amapi(tmp_path, "PROFILE_OWNER"), "work")
    assert judged(office, "ordinary", "personal")["status"] == "inconclusive"
    assert judged(office, "ordinary", "work")["status"] == "inconclusive"
    assert judged(office, "ordinary", "personal", "work")["status"] == "compliant"


def test_an_app_that_only_the_manager_sees_is_a_violation_beside_a_clean_personal_side(
    office: Path, tmp_path: Path
) -> None:
    with android.bugreport(
        tmp_path, android.with_users(*android.PHONE.users, User(number=10, flags=0x1030, accounts=None))
    ) as phone:
        report(office, phone.source, "personal")
    report(office, amapi(tmp_path, "PROFILE_OWNER", "com.zhiliaoapp.musically"), "work")
    device = judged(office, "ordinary", "personal", "work")
    assert device["status"] == "violation"
    assert "restricted-app-on-ordinary-device" in findings(device)


def backup(folder: Path, name: str, *accounts: Mapping[str, Any], apps: Sequence[str] | None = None) -> str:
    """A backup of the iPhone; without apps one that somebody took Info.plist out of, which lists them."""
    taken = dt.datetime.fromisoformat("2099-01-01T00:00:00")
    path = write_backup(
        folder / name,
        healthy(accounts_db(accounts)),
        information=info(apps or (), **{"Last Backup Date": taken}),
        app_domains=apps or (),
        taken=taken,
    )
    if apps is None:
        (path / "Info.plist").unlink()
        (path / "Status.plist").unlink()
    return f"ios-backup:{path}"


def iphone(**changes: Any) -> Machine:
    return replace(IPHONE, **{"serial": ios.SERIAL, "seen": SEEN, **changes})


@pytest.mark.needs("pymobiledevice3")
def test_an_iphone_has_one_id_by_backup_cable_and_every_manager(office: Path, tmp_path: Path) -> None:
    ids = {report(office, backup(tmp_path, "b", apps=ios.APPS), "backup")}
    with ios.cable(tmp_path) as phone:
        ids.add(report(office, phone.source, "cable"))
    managers = {
        "apple": plist(apple_responses(iphone(serial=f" {ios.SERIAL.lower()}"))),
        "intune": encoded({"value": [graph_device(iphone())]}),
        "fleet": encoded({"host": fleet_host(iphone())}),
    }
    for name, content in managers.items():
        ids.add(report(office, export(tmp_path, name, content), name))
    assert len(ids) == 1
    assert next(iter(ids)).startswith("hw-")


@contextmanager
def cabled(folder: Path, *apps: str) -> Iterator[str]:
    """The iPhone on a cable, with these apps."""
    with mock.patch.object(ios, "APPS", (*ios.APPS, *apps)), ios.cable(folder) as phone:
        yield phone.source


@pytest.mark.needs("pymobiledevice3")
def test_apps_by_cable_and_accounts_by_a_backup_are_one_verdict(office: Path, tmp_path: Path) -> None:
    report(office, backup(tmp_path, "b", PATROL), "backup")
    with cabled(tmp_path) as source:
        report(office, source, "cable")

    def status(device_class: str, *names: str) -> object:
        return judged(office, device_class, *names, serial=ios.SERIAL, platform="ios")["status"]

    assert status("social-dedicated", "cable") == "inconclusive"
    assert status("social-dedicated", "backup") == "inconclusive"
    assert status("social-dedicated", "cable", "backup") == "compliant"
    assert status("ordinary", "backup") == "inconclusive"
    assert status("ordinary", "cable") == status("ordinary", "backup", "cable") == "compliant"


@pytest.mark.needs("pymobiledevice3")
def test_an_iphone_for_social_media_is_excepted_by_cable_and_backup_and_a_violation_with_a_link(
    office: Path, tmp_path: Path
) -> None:
    report(office, backup(tmp_path, "b", PATROL), "backup")
    report(office, backup(tmp_path, "w", AT_WORK), "at-work")
    with cabled(tmp_path, TIKTOK) as source:
        report(office, source, "cable")

    def told(device_class: str, *names: str) -> tuple[object, set[str]]:
        device = judged(office, device_class, *names, serial=ios.SERIAL, platform="ios")
        return device["status"], findings(device)

    assert told("social-dedicated", "cable")[0] == "inconclusive"
    assert told("social-dedicated", "cable", "backup")[0] == "excepted"
    # Neither way alone knows of both, the app and the internal account.
    assert told("social-dedicated", "at-work")[0] == "inconclusive"
    status, found = told("social-dedicated", "cable", "at-work")
    assert status == "violation"
    assert "internal-link-on-dedicated-device" in found
    status, found = told("ordinary", "cable", "backup")
    assert status == "violation"
    assert "restricted-app-on-ordinary-device" in found


def test_a_mac_s_disk_and_its_manager_are_two_devices_unless_the_disk_tells_the_serial(
    office: Path, tmp_path: Path
) -> None:
    # No file of a recent system holds the serial; what the location service of older ones cached does.
    fleet = report(office, export(tmp_path, "fleet", encoded({"host": fleet_host(replace(MAC, seen=SEEN))})), "fleet")
    cache = database(
        tmp_path / "c.db", f"CREATE TABLE TableInfo (SerialNumber); INSERT INTO TableInfo VALUES ('{MAC.serial}')"
    )
    with macos.disk(made(tmp_path, "new")) as disk:
        assert report(office, disk.source, "new") != fleet
    with macos.disk(made(tmp_path, "old"), {CACHE: cache}) as disk:
        assert report(office, disk.source, "old") == fleet
    assert unregistered(office, "new", "fleet", serial=HARDWARE_UUID, platform="macos") == {"it": False, fleet: True}
    assert unregistered(office, "old", "fleet", serial=str(MAC.serial), platform="macos") == {"it": False}


def test_a_windows_disk_and_its_manager_are_two_devices(office: Path, tmp_path: Path) -> None:
    # A disk knows MachineGuid, a manager the serial of the firmware, which no hive holds.
    machine = replace(WINDOWS, seen=SEEN)
    with windows.disk(made(tmp_path, "disk")) as disk:
        mounted = report(office, disk.source, "disk")
    managers = {
        report(office, export(tmp_path, name, content), name)
        for name, content in (
            ("fleet", encoded({"host": fleet_host(machine)})),
            ("intune", encoded({"value": [graph_device(machine)]})),
        )
    }
    assert len(managers) == 1
    assert mounted not in managers
    (managed,) = managers
    told = unregistered(office, "disk", "fleet", "intune", serial=windows.MACHINE_GUID, platform="windows")
    assert told == {"it": False, managed: True}
    told = unregistered(office, "disk", "fleet", "intune", serial=str(WINDOWS.serial), platform="windows")
    assert told == {"it": False, mounted: True}
