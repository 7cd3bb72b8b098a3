"""The signed statement: one type, one meaning, and readable by in-toto's own library."""

import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_maker import DEVICE, INVENTORY_BYTES, STATION, dumps, sha256
from evidence_maker import statement as plain_statement
from setapart_evidence import statement
from setapart_evidence.errors import StatementError
from setapart_evidence.statement import (
    CollectorRef,
    DeviceRef,
    Disclosure,
    Observation,
    Origin,
    Predicate,
    Subject,
    SubjectDigest,
    digest_text,
    raw_digest,
)

PREDICATE = Predicate(
    device=DeviceRef(id=DEVICE.public.keyid),
    observation=Observation(
        collected_at=datetime(2026, 11, 22, 22, tzinfo=UTC), sequence=7, previous="sha256:" + "0" * 64
    ),
    disclosure=Disclosure(level="scoped"),
    origin=Origin(
        agent="0.1.0",
        grade="agent-key",
        source="local",
        collectors=(CollectorRef(name="linux.flatpak", version=1, digest="sha256:" + "1" * 64, maturity="captures"),),
    ),
)
EAST, WEST = timezone(timedelta(hours=9)), timezone(timedelta(hours=-9))
SUBJECT = Subject(name="inventory", digest=SubjectDigest(sha256=sha256(INVENTORY_BYTES)))


def _decode(payload: bytes) -> "statement.Statement[Predicate]":
    return statement.decode(payload, statement.EVIDENCE_DECODER, statement.EVIDENCE)


def test_encode_writes_the_documented_json_byte_for_byte() -> None:
    assert statement.encode(statement.EVIDENCE, (SUBJECT,), PREDICATE) == dumps(plain_statement())


def test_decode_gives_the_same_values_back() -> None:
    found = _decode(dumps(plain_statement()))
    assert found.predicate == PREDICATE
    assert found.subject == (SUBJECT,)


def test_subject_and_digest_are_sha256_in_hex() -> None:
    """SHA-256 of `abc`: FIPS 180-2, appendix B.1."""
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert statement.digest(b"abc") == f"sha256:{digest}"
    assert statement.subject("x", b"abc") == Subject(name="x", digest=SubjectDigest(sha256=digest))


@pytest.mark.parametrize(
    "kind", [statement.POLICY_BUNDLE, statement.EPOCH, statement.EXCEPTIONS, "urn:setapart:evidence:v1 ", ""]
)
def test_a_message_of_another_type_is_named_as_such(kind: str) -> None:
    """Whether its predicate would fit or not."""
    for predicate in (plain_statement()["predicate"], {"value": "x"}, None):
        payload = dumps(plain_statement() | {"predicateType": kind, "predicate": predicate})
        with pytest.raises(StatementError) as refused:
            _decode(payload)
        assert repr(kind) in refused.value.got
        assert refused.value.expected == "urn:setapart:evidence:v1"


def test_a_type_that_steers_the_terminal_is_shown_escaped() -> None:
    with pytest.raises(StatementError) as refused:
        _decode(dumps(plain_statement() | {"predicateType": "\x9b2J\u202e" + "x" * 5000}))
    assert "\x9b" not in str(refused.value)
    assert "\u202e" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_unknown_fields_are_ignored_everywhere() -> None:
    found = plain_statement() | {"x": 1}
    found["predicate"] = found["predicate"] | {"y": {"z": []}}  # type: ignore[operator]
    found["subject"] = [found["subject"][0] | {"annotations": {}, "uri": "x"}]  # type: ignore[index]
    assert _decode(dumps(found)).predicate == PREDICATE


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T22:00:00Z", "2026-11-22T23:30:00+01:30", "2026-11-22T22:00:00.000000Z", "2026-11-22t22:00:00z"],
)
def test_any_spelling_of_a_moment_is_the_same_moment(text: str) -> None:
    found = plain_statement()
    found["predicate"]["observation"]["collected_at"] = text  # type: ignore[index]
    assert _decode(dumps(found)).predicate.observation.collected_at == PREDICATE.observation.collected_at


@settings(deadline=None, max_examples=200)
@given(
    moment=st.datetimes(timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))))
    | st.sampled_from([datetime(1, 1, 1, tzinfo=EAST), datetime(9999, 12, 31, 23, tzinfo=WEST)])
)
def test_a_moment_that_is_accepted_can_be_compared_and_shown_in_any_zone(moment: datetime) -> None:
    found = plain_statement()
    found["predicate"]["observation"]["collected_at"] = moment.isoformat()  # type: ignore[index]
    try:
        accepted = _decode(dumps(found)).predicate.observation.collected_at
    except StatementError:
        assert moment.year in (1, 9999) or moment.isoformat().count(":") > 3  # an offset with seconds
        return
    for hours in (-14, 0, 14):
        assert accepted.astimezone(timezone(timedelta(hours=hours))) == moment


def test_our_own_code_is_told_of_an_impossible_moment_at_once() -> None:
    with pytest.raises(ValueError, match="years 2 to 9998"):
        Observation(collected_at=datetime(9999, 12, 31, tzinfo=UTC), sequence=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("station", STATION.public.keyid.upper()), ("station", "x"), ("agent", "x" * 257), ("source", "x" * 257)],
)
def test_an_origin_out_of_shape_is_refused(name: str, value: str) -> None:
    with pytest.raises(StatementError):
        _decode(dumps(plain_statement(**{name: value})))


def test_too_many_collectors_are_refused() -> None:
    one = {"name": "x", "version": 1}
    assert len(_decode(dumps(plain_statement(collectors=[one] * 256))).predicate.origin.collectors) == 256
    with pytest.raises(StatementError):
        _decode(dumps(plain_statement(collectors=[one] * 257)))


@settings(deadline=None, max_examples=200)
@given(payload=st.binary(max_size=200))
def test_arbitrary_bytes_are_a_statement_error(payload: bytes) -> None:
    with pytest.raises(StatementError):
        _decode(payload)


def test_refuse_other_type_says_nothing_of_what_names_no_type() -> None:
    for payload in (b"", b"{}", b"\xff", b"[" * 100_000, dumps(plain_statement())):
        statement.refuse_other_type(payload, statement.EVIDENCE)
    with pytest.raises(StatementError):
        statement.refuse_other_type(dumps(plain_statement()), statement.EPOCH)


@pytest.mark.needs("in-toto-attestation")
def test_in_totos_own_library_reads_and_validates_ours() -> None:
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement

    payload = statement.encode(statement.EVIDENCE, (SUBJECT,), PREDICATE)
    found = Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement()))
    found.validate()
    assert found.pb.predicate_type == "urn:setapart:evidence:v1"
    assert dict(found.pb.subject[0].digest) == {"sha256": sha256(INVENTORY_BYTES)}
    assert found.pb.predicate["device"]["id"] == DEVICE.public.keyid


@pytest.mark.needs("in-toto-attestation")
def test_we_read_what_in_totos_own_library_writes() -> None:
    from google.protobuf import json_format
    from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
    from in_toto_attestation.v1.statement import Statement

    subject = ResourceDescriptor(name="inventory", digest={"sha256": sha256(INVENTORY_BYTES)})
    predicate = {key: value for key, value in plain_statement()["predicate"].items() if key != "observation"}  # type: ignore[attr-defined]
    made = Statement([subject.pb], statement.EVIDENCE, predicate)
    payload = json.loads(json_format.MessageToJson(made.pb))
    # A protobuf Struct knows doubles only: the sequence and the versions would be written as 7.0, which we refuse.
    payload["predicate"] = plain_statement()["predicate"]
    assert _decode(json.dumps(payload).encode()).predicate == PREDICATE


def test_types_of_messages_are_distinct() -> None:
    kinds = (statement.EVIDENCE, statement.POLICY_BUNDLE, statement.EPOCH, statement.EXCEPTIONS)
    assert len(set(kinds)) == 4
    assert all(kind.startswith("urn:setapart:") for kind in kinds)
    assert msgspec.json.decode(dumps(plain_statement()))["predicateType"] == statement.EVIDENCE


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_survives_being_written(raw: bytes) -> None:
    assert digest_text(raw) == f"sha256:{raw.hex()}"
    assert raw_digest(digest_text(raw)) == raw
