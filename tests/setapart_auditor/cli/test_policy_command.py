"""`setapart-auditor policy …`, as typed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config_factory import PACK, make_config, with_lines
from setapart_auditor import config
from setapart_auditor.cli.policy import command
from setapart_auditor.errors import PolicyError
from setapart_auditor.policy.load import pack_ids
from setapart_auditor.policy_check import Fault, Outcome
from setapart_evidence.bundle import read_bundle


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    found = make_config(tmp_path)
    monkeypatch.setenv(config.VARIABLE, str(found))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return found


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def overlay(folder: Path, text: str = '[internal]\ndomains = ["agency.example"]\n') -> Path:
    path = folder / "o.toml"
    path.write_text('base = "agency-1"\n' + text)
    return path


def test_list_names_every_pack_with_what_was_read_of_its_source(root: Path) -> None:
    (root / "packs" / "unit-1.toml").write_text(
        'base = "agency-1"\nid = "unit-1"\ntitle = "The unit"\n[source]\nverified = false\n'
        "[effective]\nreview_by = 2027-01-01\n"
    )
    result = run("list")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0][:2] == ["pack", "title"]
    assert lines[1][0] == "agency-1"
    assert lines[1][-4:] == ["executive-ban", "since", "2023-03-21", "yes"]
    assert lines[2][0] == "unit-1"
    assert lines[2][-1] == "no"
    found = json.loads(run("list", "--json").stdout)["packs"]
    assert [(one["id"], one["verified"], one["from"]) for one in found] == [
        ("agency-1", True, "2023-03-21"), ("unit-1", False, "2023-03-21"),
    ]  # fmt: skip
    assert found[1]["review_by"] == "2027-01-01"
    assert found[0]["apps"] == ["telegram", "tiktok", "tiktok-lite"]


def test_show_says_what_a_pack_does(tmp_path: Path) -> None:
    result = run("show", "agency-1", "--overlay", overlay(tmp_path))
    assert result.exit_code == 0
    for words in (
        "agency-1, version 3: The agency's rule",
        "Circular 1, Agency, 2023-03-21",
        "up to 180 days; for communication, research; approved by security-officer, not delegable; never for minister",
        "domain:agency.example",
    ):
        assert words in result.stdout
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["tiktok", "-", "4"] in rows
    assert ["tiktok-lite", "tiktok", "1"] in rows


def test_show_as_json_holds_every_identifier() -> None:
    found: dict[str, Any] = json.loads(run("show", "agency-1", "--json").stdout)
    assert found["restricted"]["tiktok-lite"] == ["android:com.zhiliaoapp.musically.go"]
    assert found["pack"]["exception"]["max_days"] == 180
    assert found["severities"]["web-app"] == "warning"
    assert found["days"] == {"exception-expires-soon": 14}


def test_bundle_writes_what_agents_read_and_keeps_a_copy(tmp_path: Path) -> None:
    place, output = tmp_path / "a", tmp_path / "bundle.json"
    words = ("bundle", "--pack", "agency-1", "--overlay", overlay(tmp_path), "--output", output, "--dir", place)
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert "made the authority's keys" in result.stderr
    assert result.stdout.startswith("bundle 1 for agency-1: 7 identifiers, 1 internal names, until ")
    found = read_bundle(output.read_bytes())
    assert found.bundle.internal == ("domain:agency.example",)
    assert (place / "bundles" / f"{found.digest.removeprefix('sha256:')}.json").read_bytes() == output.read_bytes()
    again = run(*words, "--level", "full", "--addresses", "all", "--days", "1")
    assert "made the authority's keys" not in again.stderr
    found = read_bundle(output.read_bytes())
    assert (found.bundle.version, found.bundle.level, found.bundle.addresses) == (2, "full", "all")
    assert (found.bundle.expires_at - found.bundle.issued_at).days == 1


def test_a_bundle_without_anything_internal_says_so(tmp_path: Path) -> None:
    result = run("bundle", "--pack", "agency-1", "--output", tmp_path / "b.json", "--dir", tmp_path / "a")
    assert result.exit_code == 0
    assert "nothing is said to be internal" in result.stderr


@pytest.mark.parametrize("option", [("--days", "0"), ("--level", "some"), ("--addresses", "mine")])
def test_a_bundle_has_no_other_options(option: tuple[str, str], tmp_path: Path) -> None:
    assert run("bundle", "--pack", "agency-1", "--output", tmp_path / "b", *option).exit_code == 2


def test_check_exits_by_what_it_finds(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tried: list[str] = []

    def fake(policy: Any) -> Outcome:
        tried.append(policy.pack.id)
        odd = policy.pack.exception.max_days == 90
        return Outcome(states=7, fault=Fault(property="core", state="x", expected="y", got="z") if odd else None)

    monkeypatch.setattr("setapart_auditor.policy_check.check_policy", fake)
    assert run("check").exit_code == 0
    assert tried == ["agency-1"]
    (root / "packs" / "odd.toml").write_text('base = "agency-1"\nid = "odd"\n[exception]\nmax_days = 90\n')
    result = run("check", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["packs"] == [
        {"pack": "agency-1", "holds": True, "states": 7, "fault": None},
        {"pack": "odd", "holds": False, "states": 7, "fault": "core: x: expected y, got z"},
    ]
    assert "refused" in run("check").stdout
    assert run("check", "--overlay", overlay(tmp_path)).exit_code == 0
    loose = run("check", "--overlay", overlay(tmp_path, "[exception]\nmax_days = 181\n"))
    assert loose.exit_code == 1
    assert "looser than the base's 180" in loose.stdout


def test_check_tries_the_states_for_real() -> None:
    result = run("check", "agency-1", "--json")
    assert result.exit_code == 0
    (found,) = json.loads(result.stdout)["packs"]
    assert found["holds"]
    assert found["states"] > 10_000


def test_a_pack_that_is_not_there_is_the_caller_s(tmp_path: Path) -> None:
    for words in (("check", "agency2"), ("show", "agency2"), ("check", tmp_path / "none.toml")):
        assert isinstance(run(*words).exception, PolicyError)
    found = subprocess.run(
        [sys.executable, "-c", "from setapart_auditor.cli import main; main()", "policy", "check", "agency2"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 2
    assert "did you mean `agency-1`?" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_configuration_without_packs_does_not_pass_the_check(root: Path) -> None:
    (root / "packs" / "agency-1.toml").unlink()
    assert isinstance(run("check").exception, PolicyError)


def test_control_characters_of_a_pack_reach_no_terminal(root: Path) -> None:
    (root / "packs" / "agency-1.toml").write_text(with_lines(PACK, title='"a \\u001b[31m red title"'))
    assert pack_ids() == ("agency-1",)
    for words in (("list",), ("show", "agency-1")):
        result = CliRunner().invoke(command, words, color=True)
        assert result.exit_code == 0
        assert "\\u001b[31m red" in result.stdout
        assert "\x1b[31m" not in result.stdout
