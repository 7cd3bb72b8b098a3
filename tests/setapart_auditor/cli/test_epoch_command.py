"""`setapart-auditor epoch issue`, as typed."""

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from setapart_auditor.authority import open_authority
from setapart_auditor.cli.epoch import command
from setapart_auditor.register.load import load_register
from setapart_evidence.epoch import read_epoch
from setapart_evidence.keys import Ed25519Signer
from typed_commands import run


def test_an_epoch_is_written_and_its_table_can_be_pasted(tmp_path: Path) -> None:
    output, place = tmp_path / "x.epoch", tmp_path / "a"
    result = CliRunner().invoke(command, ["issue", "--output", str(output), "--dir", str(place), "--days", "3"])
    assert result.exit_code == 0, result.output
    assert "made the authority's keys" in result.stderr
    authority = open_authority(place)
    found = read_epoch(output.read_bytes(), (authority.signer.public,)).predicate
    assert (found.use_until - found.issued_at).days == 3
    assert tomllib.loads(result.stdout)["epoch"] == [{"value": found.value, "issued_at": found.issued_at}]
    register = tmp_path / "register.toml"
    register.write_text(result.stdout)
    assert load_register(register).epochs == {found.value: found.issued_at}
    (tmp_path / "authority.pub").write_bytes(authority.signer.public.pem())
    register.write_text('[authority]\nkey = "authority.pub"\n[[epoch]]\nfile = "x.epoch"\n')
    assert load_register(register).epochs == {found.value: found.issued_at}


def test_another_key_signs(tmp_path: Path) -> None:
    signer = Ed25519Signer(b"k" * 32)
    (tmp_path / "k.pem").write_bytes(signer.pem())
    words = ["issue", "--output", str(tmp_path / "x"), "--dir", str(tmp_path / "a"), "--key", str(tmp_path / "k.pem")]
    assert CliRunner().invoke(command, words).exit_code == 0
    assert read_epoch((tmp_path / "x").read_bytes(), (signer.public,)).keyids == (signer.public.keyid,)


@pytest.mark.parametrize("lost", ["authority.pem", "authority.toml"])
def test_an_auditor_that_lost_a_key_or_its_secrets_makes_no_new_ones(lost: str, tmp_path: Path) -> None:
    """Agents trust no other key, and device ids are made with the secrets."""
    assert run(tmp_path, "setapart-auditor", "init", "--dir", "A").code == 0
    (tmp_path / "A" / lost).unlink()
    for words in (("epoch", "issue"), ("policy", "bundle", "--pack", "no-2023")):
        ran = run(tmp_path, "setapart-auditor", *words, "--dir", "A", "--output", "out")
        assert (ran.code, f"no {lost} in A" in ran.printed, "backup" in ran.printed) == (2, True, True), ran.printed
    assert run(tmp_path, "setapart-auditor", "list", "--dir", "A").code == 2
    assert not (tmp_path / "A" / lost).exists()


def test_a_damaged_key_of_an_auditor_is_to_be_restored_not_made_anew(tmp_path: Path) -> None:
    assert run(tmp_path, "setapart-auditor", "init", "--dir", "A").code == 0
    (tmp_path / "A" / "authority.pem").write_text("damaged")
    ran = run(tmp_path, "setapart-auditor", "list", "--dir", "A")
    assert (ran.code, "restore it from a backup" in ran.printed, "keygen" in ran.printed) == (2, True, False)
