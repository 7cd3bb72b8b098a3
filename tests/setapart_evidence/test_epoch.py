"""Epochs: a marker that only its authority can issue."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_maker import AUTHORITY, DEVICE, STRANGER, dumps, sealed
from setapart_evidence import statement
from setapart_evidence.epoch import Epoch, make_epoch, read_epoch, unverified_epoch
from setapart_evidence.errors import EvidenceError, SignatureError, StatementError

EPOCH = Epoch(
    value="ab" * 32,
    issued_at=datetime(2026, 11, 22, 22, tzinfo=UTC),
    use_until=datetime(2026, 11, 29, 22, tzinfo=UTC),
)


def test_an_epoch_comes_back_and_names_its_value_as_subject() -> None:
    found = read_epoch(make_epoch(EPOCH, AUTHORITY), (AUTHORITY.public,))
    assert found.predicate == EPOCH
    assert found.keyids == (AUTHORITY.public.keyid,)
    assert found.subjects == (statement.subject("epoch", b"ab" * 32),)


def test_only_the_authority_issues_epochs() -> None:
    for keys in ((AUTHORITY.public,), ()):
        with pytest.raises(SignatureError):
            read_epoch(make_epoch(EPOCH, STRANGER), keys)


def test_an_agent_without_the_key_reads_the_value_alone() -> None:
    assert unverified_epoch(make_epoch(EPOCH, STRANGER)) == EPOCH


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("value", "ab" * 31),
        ("value", "AB" * 32),
        ("value", ""),
        ("value", None),
        ("issued_at", "2026-11-22T22:00:00"),
        ("use_until", "9999-12-31T23:59:59-12:00"),
        ("issued_at", "0001-01-01T00:00:00Z"),
    ],
)
def test_an_epoch_out_of_shape_is_refused(name: str, value: object) -> None:
    good = {"value": "ab" * 32, "issued_at": "2026-11-22T22:00:00Z", "use_until": "2026-11-29T22:00:00Z"}
    for predicate, holds in ((good, True), (good | {name: value}, False)):
        payload = dumps(
            {
                "_type": statement.STATEMENT_TYPE,
                "subject": [{"name": "epoch", "digest": {"sha256": "0" * 64}}],
                "predicateType": statement.EPOCH,
                "predicate": predicate,
            }
        )
        raw = sealed(payload, DEVICE)
        if holds:
            assert read_epoch(raw, (DEVICE.public,)).predicate == EPOCH
            continue
        with pytest.raises(StatementError):
            read_epoch(raw, (DEVICE.public,))
        with pytest.raises(StatementError):
            unverified_epoch(raw)


@settings(deadline=None, max_examples=100)
@given(raw=st.binary(max_size=200))
def test_arbitrary_bytes_are_an_evidence_error(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_epoch(raw, (AUTHORITY.public,))
    with pytest.raises(EvidenceError):
        unverified_epoch(raw)
