"""The demo: the first thing that anybody sees must work, and must tell the truth."""

import json
import os
import subprocess
import sys
from pathlib import Path

from assets.build_demo import PHONES, TARGET, bug_report, main


def test_the_recorded_phones_are_what_the_generator_makes(tmp_path: Path) -> None:
    main(tmp_path)
    assert {path.name: path.read_text() for path in TARGET.iterdir()} == {
        path.name: path.read_text() for path in tmp_path.iterdir()
    }
    assert {phone.file for phone in PHONES} == {path.name for path in TARGET.iterdir()}
    assert all(bug_report(phone) for phone in PHONES)


def test_the_demo_gives_the_verdict_that_each_phone_was_made_for(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "setapart_auditor"]
    ran = subprocess.run([*program, "demo"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "violation" in ran.stdout
    home = tmp_path / "setapart-demo"
    files = sorted(home.joinpath("evidence").iterdir())
    rule = ["--register", "register.toml", "--pack", "no-2023", "--overlay", "authority.toml", "--dir", "state"]
    again = subprocess.run(
        [*program, "verify", *map(str, files), *rule, "--json"], cwd=home, capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    found = {device["name"]: device["status"] for device in json.loads(again.stdout)["devices"]}
    workstation = found.pop("this-workstation")
    assert workstation in {"compliant", "inconclusive", "violation"}
    assert found == {
        "ordinary-with-tiktok": "violation",
        "dedicated-excepted": "excepted",
        "dedicated-with-calendar": "violation",
        "work-profile-unread": "inconclusive",
    }


def test_what_it_says_to_try_next_can_be_pasted_where_the_programs_are_not_on_the_path(tmp_path: Path) -> None:
    shell = {"cwd": tmp_path, "capture_output": True, "text": True}
    ran = subprocess.run(
        [sys.executable, "-m", "setapart_auditor", "demo"],
        env={**os.environ, "PATH": "/usr/bin:/bin"},
        check=True,
        **shell,
    )
    lines = ran.stdout.partition("Try next:\n")[2].splitlines()
    assert len(lines) == 8
    pasted = "\n".join(f"{line}\necho code $?" for line in lines)
    tried = subprocess.run(["sh"], input=pasted, env={"PATH": "/usr/bin:/bin"}, check=False, **shell)
    codes = [line for line in tried.stdout.splitlines() if line.startswith("code ")]
    assert len(codes) == len(lines)
    assert {"code 127", "code 2"}.isdisjoint(codes), tried.stderr
    assert tried.stderr == ""


def test_the_demo_never_touches_a_folder_that_exists(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    ran = subprocess.run(
        [sys.executable, "-m", "setapart_auditor", "demo", "--dir", "taken"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "exists" in ran.stderr
    assert list((tmp_path / "taken").iterdir()) == []
