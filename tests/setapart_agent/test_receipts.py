"""The last receipt of each device: kept whole, and believed for the device alone that it names."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_factory import DEVICE_ID, NOW
from setapart_agent.errors import ChainError
from setapart_agent.membership import Membership
from setapart_agent.receipts import FOLDER, keep_receipt, last_receipt, nonce_for, receipt_path
from setapart_evidence.enrolment import encoded_key
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.receipt import Receipt, make_receipt
from small_auditor import SIGNER, nonce

OTHER = Ed25519Signer(bytes(range(9, 41)))
KNOWN = Membership(
    state="enrolled",
    url="",
    auditor=SIGNER.public.keyid,
    authority=encoded_key(SIGNER.public),
    device=DEVICE_ID,
    nonce=nonce("own"),
)


def receipt(device: str, sequence: int = 1, signer: Ed25519Signer = SIGNER) -> bytes:
    made = Receipt(
        device=device, sequence=sequence, received_at=NOW, outcome="accepted", nonce=nonce(f"n{sequence}"), log_index=0
    )
    return make_receipt(made, "sha256:" + "0" * 64, "sha256:" + "1" * 64, signer)


@pytest.mark.parametrize("device", ["hw-1", "hw:1", "..", ".", "-", "A" * 128])
def test_the_last_receipt_of_any_device_is_found_again_inside_the_folder(tmp_path: Path, device: str) -> None:
    for sequence in (1, 2):
        keep_receipt(tmp_path, device, receipt(device, sequence))
    found = last_receipt(tmp_path, device, SIGNER.public)
    assert found is not None
    assert (found.device, found.sequence) == (device, 2)
    assert [path.parent for path in tmp_path.rglob("*.receipt")] == [tmp_path / FOLDER]
    assert receipt_path(tmp_path, device).stat().st_mode & 0o777 == 0o600


def test_a_receipt_in_another_devices_place_brings_that_device_no_nonce(tmp_path: Path) -> None:
    keep_receipt(tmp_path, "hw-1", receipt("hw-2"))
    assert last_receipt(tmp_path, "hw-1", SIGNER.public) is None
    assert nonce_for(tmp_path, KNOWN, "hw-1") is None


def test_a_receipt_of_another_auditor_is_none_and_brings_no_nonce(tmp_path: Path) -> None:
    keep_receipt(tmp_path, "hw-1", receipt("hw-1", signer=OTHER))
    assert last_receipt(tmp_path, "hw-1", SIGNER.public) is None
    assert nonce_for(tmp_path, KNOWN, "hw-1") is None


def test_every_device_gets_its_own_nonce(tmp_path: Path) -> None:
    keep_receipt(tmp_path, "hw-1", receipt("hw-1", 7))
    keep_receipt(tmp_path, DEVICE_ID, receipt(DEVICE_ID, 8))
    assert nonce_for(tmp_path, KNOWN, "hw-1") == nonce("n7")
    assert nonce_for(tmp_path, KNOWN, DEVICE_ID) == nonce("own")
    assert nonce_for(tmp_path, KNOWN, "hw-2") is None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 600), st.binary(max_size=20))
def test_a_damaged_receipt_is_as_good_as_none(tmp_path_factory: pytest.TempPathFactory, cut: int, rest: bytes) -> None:
    folder = tmp_path_factory.mktemp("r")
    raw = receipt("hw-1")
    keep_receipt(folder, "hw-1", raw[:cut] + rest)
    found = last_receipt(folder, "hw-1", SIGNER.public)
    assert found is None or msgspec.structs.asdict(found)["device"] == "hw-1"
    if cut < len(raw) - 2 and not raw.startswith(raw[:cut] + rest):
        assert found is None


def test_a_folder_that_cant_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("x")
    with pytest.raises(ChainError, match="can't be made") as told:
        keep_receipt(tmp_path, "hw-1", receipt("hw-1"))
    assert told.value.cure


_WRITER = """
import sys
from pathlib import Path
import test_receipts as tests
from setapart_agent.receipts import keep_receipt
for sequence in range(1, 60):
    keep_receipt(Path(sys.argv[1]), "hw-1", tests.receipt("hw-1", sequence))
"""


def test_while_others_write_a_receipt_is_always_whole(tmp_path: Path) -> None:
    keep_receipt(tmp_path, "hw-1", receipt("hw-1", 1))
    here = Path(__file__).resolve().parent
    path = os.pathsep.join((str(here), str(here.parent), os.environ.get("PYTHONPATH", "")))
    environment = {**os.environ, "PYTHONPATH": path}
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], env=environment) for _ in range(2)]
    looks = 0
    while any(one.poll() is None for one in writers):
        assert last_receipt(tmp_path, "hw-1", SIGNER.public) is not None
        looks += 1
    assert [one.wait() for one in writers] == [0, 0]
    assert looks > 10
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["hw-1.receipt"]
