"""One device by its manager's export and by a reading of its own: one id, one verdict."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assets.build_demo import User
from green.android import HIDDEN, PHONE, SERIAL, bugreport, with_users
from mdm_maker import PHONE as MANAGED
from mdm_maker import Program, amapi_device, encoded, fleet_host, graph_device, with_programs
from typed_commands import run

OVERLAY = (
    'base = "no-2023"\nid = "agency"\nversion = 1\ntitle = "An agency"\n\n[internal]\ndomains = ["agency.example"]\n'
)
RULE = "--pack no-2023 --overlay authority.toml --dir state"
JUST_NOW = "2099-01-01T00:00:00Z"
"""No report is younger than the moment of reporting."""
TIKTOK = Program(id="com.zhiliaoapp.musically", name="TikTok")


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    (tmp_path / "authority.toml").write_text(OVERLAY)
    typed(tmp_path, "setapart-agent keygen --output station.pem")
    typed(
        tmp_path, "setapart-auditor policy bundle --pack no-2023 --overlay authority.toml --dir state --output b.json"
    )
    epoch = typed(tmp_path, "setapart-auditor epoch issue --dir state --output e.json")
    (tmp_path / "register.toml").write_text(
        f'[[device]]\nname = "it"\nserial = "{SERIAL}"\nplatform = "android"\nclass = "ordinary"\nholder = "h1"\n'
        f'role = "staff"\n\n[[station]]\nname = "helpdesk"\nkey = "station.pub"\n\n{epoch}'
    )
    return tmp_path


def typed(folder: Path, line: str) -> str:
    ran = run(folder, *line.split())
    assert ran.code == 0, ran.printed
    return ran.printed


def report(folder: Path, source: str, output: str) -> str:
    """Writes a report; the id of its device."""
    options = f"--key station.pem --bundle b.json --epoch e.json --output {output}"
    printed = typed(folder, f"setapart-agent report --source {source} {options}")
    return printed.partition(" of ")[2].split()[0]


def export(folder: Path, content: object) -> str:
    (folder / "export.json").write_bytes(encoded(content))
    return f"mdm:{folder / 'export.json'}"


def verdict(folder: Path, *files: str) -> dict[str, object]:
    line = ("setapart-auditor", "verify", *files, "--register", "register.toml", *RULE.split(), "--json")
    ran = run(folder, *line)
    (found,) = json.loads(ran.printed)["devices"]
    assert found["name"] == "it", ran.printed
    return dict(found)


def work_side(*programs: Program) -> dict[str, object]:
    machine = replace(with_programs(MANAGED, *programs), seen=JUST_NOW)
    hardware = {"brand": "Google", "model": "Docs 1", "serialNumber": SERIAL}
    return amapi_device(machine, mode="PROFILE_OWNER", hardwareInfo=hardware)


def test_the_personal_side_by_a_reading_and_the_work_side_by_the_manager_are_one_verdict(authority: Path) -> None:
    with bugreport(authority, HIDDEN) as phone:
        report(authority, phone.source, "personal.evidence")
    report(authority, export(authority, work_side()), "work.evidence")
    assert verdict(authority, "personal.evidence")["status"] == "inconclusive"
    assert verdict(authority, "work.evidence")["status"] == "inconclusive"
    assert verdict(authority, "personal.evidence", "work.evidence")["status"] == "compliant"


def test_a_restricted_app_on_the_work_side_is_one_of_the_phone(authority: Path) -> None:
    with bugreport(authority, HIDDEN) as phone:
        report(authority, phone.source, "personal.evidence")
    report(authority, export(authority, work_side(TIKTOK)), "work.evidence")
    found = verdict(authority, "personal.evidence", "work.evidence")
    assert found["status"] == "violation"


def test_a_work_profile_of_another_number_than_ten_is_one_that_nobody_saw(authority: Path) -> None:
    """That it is user 10 is a guess; a wrong one leaves a profile unseen, and never makes a phone green."""
    again = with_users(*PHONE.users, User(number=11, flags=0x1030, type="profile.MANAGED", accounts=None))
    with bugreport(authority, again) as phone:
        report(authority, phone.source, "personal.evidence")
    report(authority, export(authority, work_side()), "work.evidence")
    assert verdict(authority, "personal.evidence", "work.evidence")["status"] == "inconclusive"


def test_a_work_side_without_app_reports_stays_unseen(authority: Path) -> None:
    with bugreport(authority, HIDDEN) as phone:
        report(authority, phone.source, "personal.evidence")
    device = work_side()
    del device["applicationReports"]
    report(authority, export(authority, device), "work.evidence")
    assert verdict(authority, "personal.evidence", "work.evidence")["status"] == "inconclusive"


@pytest.mark.parametrize("manager", ["amapi", "graph", "fleet"])
def test_every_manager_gives_the_phone_the_id_that_its_bug_report_gives(authority: Path, manager: str) -> None:
    machine = with_programs(MANAGED)
    documents: dict[str, dict[str, object]] = {
        "amapi": work_side(),
        "graph": graph_device(machine, serialNumber=SERIAL.lower()),
        "fleet": {"host": fleet_host(machine, hardware_serial=f" {SERIAL} ")},
    }
    with bugreport(authority, PHONE) as phone:
        its_own = report(authority, phone.source, "phone.evidence")
    assert its_own.startswith("hw-")
    assert report(authority, export(authority, documents[manager]), "manager.evidence") == its_own
