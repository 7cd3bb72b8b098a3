"""`setapart-auditor ingest`: files in, signed answers beside them."""

import json
import os
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


def test_a_link_where_the_answer_would_be_written_first_is_not_followed(made: Installation, tmp_path: Path) -> None:
    """The folder may be one that others write to."""
    folder, victim = tmp_path / "stick", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("as it was")
    (folder / "a.evidence").write_bytes(chain_of(1)[0])
    for name in (f".a.evidence.receipt.{os.getpid()}", "a.evidence.receipt"):
        (folder / name).symlink_to(victim)
    assert run(tmp_path, "setapart-auditor", "ingest", str(folder), "--dir", str(made.folder)).code == 0
    assert victim.read_text() == "as it was"
    assert not (folder / "a.evidence.receipt").is_symlink()


def test_answers_of_one_name_do_not_take_each_others_place(made: Installation, tmp_path: Path) -> None:
    for folder, raw in zip(("one", "two"), chain_of(2), strict=True):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.evidence").write_bytes(raw)
    both = ("ingest", "one", "two", "--dir", str(made.folder))
    refused = run(tmp_path, "setapart-auditor", *both, "--output", "out")
    assert refused.code == 2
    assert "two files called x.evidence" in refused.printed
    assert stored(made) == []
    assert run(tmp_path, "setapart-auditor", *both).code == 0
