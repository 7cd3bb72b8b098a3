"""packaging/agent/macos/launchd: what launchd is told, by the keys of launchd.plist(5)."""

import plistlib
from pathlib import Path
from typing import Any

import pytest
from agent_packages.macos import tree

SERVICES = sorted((tree.SOURCES / "launchd").iterdir())
BASE = "/Library/Application Support/Setapart"
# Of launchd.plist(5) on macOS 15, those that a daemon without sockets may need.
KNOWN = {
    "Label", "ProgramArguments", "UserName", "GroupName", "InitGroups", "RunAtLoad", "StartInterval",
    "StartCalendarInterval", "WatchPaths", "WorkingDirectory", "Umask", "ProcessType", "Nice", "LowPriorityIO",
    "LowPriorityBackgroundIO", "ThrottleInterval", "SoftResourceLimits", "HardResourceLimits", "StandardOutPath",
    "StandardErrorPath",
}  # fmt: skip


def told(name: str) -> dict[str, Any]:
    return dict(plistlib.loads((tree.SOURCES / "launchd" / f"org.setapart.agent.{name}.plist").read_bytes()))


@pytest.fixture(params=SERVICES, ids=lambda path: path.stem)
def service(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_collecting_delivering_and_enrolling_are_three_services() -> None:
    assert [path.stem.rpartition(".")[2] for path in SERVICES] == ["collect", "deliver", "enrol"]


def test_a_service_is_called_as_its_file(service: Path) -> None:
    assert plistlib.loads(service.read_bytes())["Label"] == service.stem


def test_no_key_is_misspelt_which_launchd_would_ignore(service: Path) -> None:
    assert plistlib.loads(service.read_bytes()).keys() <= KNOWN


def test_a_service_starts_a_program_of_the_package_that_only_root_may_change(service: Path, tmp_path: Path) -> None:
    tree.lay_sources(tmp_path)
    tree.settle(tmp_path)
    program, *words = plistlib.loads(service.read_bytes())["ProgramArguments"]
    assert program == f"{BASE}/bin/{service.stem.rpartition('.')[2]}"
    assert (tmp_path / program.lstrip("/")).stat().st_mode & 0o777 == 0o755
    assert all(word.isdigit() for word in words)


def test_launchd_takes_the_file_for_only_root_may_change_it(service: Path, tmp_path: Path) -> None:
    tree.lay_sources(tmp_path)
    tree.settle(tmp_path)
    assert (tmp_path / "Library/LaunchDaemons" / service.name).stat().st_mode & 0o777 == 0o644


def test_no_service_is_started_again_as_soon_as_it_ends(service: Path) -> None:
    found = plistlib.loads(service.read_bytes())
    assert "KeepAlive" not in found
    assert "QueueDirectories" not in found, "a folder that is not empty would start it for ever"
    assert found["ThrottleInterval"] >= 60


def test_a_service_leaves_the_mac_to_its_user(service: Path) -> None:
    found = plistlib.loads(service.read_bytes())
    assert found["ProcessType"] == "Background"
    assert found["LowPriorityIO"] is found["LowPriorityBackgroundIO"] is True
    assert found["Nice"] == 10
    for limits in ("SoftResourceLimits", "HardResourceLimits"):
        assert 0 < found[limits]["CPU"] <= 1800
        assert found[limits]["Core"] == 0, "what it holds would lie in a file"


def test_what_a_service_writes_is_nobody_elses(service: Path) -> None:
    assert plistlib.loads(service.read_bytes())["Umask"] == 0o077


def test_a_service_says_what_went_wrong_in_a_log_that_is_rotated(service: Path) -> None:
    found = plistlib.loads(service.read_bytes())
    assert found["StandardOutPath"] == found["StandardErrorPath"]
    rotated = (tree.SOURCES / "newsyslog" / "org.setapart.agent.conf").read_text().splitlines()
    (line,) = [line.split() for line in rotated if line.startswith(f"{found['StandardErrorPath']} ")]
    owner = f"{found.get('UserName', 'root')}:wheel"
    # newsyslog.conf(5): name, owner, mode, count, size in KiB, when, flags; N: no process is signalled.
    assert line[1:] == [owner, "640", "3", "1024", "*", "N"]


def test_only_what_must_see_all_users_is_root_for_good() -> None:
    """`collect` reads what all users have; `enrol` reads root's drop-in file and gives its rights back."""
    users = {name: (told(name).get("UserName", "root"), told(name).get("GroupName")) for name in ("collect", "deliver")}
    assert users == {"collect": ("root", None), "deliver": ("_setapart", "_setapart")}


def test_collecting_is_daily_and_made_up_for_when_the_mac_was_off() -> None:
    found = told("collect")
    assert set(found["StartCalendarInterval"]) == {"Hour", "Minute"}
    assert found["RunAtLoad"] is True
    assert int(found["ProgramArguments"][1]) >= 3600, "all Macs collect in the same minute"


def test_delivering_follows_each_report_and_is_tried_again() -> None:
    found = told("deliver")
    assert found["WatchPaths"] == [f"{BASE}/state/spool"]
    assert found["StartInterval"] == 1800
    assert int(found["ProgramArguments"][1]) >= 60, "all Macs deliver at once when the auditor is back"


def test_enrolling_waits_for_the_drop_in_file_and_asks_again() -> None:
    found = told("enrol")
    assert found["WatchPaths"] == [f"{BASE}/enrol.toml"]
    assert found["StartInterval"] == 600
