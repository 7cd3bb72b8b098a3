"""`config check` and `config show`, as typed."""

import json
from pathlib import Path

import pytest

from programs import auditor
from setapart_auditor.settings import MEANINGS, SETTINGS_FILE
from stores import make_installation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_installation(tmp_path / "a").store.close()
    return tmp_path / "a"


def add(folder: Path, text: str) -> None:
    with (folder / SETTINGS_FILE).open("a", encoding="utf-8") as file:
        file.write(text)


def test_what_can_serve_is_checked_with_0_and_nothing_is_changed(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    ran = auditor("config", "check", "--dir", folder, "--json")
    assert ran.code == 0, ran.out
    states = {one["what"]: one["state"] for one in json.loads(ran.out)["checks"]}
    assert states.pop("[log] origin") == "warning"
    assert set(states.values()) == {"ok"}
    assert {"auditor.toml", "authority.pem", "[database] url", "[policy]", "[serve] listen"} <= states.keys()
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_every_table_that_is_wrong_is_named_with_its_line_and_key(folder: Path) -> None:
    add(folder, '[serve]\nlisen = "x"\n[retention]\ninventory_days = 0\n')
    ran = auditor("config", "check", "--dir", folder)
    assert ran.code == 2
    assert "[serve] lisen: unknown key `lisen` in [serve]" in ran.out
    assert "did you mean `listen`?" in ran.out
    assert "[retention] inventory_days: 0; expected int >= 1" in ran.out


def test_no_folder_is_wrong_and_is_said(tmp_path: Path) -> None:
    ran = auditor("config", "check", "--dir", tmp_path / "none")
    assert ran.code == 2
    assert "setapart-auditor init" in ran.out


def test_show_names_every_setting_its_value_and_where_it_is_from(folder: Path) -> None:
    add(folder, '[[policy.unit]]\nunit = "north"\npack = "eu-2023"\n\n[serve]\nqueue = 7\n')
    ran = auditor("config", "show", "--dir", folder, "--json")
    assert ran.code == 0
    shown = {one["setting"]: one for one in json.loads(ran.out)["settings"]}
    assert shown.keys() == MEANINGS.keys()
    lines = (folder / SETTINGS_FILE).read_text().splitlines()
    assert shown["[serve] queue"]["value"] == 7
    assert lines[shown["[serve] queue"]["line"] - 1] == "queue = 7"
    assert lines[shown["[[policy.unit]] unit"]["line"] - 1] == 'unit = "north"'
    assert shown["[serve] per_device"] == {
        "setting": "[serve] per_device", "value": 60, "line": None, "meaning": MEANINGS["[serve] per_device"],
    }  # fmt: skip
    assert "default" in auditor("config", "show", "--dir", folder).out
