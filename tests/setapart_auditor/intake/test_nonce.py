"""Nonces: known again by their maker alone, for one device alone."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_factory import NOW
from setapart_auditor.errors import AuditorError
from setapart_auditor.intake.nonce import FILE, NonceKey

KEY = NonceKey(secret=bytes(range(32)))


def test_a_nonce_says_when_it_was_issued() -> None:
    assert KEY.issued_at("device", KEY.issue("device", NOW)) == NOW


def test_a_nonce_of_another_device_or_another_auditor_is_none() -> None:
    nonce = KEY.issue("device", NOW)
    assert KEY.issued_at("other", nonce) is None
    assert NonceKey(secret=bytes(32)).issued_at("device", nonce) is None


@given(st.integers(0, 39), st.integers(1, 255))
def test_a_nonce_with_another_byte_is_none(at: int, change: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(KEY.issue("device", NOW)))
    raw[at] ^= change
    assert KEY.issued_at("device", base64.urlsafe_b64encode(raw).decode()) is None


@given(st.text(max_size=80))
def test_any_other_text_is_none(text: str) -> None:
    assert KEY.issued_at("device", text) is None


def test_another_spelling_of_a_nonce_is_none() -> None:
    nonce = KEY.issue("device", NOW)
    assert KEY.issued_at("device", f"{nonce[:8]}!{nonce[8:]}") is None


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    made = NonceKey.load(tmp_path)
    assert NonceKey.load(tmp_path) == made
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert made.secret.hex() not in repr(made)


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(AuditorError, match="no key"):
        NonceKey.load(tmp_path)
