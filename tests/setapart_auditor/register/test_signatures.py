"""Two officers' signatures beside a register."""

import datetime as dt
from pathlib import Path

import pytest

from register_factory import REGISTER, SIGNERS, make_register
from setapart_auditor.errors import RegisterError
from setapart_auditor.register.load import load_register
from setapart_auditor.register.signatures import sign_register
from setapart_evidence.epoch import Epoch, make_epoch

NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
O1, O2, OTHER = SIGNERS["o1"], SIGNERS["o2"], SIGNERS["desk"]


def signed(folder: Path, signatures: bytes) -> bool:
    path = make_register(folder)
    (folder / "register.toml.dsse").write_bytes(signatures)
    return load_register(path).exceptions[0].signed


def test_two_officers_make_the_exceptions_signed(tmp_path: Path) -> None:
    assert signed(tmp_path, sign_register(REGISTER.encode(), (O1, O2), NOW))
    assert signed(tmp_path, sign_register(REGISTER.encode(), (OTHER, O2, O1), NOW))


@pytest.mark.parametrize(
    ("signatures", "got"),
    [
        (sign_register(REGISTER.encode(), (O1,), NOW), "1 accepted signatures"),
        (sign_register(REGISTER.encode(), (O1, O1), NOW), "1 accepted signatures"),
        (sign_register(REGISTER.encode(), (O1, OTHER), NOW), "1 accepted signatures"),
        (sign_register(REGISTER.encode() + b"\n", (O1, O2), NOW), "another state of the register"),
        (make_epoch(Epoch(value="ab" * 32, issued_at=NOW, use_until=NOW), O1), "1 accepted signatures"),
        (b"", "envelope"),
        (b"{}", "envelope"),
    ],
)
def test_anything_else_beside_a_register_is_an_error(signatures: bytes, got: str, tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as caught:
        signed(tmp_path, signatures)
    assert got in caught.value.got
    assert caught.value.where == str(tmp_path / "register.toml.dsse")


def test_signatures_that_cannot_be_read_are_not_taken_for_none(tmp_path: Path) -> None:
    path = make_register(tmp_path)
    (tmp_path / "register.toml.dsse").mkdir()
    with pytest.raises(RegisterError, match="can't be read"):
        load_register(path)
