"""Threat 21: names of devices and apps that a spreadsheet would run as formulas."""

import csv
import subprocess
from pathlib import Path

import pytest

from evidence_factory import TIKTOK, app, make_inventory
from store_builder import START, StoredFleet, make_stored_fleet
from typed_commands import run

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1;1)", '=HYPERLINK("http://evil.example";"x")', "=cmd|' /C calc'!A0", "＝1+1",
)  # fmt: skip


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A CSV of devices and apps that are called like formulas."""
    fleet: StoredFleet = make_stored_fleet(tmp_path, None, FORMULAS)
    for name in FORMULAS:
        fleet.report(name, make_inventory(apps=[app(TIKTOK, name=name)]), at=START)
    folder = str(fleet.installation.folder)
    fleet.installation.store.close()
    assert run(tmp_path, "setapart-auditor", "sweep", "--jobs", "1", "--dir", folder).code == 1
    output = tmp_path / "verdicts.csv"
    ran = run(tmp_path, "setapart-auditor", "export", "--format", "csv", "--output", str(output), "--dir", folder)
    assert (ran.printed, ran.code) == ("", 0)
    return output


def test_no_cell_of_an_export_begins_as_a_formula(exported: Path) -> None:
    with exported.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, strict=True))
    cells = [cell for line in lines for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))]
    for name in FORMULAS:
        assert any(cell == f"'{name}" for cell in cells)


@pytest.mark.needs("libreoffice")
def test_libreoffice_reads_no_formula_from_an_export(exported: Path) -> None:
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{exported.parent}/office", "--convert-to", "fods",
         "--outdir", str(exported.parent), str(exported)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    assert "table:formula" not in exported.with_suffix(".fods").read_text(encoding="utf-8")
