"""Questions: signed at once, or beforehand for a process that can't read the key."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from evidence_factory import DEVICE_ID, DEVICE_SIGNER, NOW
from setapart_agent.errors import KeyFileError
from setapart_agent.membership import Membership
from setapart_agent.questions import FILE, bundle_question, keep_question, make_question
from setapart_evidence.enrolment import encoded_key
from setapart_evidence.keys import Ed25519Signer
from setapart_evidence.receipt import read_request
from small_auditor import SIGNER

ENROLLED = Membership(
    state="enrolled",
    url="https://auditor.example",
    auditor=SIGNER.public.keyid,
    authority=encoded_key(SIGNER.public),
    device=DEVICE_ID,
)


def kept_away() -> Ed25519Signer:
    raise KeyFileError("key.pem can't be read: Permission denied")


def test_who_can_read_the_key_signs_anew_whatever_was_kept(tmp_path: Path) -> None:
    keep_question(tmp_path, make_question(ENROLLED, DEVICE_SIGNER, NOW))
    later = NOW + timedelta(days=1)
    found = bundle_question(tmp_path, ENROLLED, lambda: DEVICE_SIGNER, later)
    assert read_request(found.raw, (DEVICE_SIGNER.public,)).predicate.asked_at == later


def test_who_can_not_read_the_key_asks_what_was_signed_beforehand(tmp_path: Path) -> None:
    keep_question(tmp_path, make_question(ENROLLED, DEVICE_SIGNER, NOW))
    found = bundle_question(tmp_path, ENROLLED, kept_away, NOW + timedelta(days=1))
    asked = read_request(found.raw, (DEVICE_SIGNER.public,)).predicate
    assert (asked.ask, asked.device, asked.asked_at) == ("bundle", DEVICE_ID, NOW)
    assert found.keyid == DEVICE_SIGNER.public.keyid
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("kept", ["nothing", "damaged", "another-device", "another-auditor", "a-challenge"])
def test_a_question_of_no_use_is_never_sent_and_the_missing_key_is_named(tmp_path: Path, kept: str) -> None:
    other = structs.replace(ENROLLED, device="hw-another")
    elsewhere = structs.replace(ENROLLED, auditor=DEVICE_SIGNER.public.keyid)
    if kept == "damaged":
        (tmp_path / FILE).write_bytes(b'{"payload":')
    elif kept != "nothing":
        asked = {"another-device": other, "another-auditor": elsewhere, "a-challenge": ENROLLED}[kept]
        ask = "challenge" if kept == "a-challenge" else "bundle"
        keep_question(tmp_path, make_question(asked, DEVICE_SIGNER, NOW, ask=ask))  # type: ignore[arg-type]
    with pytest.raises(KeyFileError, match="Permission denied"):
        bundle_question(tmp_path, ENROLLED, kept_away, NOW)
