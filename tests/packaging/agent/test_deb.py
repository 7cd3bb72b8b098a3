"""packaging/agent/agent_packages/{deb,rpm}.py: versions as dpkg and rpm order them; scripts that a shell can run."""

import re
import subprocess
from itertools import pairwise

import pytest
from agent_packages import deb, rpm
from agent_packages.release import INSTALLED, MACHINES, PYTHONS, Release

ORDER = (("1.0.dev1", 1), ("1.0a1", 1), ("1.0b2", 1), ("1.0rc1", 1), ("1.0", 1), ("1.0", 2), ("1.0.1", 1), ("1.10", 1))
SCRIPTS = [path for path in INSTALLED.rglob("*") if path.is_file() and path.read_bytes().startswith(b"#!/bin/sh")]


def release(version: str, revision: int) -> Release:
    return Release(version=version, revision=revision, machine=MACHINES["amd64"], moment=1_700_000_000)


@pytest.mark.needs("dpkg")
def test_dpkg_upgrades_from_each_version_to_the_next() -> None:
    versions = [deb.version_of(release(*one)) for one in ORDER if one[0] != "1.0.dev1"]
    for older, newer in pairwise(versions):
        assert subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=False).returncode == 0
    assert subprocess.run(["dpkg", "--compare-versions", "1.0~dev1-1", "lt", "1.0-1"], check=False).returncode == 0


@pytest.mark.needs("rpm")
def test_rpm_upgrades_from_each_version_to_the_next() -> None:
    versions = ["-".join(rpm.version_of(release(*one))) for one in ORDER if one[0] != "1.0.dev1"]
    for older, newer in pairwise(versions):
        question = f'%{{lua: print(rpm.vercmp("{older}", "{newer}"))}}'
        answer = subprocess.run(["rpm", "--eval", question], check=True, capture_output=True, text=True)
        assert answer.stdout.strip() == "-1", f"{older} {newer}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(INSTALLED)))
def test_a_script_is_one_that_a_plain_shell_reads(script: object) -> None:
    assert subprocess.run(["sh", "-n", str(script)], check=False, capture_output=True).returncode == 0


def test_the_interpreter_knows_every_python_that_something_is_compiled_for() -> None:
    text = (INSTALLED / "interpreter").read_text("utf-8")
    newest_first = " ".join(reversed(PYTHONS))
    assert re.findall(r"^for version in (.*); do$", text, re.MULTILINE) == [newest_first, newest_first]
    assert f"{PYTHONS[0]} to {PYTHONS[-1]}" in text
    starter = (INSTALLED / "one_file_main.py").read_text("utf-8")
    oldest, newest = (tuple(map(int, python.split("."))) for python in (PYTHONS[0], PYTHONS[-1]))
    assert f"OLDEST, NEWEST = {oldest}, {newest}" in starter
