"""One phone is one device whatever the way in, and what two ways show of it is one verdict."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assets.build_demo import User
from green import android
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


def judged(office: Path, device_class: str, *names: str) -> dict[str, object]:
    (office / "register.toml").write_text(
        f'[[device]]\nname = "it"\nserial = "{android.SERIAL}"\nplatform = "android"\nclass = "{device_class}"\n'
        'holder = "h1"\nrole = "staff"\n\n[[station]]\nname = "helpdesk"\nkey = "station.pub"\n\n'
        + (office / "epoch.toml").read_text()
    )
    files = [f"{name}.evidence" for name in names]
    rule = ("--pack", "no-2023", "--overlay", "authority.toml", "--dir", "s", "--json")
    ran = run(office, "setapart-auditor", "verify", *files, "--register", "register.toml", *rule)
    (device,) = json.loads(ran.printed)["devices"]
    assert device["name"] == "it"
    return dict(device)


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
