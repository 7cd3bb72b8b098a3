"""The workflows on GitHub: what they may, whose code they run, and that they run what `make` and .ci/run are."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from repository import REPOSITORY

GITHUB = REPOSITORY / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
BY_NAME = {path.stem: path for path in WORKFLOWS}


def workflow(name: str) -> dict[str, Any]:
    """A workflow; YAML 1.1 reads its `on` as true."""
    return dict(yaml.safe_load(BY_NAME[name].read_text("utf-8")))


def zizmor(folder: Path) -> "subprocess.CompletedProcess[str]":
    """What zizmor finds without asking anybody, down to matters of taste."""
    program = Path(sys.executable).with_name("zizmor")
    return subprocess.run(
        [program, "--offline", "--pedantic", "--strict-collection", "--no-progress", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.needs("zizmor")
def test_zizmor_finds_nothing() -> None:
    checked = zizmor(GITHUB)
    assert checked.returncode == 0, checked.stdout
    assert all(f"{path.name}\n" in checked.stderr for path in WORKFLOWS)


@pytest.mark.needs("zizmor")
@pytest.mark.parametrize(
    ("good", "bad", "rule"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("permissions: {}\n", "", "excessive-permissions"),
        ("run: .github/in-debian", "run: echo ${{ github.head_ref }}; .github/in-debian", "template-injection"),
    ],
)
def test_zizmor_would_find_it(good: str, bad: str, rule: str, tmp_path: Path) -> None:
    """The control: each promise, broken."""
    text = (GITHUB / "workflows" / "check.yml").read_text("utf-8")
    assert good in text
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "check.yml").write_text(text.replace(good, bad), encoding="utf-8")
    checked = zizmor(tmp_path / ".github")
    assert checked.returncode != 0
    assert rule in checked.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_a_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.+)$", path.read_text("utf-8"), re.MULTILINE)
    assert used
    assert [one for one in used if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)] == []


def test_no_checkout_leaves_its_credentials_behind() -> None:
    for name in BY_NAME:
        steps = [step for job in workflow(name)["jobs"].values() for step in job["steps"]]
        checkouts = [step for step in steps if "actions/checkout@" in step.get("uses", "")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts), name


def test_one_version_of_an_action_is_used_everywhere() -> None:
    used = {line for path in WORKFLOWS for line in re.findall(r"uses: (.+)", path.read_text("utf-8"))}
    assert len({line.partition("@")[0] for line in used}) == len(used)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_job_may_nothing_that_it_does_not_name_and_ends_in_time(name: str) -> None:
    read = workflow(name)
    assert read["permissions"] == {}
    for job in read["jobs"].values():
        assert job["permissions"]
        assert 0 < job["timeout-minutes"] <= 180
        assert job["runs-on"] == "ubuntu-24.04"


def test_no_job_that_runs_the_sources_may_write_or_has_a_secret() -> None:
    for name in BY_NAME:
        for job in workflow(name)["jobs"].values():
            steps = job["steps"]
            if any("actions/checkout@" in step.get("uses", "") for step in steps):
                assert job["permissions"] == {"contents": "read"}, name
                assert "secrets." not in str(steps), name


def test_checking_is_what_ci_runs_here_too() -> None:
    (job,) = workflow("check")["jobs"].values()
    assert job["steps"][-1]["run"] == ".github/in-debian bookworm .ci/run"


def test_what_the_workflows_run_is_there_and_may_be_run() -> None:
    text = "\n".join(path.read_text("utf-8") for path in WORKFLOWS)
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets
    programs = set(re.findall(r"(?:\.github|\.ci|packaging/release)/[a-z-]+\b(?!\.)", text))
    assert {".github/in-debian", ".ci/run", "packaging/release/in-clean-debian"} <= programs
    for program in programs:
        assert (REPOSITORY / program).stat().st_mode & 0o111, program
    for lock in re.findall(r"requirements/\w+\.txt", text):
        assert (REPOSITORY / lock).is_file(), lock


@pytest.mark.parametrize("script", [".github/in-debian", "packaging/release/in-clean-debian"])
def test_the_shell_accepts_a_script(script: str) -> None:
    subprocess.run(["sh", "-n", REPOSITORY / script], check=True)


def test_the_signature_of_the_workflow_is_the_one_that_administrators_check() -> None:
    """One command of openssl, in the workflow and in both guides."""
    steps = workflow("release")["jobs"]["publish"]["steps"]
    (signing,) = (step["run"] for step in steps if "pkeyutl -sign" in step.get("run", ""))
    command = "openssl pkeyutl -verify -rawin -pubin -inkey"
    assert command in signing
    for guide in ("agent", "auditor"):
        assert command in (REPOSITORY / "docs" / "install" / f"{guide}.md").read_text("utf-8"), guide
