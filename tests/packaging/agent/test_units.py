"""packaging/agent/installed/systemd: what the services may, as systemd itself reads it."""

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from repository import REPOSITORY
from setapart_agent.state import KEY_NAME, NEW_KEY_NAME, STATION_KEY_NAME

UNITS = REPOSITORY / "packaging/agent/installed/systemd"
needs_systemd = pytest.mark.needs("systemd-analyze")


def service(name: str) -> dict[str, list[str]]:
    """The settings of a unit's `[Service]` section, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / f"setapart-agent-{name}.service").read_text("utf-8").partition("[Service]")[2].splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@needs_systemd
@pytest.mark.parametrize(("name", "most"), [("collect", 2.0), ("deliver", 1.5)])
def test_a_service_is_not_more_exposed_than_was_promised(name: str, most: float) -> None:
    unit = UNITS / f"setapart-agent-{name}.service"
    answer = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", answer.stdout)
    assert level is not None, answer.stderr
    assert float(level[1]) <= most, answer.stdout


def test_collecting_is_not_blinded_by_its_own_sandbox() -> None:
    found = service("collect")
    for setting in ("ProtectProc", "ProcSubset", "PrivateTmp", "PrivateUsers", "PrivateNetwork"):
        assert setting not in found
    assert found["ProtectHome"] == ["read-only"]


def test_collecting_has_two_capabilities_and_speaks_with_nobody() -> None:
    found = service("collect")
    wanted = {"CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"}
    for setting in ("AmbientCapabilities", "CapabilityBoundingSet"):
        assert {word for value in found[setting] for word in value.split()} == wanted
    assert found["RestrictAddressFamilies"] == ["none"]
    assert found["IPAddressDeny"] == ["any"]
    assert "--no-deliver" in found["ExecStart"][0]


def test_delivering_has_no_capability_and_sees_no_home() -> None:
    found = service("deliver")
    assert found["CapabilityBoundingSet"] == found["AmbientCapabilities"] == [""]
    assert found["ProtectHome"] == ["yes"]
    assert found["SuccessExitStatus"] == ["3"], "an auditor that does not answer would be a failed unit"


def test_no_key_of_the_state_folder_is_within_reach_of_what_has_a_network() -> None:
    closed = {path for value in service("deliver")["InaccessiblePaths"] for path in value.split()}
    assert closed == {f"-/var/lib/setapart-agent/{name}" for name in (KEY_NAME, NEW_KEY_NAME, STATION_KEY_NAME)}
    assert service("deliver")["PrivateUsers"] == ["yes"], "it could read the memory of what has the key"


@pytest.mark.parametrize("name", ["collect", "deliver", "enrol"])
def test_a_service_runs_as_the_agents_own_user(name: str) -> None:
    assert service(name)["User"] == ["setapart-agent"]
    users = (REPOSITORY / "packaging/agent/installed/sysusers.conf").read_text("utf-8")
    assert re.search(r"^u setapart-agent ", users, re.MULTILINE)


def test_the_token_is_removed_only_after_it_was_used() -> None:
    found = service("enrol")
    assert found["ExecStartPost"][-1] == "+/usr/bin/rm -f /etc/setapart-agent/enrol.toml"
    assert "SuccessExitStatus" not in found, "a request that waits would remove the token"
    assert found["RestartPreventExitStatus"] == ["2"], "a token that was refused would be tried for ever"


@pytest.mark.parametrize("timer", sorted(UNITS.glob("*.timer")), ids=lambda path: path.stem)
def test_not_every_machine_reports_in_the_same_minute(timer: Path) -> None:
    parsed = configparser.ConfigParser()
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(timer)
    assert parsed["Timer"]["RandomizedDelaySec"] not in ("", "0")
