"""Threat 29: a pack or overlay that quietly switches the rule off is refused, and the refusal says where."""

import json

import pytest
from click.testing import CliRunner

from repository import REPOSITORY
from setapart_auditor.cli.policy import command

BAD = REPOSITORY / "tests" / "policy_packs" / "bad"
REFUSALS = {
    "blanket-exceptions": ("[exception] blanket", "bound to no device, app and holder"),
    "core-control-lowered": ("[controls.coverage-incomplete] severity", "a core control can't be lowered"),
    "coverage-without-apps": ("[coverage] ordinary", "a list without apps"),
    "empty-restricted": ("[restricted]", "no app is restricted"),
    "endless-evidence": ("[freshness] max_age", "expected at most 366 days"),
    "endless-exceptions": ("[exception] max_days", "expected at most 730 days"),
    "may-loosen-the-core": ("[overlay] may_loosen", "`restricted.apps` can't be loosened"),
    "misspelt-app": ("[restricted] apps", "did you mean `tiktok`?"),
    "misspelt-control": (
        "[controls.restricted-apps-on-ordinary-devices]",
        "did you mean `restricted-app-on-ordinary-device`?",
    ),
    "over-before-it-begins": ("[effective] sunset", "a day after 2026-01-01"),
    "overlay-that-covers-nobody": ("[covers] persons", "[contractor] is looser than the base's [all]"),
    "overlay-that-lapses": ("[effective] sunset", "2024-01-01 is looser than the base's nothing"),
}


def test_there_are_twelve_and_each_has_its_refusal() -> None:
    assert {file.stem for file in BAD.glob("*.toml")} == set(REFUSALS)
    assert len(REFUSALS) == 12


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_planted_pack_is_refused(name: str) -> None:
    file = BAD / f"{name}.toml"
    result = CliRunner().invoke(command, ["check", str(file), "--json"])
    assert result.exit_code == 1, result.output
    (found,) = json.loads(result.stdout)["packs"]
    where, why = REFUSALS[name]
    assert not found["holds"]
    assert found["fault"].startswith(f"{file}, line ")
    assert f": {where}: " in found["fault"]
    assert why in found["fault"]
