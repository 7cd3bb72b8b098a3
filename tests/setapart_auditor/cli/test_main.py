"""The auditor's command line as a whole: what its exit codes say when something of its own is wrong."""

import sys
from pathlib import Path

import click
import pytest

from programs import auditor
from repository import REPOSITORY
from setapart_auditor.cli import list_devices

SWEEP = REPOSITORY / "packaging/auditor/installed/systemd/setapart-auditor-sweep.service"


def test_a_defect_is_never_taken_for_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own 1 says that a device breaks the rule, and with that a sweep has succeeded."""

    @click.command("list")
    def broken() -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(list_devices, "command", broken)
    ran = auditor("list")
    assert ran.code == 70
    assert "ValueError: a defect" in ran.err
    told = next(line for line in SWEEP.read_text("utf-8").splitlines() if line.startswith("SuccessExitStatus="))
    assert "70" not in told


def test_a_part_that_is_gone_is_told_in_words_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As when the package is removed or exchanged below a run."""
    monkeypatch.setitem(sys.modules, "setapart_auditor.cli.list_devices", None)
    ran = auditor("list", "--dir", tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("setapart-auditor: ")
    assert "setapart_auditor.cli.list_devices" in ran.err
    assert "Traceback" not in ran.err
