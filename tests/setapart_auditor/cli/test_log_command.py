"""`setapart-auditor log`, as typed."""

import json
from pathlib import Path

import pytest

from typed_commands import Ran, run


def typed(folder: Path, *words: str) -> Ran:
    return run(folder, "setapart-auditor", *words, "--dir", "A")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert typed(tmp_path, "init").code == 0
    for name in ("desk", "patrol"):
        assert typed(tmp_path, "device", "add", name, "--class", "ordinary", "--holder", "h", "--unit", "u").code == 0
    return tmp_path


def test_what_was_done_and_that_it_was_read_stand_in_the_log(folder: Path) -> None:
    shown = typed(folder, "log", "show", "--about", "desk", "--json")
    entry, read = map(json.loads, shown.printed.splitlines())
    assert (read["kind"], read["about"]) == ("log-read", "desk")
    assert (entry["kind"], entry["about"]) == ("device-add", "desk")
    assert "log-read" in typed(folder, "log", "show", "--kind", "log-read").printed
    assert typed(folder, "log", "verify").code == 0


def test_a_proof_is_checked_away_from_the_auditor_and_its_making_is_recorded(folder: Path) -> None:
    assert typed(folder, "log", "prove", "0", "--output", "proof").code == 0
    key = typed(folder, "log", "checkpoint", "--key").printed.strip()
    checked = run(folder, "setapart-auditor", "log", "check", "proof", "--log-key", key)
    assert checked.code == 0
    assert "desk" in checked.printed
    assert "log-prove" in typed(folder, "log", "show", "--kind", "log-prove").printed
    assert run(folder, "setapart-auditor", "log", "check", "proof", "--log-key", key[:-4]).code == 2
    assert typed(folder, "log", "prove").code == 2


def test_an_officer_of_one_unit_neither_reads_nor_erases_the_log(folder: Path) -> None:
    assert typed(folder, "officer", "add", "root", "--role", "admin").code == 0
    scoped = ("--role", "auditor", "--role", "admin", "--unit", "u", "--as", "root")
    assert typed(folder, "officer", "add", "ann", *scoped).code == 0
    for words in (("show",), ("erase", "0", "--why", "x"), ("prove", "0")):
        refused = typed(folder, "log", *words, "--as", "ann")
        assert refused.code == 2
        assert "acts for unit u" in refused.printed
    assert typed(folder, "log", "show", "--as", "root").code == 0


def test_what_was_erased_is_gone_and_the_log_is_whole(folder: Path) -> None:
    assert typed(folder, "log", "erase", "0").code == 2
    assert typed(folder, "log", "erase", "0", "--why", "asked for").code == 0
    verified = typed(folder, "log", "verify", "--json")
    assert verified.code == 0
    assert json.loads(verified.printed)["erased"] == 1
    assert "desk" not in typed(folder, "log", "show", "--from", "0", "--limit", "1").printed


def test_a_kept_checkpoint_shows_a_log_that_was_cut(folder: Path) -> None:
    assert typed(folder, "log", "checkpoint", "--output", "note").code == 0
    assert typed(folder, "log", "verify", "--checkpoint", "note").code == 0
    (folder / "A").rename(folder / "old")
    assert typed(folder, "init").code == 0
    for name in ("authority.pem", "authority.toml"):
        (folder / "A" / name).write_bytes((folder / "old" / name).read_bytes())
    cut = typed(folder, "log", "verify", "--checkpoint", "note")
    assert cut.code == 1
    assert "entries were taken away" in cut.printed


def test_a_unit_without_a_device_is_no_green_answer(folder: Path) -> None:
    for command in ("list", "sweep"):
        refused = typed(folder, command, "--unit", "typo")
        assert refused.code == 2, refused.printed
        assert "no active device of unit typo" in refused.printed
