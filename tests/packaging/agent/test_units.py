"""packaging/agent/installed/systemd: what the services may, as systemd itself reads it."""

import configparser
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from laid_agent import SYSTEM_PYTHON, lay_agent
from repository import REPOSITORY
from setapart_agent import membership, questions, receipts, spool
from setapart_agent.state import LOCK_NAME
from systemd_machine import Machine, machine

UNITS = REPOSITORY / "packaging/agent/installed/systemd"
STATE = "/var/lib/setapart-agent"
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


def test_what_has_a_network_finds_nothing_of_the_state_but_what_it_needs() -> None:
    found = service("deliver")

    def named(setting: str) -> set[str]:
        return {path.lstrip("-") for value in found[setting] for path in value.split()}

    assert found["TemporaryFileSystem"] == [f"{STATE}:ro"]
    assert named("BindPaths") == {f"{STATE}/{name}" for name in (spool.FOLDER, receipts.FOLDER, LOCK_NAME)}
    needed = (membership.FILE, membership.BUNDLE_FILE, questions.FILE)
    assert named("BindReadOnlyPaths") == {f"{STATE}/{name}" for name in needed}
    assert not {"ReadWritePaths", "InaccessiblePaths"} & found.keys()
    assert all(path.startswith("setapart-agent/") for path in found["StateDirectory"][0].split()), "all of it"
    assert found["PrivateUsers"] == ["yes"], "it could read the memory of what has the key"


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


_AUDITOR = """
import datetime, sys, threading, types
sys.path[:0] = ["/share/agent", "/share"]
sys.modules["evidence_factory"] = types.SimpleNamespace(NOW=datetime.datetime.now(datetime.UTC))
import small_auditor
with small_auditor.small_auditor() as auditor:
    auditor.bundle = small_auditor.bundle(1)
    open("/share/token", "w").write(auditor.token.spelled())
    while True:
        threading.Event().wait(0.2)
        try:
            version = int(open("/share/version").read())
        except (OSError, ValueError):
            continue
        auditor.bundle = small_auditor.bundle(version)
"""
_ATTACK = """
import os, sys
os.chdir("/var/lib/setapart-agent")
def attempt(what, call, *words):
    try:
        call(*words)
    except OSError:
        return
    print("could", what, flush=True)
print("sees", *sorted(os.listdir()), flush=True)
open("spool/.forged", "w").write("forged")
for name in sys.argv[1:] + ["new"]:
    attempt(f"replace {name}", os.replace, "spool/.forged", name)
    attempt(f"truncate {name}", os.truncate, name, 0)
    attempt(f"rename {name}", os.rename, name, f"spool/.{name}")
    attempt(f"link {name}", os.link, name, f"spool/.{name}")
    attempt(f"remove {name}", os.unlink, name)
    attempt(f"plant {name}", os.symlink, "/etc/shadow", name)
    attempt(f"open {name}", os.chmod, name, 0o666)
for folder in ("spool", "receipts"):
    attempt(f"rename {folder}", os.rename, folder, "away")
    attempt(f"leave {folder}", os.stat, f"{folder}/../key.pem")
attempt("open the folder", os.chmod, ".", 0o777)
if os.path.lexists("spool/.forged"):
    os.unlink("spool/.forged")
"""
_READ_KEYS = """
import time
for _ in range(40):
    for name in ("key.pem", "key.pem.new"):
        try:
            print("read", open("/var/lib/setapart-agent/" + name).read(), flush=True)
        except OSError:
            pass
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def enrolled() -> Iterator[Machine]:
    """A machine with the agent, its units and an auditor, enrolled."""
    with machine() as inside:
        lay_agent(inside.share / "agent")
        shutil.copytree(UNITS, inside.share / "units")
        shutil.copy(REPOSITORY / "packaging/agent/installed/sysusers.conf", inside.share)
        shutil.copy(REPOSITORY / "tests/small_auditor.py", inside.share)
        for name, script in (("auditor", _AUDITOR), ("attack", _ATTACK), ("read-keys", _READ_KEYS)):
            (inside.share / f"{name}.py").write_text(script)
        inside.sh(
            "chmod -R a+rX /share; ip link set lo up; systemd-sysusers /share/sysusers.conf;"
            f"printf '#!/bin/sh\nexec {SYSTEM_PYTHON} -I -S -B /share/agent \"$@\"\n' > /usr/bin/setapart-agent;"
            "chmod 755 /usr/bin/setapart-agent; cp /share/units/*.service /etc/systemd/system; systemctl daemon-reload;"
            f"systemd-run --unit=auditor {SYSTEM_PYTHON} -S /share/auditor.py;"
            "for i in $(seq 100); do test -s /share/token && break; sleep 0.1; done; mkdir /etc/setapart-agent;"
            'printf \'token = "%s"\n\' "$(cat /share/token)" > /etc/setapart-agent/enrol.toml;'
            "systemctl start setapart-agent-enrol"
        )
        settle(inside)
        yield inside


def settle(inside: Machine) -> None:
    """Returns once nothing of the agent runs or is about to."""
    inside.sh("for i in $(seq 300); do systemctl list-jobs | grep -q setapart || exit 0; sleep 0.1; done; exit 1")


def taken_over(inside: Machine, script: str) -> str:
    """Makes the service that delivers one whose process runs a script of somebody else. Returns its unit."""
    text = (UNITS / "setapart-agent-deliver.service").read_text("utf-8")
    unit = f"taken-over-{script.partition('.')[0]}"
    changed = re.sub(r"(?m)^ExecStart=.*", f"ExecStart={SYSTEM_PYTHON} /share/{script}", text)
    (inside.share / f"{unit}.service").write_text(changed)
    inside.sh(f"cp /share/{unit}.service /etc/systemd/system; systemctl daemon-reload")
    return unit


def sums(inside: Machine) -> str:
    """What lies in the state folder but for what delivers may write: names, digests, owners, modes, links."""
    return inside.sh(
        f"cd {STATE}; find . -path ./spool -prune -o -path ./receipts -prune -o -printf '%p %u %m %l\\n' | sort;"
        "sha256sum *.* | sort"
    )


@pytest.mark.needs("systemd-machine", "system-python")
def test_whoever_takes_over_what_delivers_changes_nothing_but_the_spool_and_what_came_back(enrolled: Machine) -> None:
    before = sums(enrolled)
    assert "key.pem.chain" in before
    files = enrolled.sh(f"cd {STATE}; find . -maxdepth 1 -type f -printf '%P\\n'").split()
    unit = taken_over(enrolled, "attack.py " + " ".join([*files, "key.pem.new"]))
    enrolled.sh(f"systemctl start {unit}")
    said = enrolled.journal(unit)
    assert "sees agent.lock auditor.json bundle.json bundle.question receipts spool\n" in said
    could = [line for line in said.splitlines() if line.startswith("could ")]
    assert could == ["could truncate agent.lock", "could open agent.lock"], (
        "it holds nothing, and is a lock all the same"
    )
    assert sums(enrolled) == before.replace("agent.lock setapart-agent 600", "agent.lock setapart-agent 666")


@pytest.mark.needs("systemd-machine", "system-python")
def test_a_key_that_is_changed_while_it_delivers_does_not_come_into_its_sight(enrolled: Machine) -> None:
    unit = taken_over(enrolled, "read-keys.py")
    enrolled.sh(
        f"systemctl start --no-block {unit}; sleep 1; cd {STATE};"
        "cp -p key.pem key.pem.new; sleep 1; mv key.pem.new key.pem; sleep 1"
    )
    enrolled.wait(unit, "inactive")
    assert "PRIVATE KEY" not in enrolled.journal(unit)


@pytest.mark.needs("systemd-machine", "system-python")
def test_the_agent_delivers_in_its_cage_and_collecting_pins_the_policy_that_it_brought(enrolled: Machine) -> None:
    (enrolled.share / "version").write_text("2")
    known = enrolled.sh(f"cat {STATE}/auditor.json")
    enrolled.sh("sleep 1; systemctl start setapart-agent-collect")
    settle(enrolled)
    said = enrolled.journal("setapart-agent-deliver")
    assert enrolled.property("setapart-agent-deliver", "ExecMainStatus") == "0", said
    assert "delivered 1, kept 0" in said
    assert enrolled.sh(f"find {STATE}/spool -name '*.evidence'") == ""
    assert enrolled.sh(f"cat {STATE}/auditor.json") == known
    enrolled.sh("systemctl start setapart-agent-collect")
    settle(enrolled)
    shown = enrolled.sh(f"runuser -u setapart-agent -- setapart-agent status --json --dir {STATE}")
    assert json.loads(shown)["bundle"] == 2
    assert json.loads(shown)["problems"] == []
