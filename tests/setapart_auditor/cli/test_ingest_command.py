"""`setapart-auditor ingest`: files in, signed answers beside them."""

import json
from pathlib import Path

import pytest

from evidence_factory import STATION_SIGNER, make_evidence
from intakes import chain_of, digest_of, register, stored
from setapart_auditor.installation import Installation
from setapart_evidence.receipt import read_receipt
from stores import make_installation
from typed_commands import run


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    found = make_installation(tmp_path / "auditor")
    register(found)
    found.store.close()
    return found


def test_a_folder_of_files_is_taken_in_by_sequence_and_answered(made: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    reports = chain_of(3)
    for name, raw in zip(("c", "b", "a"), reports, strict=True):
        (folder / f"{name}.evidence").write_bytes(raw)
    ran = run(tmp_path, "setapart-auditor", "ingest", str(folder), "--json", "--dir", str(made.folder))
    assert ran.code == 0, ran.printed
    rows = json.loads(ran.printed)["files"]
    assert [(row["sequence"], row["outcome"]) for row in rows] == [(1, "accepted"), (2, "accepted"), (3, "accepted")]
    receipt = (folder / "c.evidence.receipt").read_bytes()
    assert read_receipt(receipt, made.authority.signer.public, digest_of(reports[0])).predicate.sequence == 1
    again = run(tmp_path, "setapart-auditor", "ingest", str(folder), "--dir", str(made.folder), "--output", "out")
    assert again.code == 0
    assert again.printed.count("was here before") == 3
    assert (tmp_path / "out" / "c.evidence.receipt").read_bytes() == receipt
    made.store.close()


def test_a_bad_file_stops_no_other(made: Installation, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(make_evidence(signer=STATION_SIGNER))
    (tmp_path / "good").write_bytes(make_evidence())
    ran = run(tmp_path, "setapart-auditor", "ingest", "bad", "good", "--dir", str(made.folder))
    assert ran.code == 1
    assert "no signature verifies" in ran.printed
    assert not (tmp_path / "bad.receipt").exists()
    assert stored(made) == [(1, 0, "accepted")]
    made.store.close()


@pytest.mark.parametrize("named", ["missing", "."])
def test_nothing_to_take_in_is_said(made: Installation, tmp_path: Path, named: str) -> None:
    (tmp_path / "empty").mkdir()
    ran = run(tmp_path / "empty", "setapart-auditor", "ingest", named, "--dir", str(made.folder))
    assert ran.code == 2
    assert "no file" in ran.printed
