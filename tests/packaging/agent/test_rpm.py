"""packaging/agent/agent_packages/rpm.py: its package in a machine with a real rpm and a real systemd."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_packages import rpm
from agent_packages.release import INSTALLED, MACHINES, Release

from systemd_machine import Machine, machine

pytestmark = pytest.mark.needs("systemd-machine", "rpm")
INSTALL = "rpm --nodeps -U --oldpackage /share/"
ENABLED = {
    "setapart-agent-collect.timer",
    "setapart-agent-deliver.timer",
    "setapart-agent-enrol.path",
    "setapart-agent-enrol.service",
}


def tree(folder: Path) -> Path:
    """What the package installs, with an agent in place that waits for its auditor for ever."""
    shutil.copytree(INSTALLED / "systemd", folder / "usr/lib/systemd/system")
    users = folder / "usr/lib/sysusers.d/setapart-agent.conf"
    users.parent.mkdir(parents=True)
    shutil.copy(INSTALLED / "sysusers.conf", users)
    for program, does in (("usr/bin/setapart-agent", "exec sleep 600"), ("usr/lib/setapart-agent/compile", "exit 0")):
        (folder / program).parent.mkdir(parents=True)
        (folder / program).write_text(f"#!/bin/sh\n{does}\n")
        (folder / program).chmod(0o755)
    for place in ("etc/setapart-agent", "usr/share/zsh/vendor-completions", "usr/share/doc/setapart-agent"):
        (folder / place).mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine whose distribution enables nothing by itself, as Fedora and what comes of it, with the package."""
    laid = tree(tmp_path_factory.mktemp("tree"))
    with machine() as inside:
        for revision in (1, 2):
            release = Release(version="1.0", revision=revision, machine=MACHINES["amd64"], moment=1_700_000_000)
            rpm.build(release, laid, inside.share, tmp_path_factory.mktemp("rpm"))
        presets = "/usr/lib/systemd/system-preset"
        inside.sh(f"mkdir -p {presets}; echo 'disable *' >{presets}/99-default-disable.preset; rpm --initdb")
        inside.sh(f"{INSTALL}setapart-agent-1.0-1.x86_64.rpm")
        yield inside


def test_it_reports_also_where_the_distribution_enables_nothing(installed: Machine) -> None:
    listed = installed.sh("systemctl list-unit-files --no-legend --state=enabled 'setapart-agent*'")
    assert {line.split()[0] for line in listed.splitlines()} == ENABLED
    for unit in ENABLED - {"setapart-agent-enrol.service"}:
        assert installed.property(unit, "ActiveState") == "active", unit


def test_an_agent_that_nobody_has_enrolled_yet_is_no_failed_unit(installed: Machine) -> None:
    installed.sh("systemctl start setapart-agent-collect")
    assert installed.property("setapart-agent-collect", "ConditionResult") == "no"


def test_an_enrolment_that_waits_goes_on_after_an_upgrade(installed: Machine) -> None:
    installed.sh("echo 'token = \"\"' >/etc/setapart-agent/enrol.toml")
    installed.wait("setapart-agent-enrol", "activating")
    before = installed.property("setapart-agent-enrol", "MainPID")
    installed.sh(f"{INSTALL}setapart-agent-1.0-2.x86_64.rpm")
    installed.wait("setapart-agent-enrol", "activating")
    assert installed.property("setapart-agent-enrol", "MainPID") != before, "it runs modules that are no longer there"


def test_a_removal_ends_what_runs_and_leaves_nothing_enabled(installed: Machine) -> None:
    """Last: it takes the package away."""
    installed.sh("rpm -e --nodeps setapart-agent")
    assert installed.run("pgrep", "-f", "setapart-agent", check=False).stdout == ""
    assert installed.sh("find /etc/systemd/system -name 'setapart-agent*'") == ""
