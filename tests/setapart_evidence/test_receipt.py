"""Receipts, questions and challenges: of one auditor, about one report or one question."""

import datetime as dt
from typing import Any

import msgspec
import pytest

from evidence_maker import AUTHORITY, DEVICE, STRANGER
from setapart_evidence import message
from setapart_evidence.errors import EvidenceError, SignatureError, StatementError
from setapart_evidence.receipt import (
    Challenge,
    Receipt,
    Request,
    make_challenge,
    make_receipt,
    make_request,
    read_any_receipt,
    read_challenge,
    read_receipt,
    read_request,
    unverified_receipt,
    unverified_request,
)
from setapart_evidence.statement import RECEIPT, REQUEST, named, subject

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
ID = DEVICE.public.keyid
GIVEN = Receipt(device=ID, sequence=7, received_at=NOW, outcome="accepted", nonce="n" * 16, log_index=3)
ASKED = Request(device=ID, auditor=AUTHORITY.public.keyid, ask="challenge", asked_at=NOW)
FRESH = Challenge(device=ID, nonce="n" * 16, issued_at=NOW)


def test_a_receipt_is_of_one_report_by_one_auditor() -> None:
    raw = make_receipt(GIVEN, ONE, OTHER, AUTHORITY)
    assert read_receipt(raw, AUTHORITY.public, ONE).predicate == GIVEN
    assert unverified_receipt(raw) == GIVEN
    with pytest.raises(StatementError, match="another report"):
        read_receipt(raw, AUTHORITY.public, OTHER)
    with pytest.raises(SignatureError):
        read_receipt(raw, STRANGER.public, ONE)


def test_a_receipt_of_whatever_report_is_still_by_one_auditor() -> None:
    assert read_any_receipt(make_receipt(GIVEN, OTHER, ONE, AUTHORITY), AUTHORITY.public).predicate == GIVEN
    with pytest.raises(SignatureError):
        read_any_receipt(make_receipt(GIVEN, OTHER, ONE, STRANGER), AUTHORITY.public)
    with pytest.raises(StatementError, match="other subjects"):
        read_any_receipt(message.make(RECEIPT, (named("statement", ONE),), GIVEN, (AUTHORITY,)), AUTHORITY.public)


def test_an_inventorys_digest_never_stands_for_the_statements() -> None:
    for subjects in ((), (named("statement", ONE),), (named("inventory", OTHER), named("statement", ONE))):
        with pytest.raises(EvidenceError):
            read_receipt(message.make(RECEIPT, subjects, GIVEN, (AUTHORITY,)), AUTHORITY.public, ONE)


@pytest.mark.parametrize(
    ("name", "value"),
    [("nonce", ""), ("nonce", "x"), ("outcome", "lost"), ("sequence", 0), ("log_index", -1), ("device", "a b"),
     ("received_at", dt.datetime(1, 1, 1, tzinfo=dt.UTC))],
)  # fmt: skip
def test_a_receipt_with_an_odd_field_is_refused(name: str, value: Any) -> None:
    broken = msgspec.structs.replace(GIVEN)
    msgspec.structs.force_setattr(broken, name, value)
    with pytest.raises(EvidenceError):
        read_receipt(make_receipt(broken, ONE, OTHER, AUTHORITY), AUTHORITY.public, ONE)


def test_a_question_is_signed_by_the_device_and_names_its_auditor() -> None:
    raw = make_request(ASKED, DEVICE)
    assert read_request(raw, (STRANGER.public, DEVICE.public)).predicate == ASKED
    assert unverified_request(raw) == ASKED
    with pytest.raises(SignatureError):
        read_request(raw, (STRANGER.public,))
    other = message.make(REQUEST, (subject("auditor", b"x"),), ASKED, (DEVICE,))
    with pytest.raises(StatementError, match="another subject"):
        read_request(other, (DEVICE.public,))


def test_a_challenge_answers_one_question() -> None:
    raw = make_challenge(FRESH, ONE, AUTHORITY)
    assert read_challenge(raw, AUTHORITY.public, ONE).predicate == FRESH
    with pytest.raises(StatementError, match="another request"):
        read_challenge(raw, AUTHORITY.public, OTHER)
    with pytest.raises(SignatureError):
        read_challenge(raw, STRANGER.public, ONE)


@pytest.mark.parametrize(
    ("make", "found"),
    [(lambda one: make_request(one, DEVICE), (ASKED, "asked_at")),
     (lambda one: make_challenge(one, ONE, AUTHORITY), (FRESH, "issued_at"))],
)  # fmt: skip
def test_moments_that_overflow_are_refused(make: Any, found: Any) -> None:
    broken = msgspec.structs.replace(found[0])
    msgspec.structs.force_setattr(broken, found[1], dt.datetime(9999, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(EvidenceError):
        read_challenge(make(broken), AUTHORITY.public, ONE) if found[1] == "issued_at" else read_request(
            make(broken), (DEVICE.public,)
        )
