"""What a message claims to be: whatever comes ends in a claim or in an error of ours."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_factory import make_evidence
from setapart_auditor.intake.peek import KINDS, MOST, claim_of, order_of
from setapart_evidence.errors import EnvelopeError, EvidenceError, SizeError
from setapart_evidence.statement import ENROLMENT, EVIDENCE, REQUEST, ROTATION

REPORT = make_evidence()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def enveloped(payload: bytes) -> bytes:
    """An envelope, with no signature that anybody has verified."""
    signature = {"keyid": "", "sig": base64.b64encode(b"s" * 64).decode()}
    told = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [signature],
    }
    return json.dumps(told).encode()


def message(kind: object = EVIDENCE, **predicate: Any) -> bytes:
    return enveloped(json.dumps({"predicateType": kind, "predicate": predicate}).encode())


def check_claim(raw: bytes) -> None:
    """A claim of a known kind and a plain id, or an error of ours; and always a place among others."""
    assert 0 <= order_of(raw)[0] <= len(KINDS)
    try:
        kind, device, _ = claim_of(raw)
    except EvidenceError:
        return
    assert kind in KINDS
    assert len(device) <= 128
    assert device.isascii()
    assert device.isprintable()


@given(st.binary(max_size=300))
def test_any_bytes_are_a_claim_or_our_error(raw: bytes) -> None:
    check_claim(raw)


@given(st.binary(max_size=300))
def test_any_payload_is_a_claim_or_our_error(payload: bytes) -> None:
    check_claim(enveloped(payload))


@given(_JSON, st.sampled_from([*KINDS, "x", None]), _JSON)
def test_any_statement_is_a_claim_or_our_error(device: object, kind: object, observation: object) -> None:
    check_claim(message(kind, device=device, observation=observation))
    check_claim(message(kind, device={"id": device}, observation={"sequence": observation}))


@given(st.integers(0, len(REPORT) - 1), st.binary(max_size=4))
def test_a_report_that_is_changed_anywhere_is_a_claim_or_our_error(at: int, put: bytes) -> None:
    check_claim(REPORT[:at] + put + REPORT[at + len(put) :])
    check_claim(REPORT[:at])


@pytest.mark.parametrize(
    "raw",
    [b"[" * 40_000, b'{"payload":' + b"[" * 40_000, enveloped(b"[" * 40_000), enveloped(b'{"predicate":' * 3000)],
    ids=["list", "payload", "in the payload", "objects"],
)
def test_depth_is_an_error_of_ours(raw: bytes) -> None:
    with pytest.raises(EnvelopeError):
        claim_of(raw)
    assert order_of(raw) == (len(KINDS), "", 0)


def test_a_message_larger_than_any_is_not_looked_into() -> None:
    with pytest.raises(SizeError):
        claim_of(b" " * (MOST + 1))


def test_the_station_that_a_report_names_is_told() -> None:
    assert claim_of(message(device={"id": "local-7"}, origin={"station": "ab" * 32})).station == "ab" * 32
    assert claim_of(REPORT).station is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_claimed_device_is_told_in_either_form(kind: str) -> None:
    assert claim_of(message(kind, device="local-7")) == (kind, "local-7", None)
    assert claim_of(message(kind, device={"id": "local-7"})) == (kind, "local-7", None)
    assert claim_of(message(kind)) == (kind, "", None)


@pytest.mark.parametrize(
    "name", ["a\x00b", "a\u202eb", "a b", "", "a" * 129, "a\nb", "local-7\n", "\u0430", "../x", "'; --"]
)
def test_what_is_no_devices_id_goes_no_further(name: str) -> None:
    assert claim_of(message(device=name)) == (EVIDENCE, "", None)
    assert claim_of(message(device={"id": name})) == (EVIDENCE, "", None)


def test_another_type_is_refused_and_comes_last() -> None:
    raw = message("https://in-toto.io/attestation/vulns", device="local-7")
    with pytest.raises(EnvelopeError, match="another type"):
        claim_of(raw)
    assert order_of(raw) == (len(KINDS), "", 0)


def test_what_comes_together_stands_as_it_was_made() -> None:
    """A device is enrolled before its reports, which come as they were made, and gets another key after them."""
    expected = [
        message(ENROLMENT),
        *(message(device={"id": device}, observation={"sequence": at}) for device in "ab" for at in (1, 2, 10)),
        message(ROTATION, device="a"),
        message(REQUEST, device="a"),
        b"none",
    ]
    backwards = expected[::-1]
    assert sorted(backwards, key=order_of) == expected
