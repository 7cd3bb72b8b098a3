"""Every vector, and the properties that no list of vectors can show."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.build_vectors import VALID, VECTORS, Vector, large_vectors, vectors, write
from evidence_maker import (
    DEVICE,
    EVIDENCE,
    INVENTORY,
    INVENTORY_BYTES,
    PHONE_ID,
    REGISTER,
    STATION,
    STRANGER,
    Register,
    device_binding,
    dumps,
    evidence,
    sealed,
    sha256,
    statement,
    station_binding,
)
from judging import is_sentence_part
from setapart_evidence import envelope as dsse
from setapart_evidence.errors import (
    DigestError,
    EnvelopeError,
    EvidenceError,
    InventoryError,
    SignatureError,
    StatementError,
    UnknownKeyError,
)
from setapart_evidence.keys import PublicKey
from setapart_evidence.limits import Limits
from setapart_evidence.model import Inventory
from setapart_evidence.open import GRADES, KeyBinding, VerifiedReport, decode_inventory, open_report, weaker

SOURCES = Path(__file__).resolve().parent.parent.parent


def _check(vector: Vector) -> None:
    if vector.reason is None:
        report = open_report(vector.raw, REGISTER)
        assert (report.device, report.grade) == (vector.device, vector.grade), vector.name
    else:
        with pytest.raises(EvidenceError) as refused:
            open_report(vector.raw, REGISTER)
        assert refused.value.reason == vector.reason, vector.name
        assert is_sentence_part(refused.value.got), refused.value
        assert is_sentence_part(refused.value.expected), refused.value
        assert not refused.value.cure or is_sentence_part(refused.value.cure), refused.value


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.name)
def test_vector_gives_what_the_manifest_says(vector: Vector) -> None:
    _check(vector)


def test_large_vectors_give_what_is_said_of_them() -> None:
    """One at a time: together they would be 50 MB."""
    for vector in large_vectors():
        _check(vector)


def test_vectors_and_manifest_are_what_the_generator_makes(tmp_path: Path) -> None:
    write(tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {
        path.relative_to(VECTORS): path.read_bytes()
        for path in VECTORS.rglob("*")
        if path.is_file() and path.name != ".gitattributes"
    }
    assert made.keys() == kept.keys()
    assert [str(path) for path in made if made[path] != kept[path]] == []


def test_manifest_alone_is_enough_to_check_a_verifier() -> None:
    """Reads keys and expectations from the files, as an outsider would."""
    manifest = json.loads((VECTORS / "manifest.json").read_bytes())
    devices: dict[str, KeyBinding] = {}
    stations: dict[str, KeyBinding] = {}
    for entry in manifest["keys"]:
        key = PublicKey.from_pem((VECTORS / entry["file"]).read_bytes())
        assert key.keyid == entry["keyid"]
        into = devices if entry["role"] == "device" else stations
        into[key.keyid] = KeyBinding(key=key, role=entry["role"], grade=entry["grade"])
    register = Register(devices=devices, stations=stations)
    for entry in manifest["vectors"]:
        raw = (VECTORS / entry["file"]).read_bytes()
        if entry["accepted"]:
            report = open_report(raw, register)
            assert report.statement_digest == entry["statement"], entry["file"]
            assert report.inventory_digest == entry["inventory"], entry["file"]
            assert (report.device, report.grade) == (entry["device"], entry["grade"]), entry["file"]
        else:
            with pytest.raises(EvidenceError) as refused:
                open_report(raw, register)
            assert refused.value.reason == entry["reason"], entry["file"]


def test_every_reason_has_a_vector_and_no_name_stands_twice() -> None:
    found = (*vectors(), *large_vectors())
    assert {vector.reason for vector in found} - {None} == {
        "bad-envelope", "bad-signature", "bad-statement", "bad-inventory", "unknown-key", "wrong-digest", "too-large",
    }  # fmt: skip
    assert len({vector.name for vector in found}) == len(found)


def test_a_verified_report_says_who_signed_what() -> None:
    report = open_report(VALID, REGISTER)
    assert report.device == report.keyid == DEVICE.public.keyid
    assert report.role == "device"
    assert report.predicate.observation.sequence == 7
    assert [app.identifier for app in report.inventory.apps] == ["org.telegram.desktop"]
    by_station = evidence(
        payload=dumps(statement(device=PHONE_ID, grade="station", station=STATION.public.keyid)), signer=STATION
    )
    report = open_report(by_station, REGISTER)
    assert (report.device, report.keyid, report.role) == (PHONE_ID, STATION.public.keyid, "station")


@settings(deadline=None, max_examples=400)
@given(at=st.integers(min_value=0, max_value=len(VALID) - 1), flip=st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_refused_or_changes_nothing(at: int, flip: int) -> None:
    raw = VALID[:at] + bytes([VALID[at] ^ flip]) + VALID[at + 1 :]
    try:
        report = open_report(raw, REGISTER)
    except EvidenceError:
        return
    assert report == open_report(VALID, REGISTER)
    assert re.search(rb'"keyid":"[^"]*"', VALID).start() <= at < VALID.index(b',"sig"')  # type: ignore[union-attr]


def test_every_byte_with_its_lowest_bit_changed_is_refused_outside_the_key_id() -> None:
    hint = range(VALID.index(DEVICE.public.keyid.encode()), VALID.index(b'","sig"'))
    for at in range(len(VALID)):
        raw = VALID[:at] + bytes([VALID[at] ^ 1]) + VALID[at + 1 :]
        if at in hint:
            assert open_report(raw, REGISTER) == open_report(VALID, REGISTER)
        else:
            with pytest.raises(EvidenceError):
                open_report(raw, REGISTER)


@settings(deadline=None, max_examples=100)
@given(end=st.integers(min_value=0, max_value=len(VALID) - 1))
def test_any_cut_file_is_refused(end: int) -> None:
    with pytest.raises(EvidenceError):
        open_report(VALID[:end], REGISTER)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, max_examples=200)
@given(raw=st.binary(max_size=300))
@example(raw=b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":""}]}\n{}')
def test_arbitrary_bytes_are_an_evidence_error(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        open_report(raw, REGISTER)


@settings(deadline=None, max_examples=200)
@given(second=st.binary(max_size=300) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_signed_inventory_is_an_evidence_error(second: bytes) -> None:
    with pytest.raises(InventoryError):
        open_report(evidence(second), REGISTER)


@settings(deadline=None, max_examples=200)
@given(payload=st.binary(max_size=300) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_signed_payload_is_an_evidence_error(payload: bytes) -> None:
    with pytest.raises(EvidenceError):
        open_report(evidence(payload=payload), REGISTER)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_any_value_anywhere_is_refused_or_ignored_but_never_another_error(data: st.DataObject) -> None:
    found = statement()
    at = found
    for _ in range(data.draw(st.integers(min_value=0, max_value=3))):
        inner = [value for value in at.values() if isinstance(value, dict)]
        if not inner:
            break
        at = data.draw(st.sampled_from(inner))
    at[data.draw(st.sampled_from(sorted(at)) | st.text(max_size=5))] = data.draw(_JSON)
    try:
        report = open_report(evidence(payload=json.dumps(found).encode()), REGISTER)
    except EvidenceError:
        return
    assert report.device == DEVICE.public.keyid


def test_unknown_fields_change_nothing_of_the_inventory() -> None:
    more = INVENTORY | {"x": [{"y": 1.5}]}
    assert decode_inventory(dumps(more)) == decode_inventory(INVENTORY_BYTES)


@pytest.mark.parametrize("missing", ["enforcement", "withheld"])
def test_optional_parts_of_an_inventory_default_to_nothing(missing: str) -> None:
    less = {name: value for name, value in INVENTORY.items() if name != missing}
    default = Inventory.__struct_defaults__  # type: ignore[attr-defined]
    assert getattr(decode_inventory(dumps(less)), missing) in default


class _Asked:
    """A lookup that records what it was asked for."""

    def __init__(self, *bindings: KeyBinding) -> None:
        self.bindings = bindings
        self.asked: list[tuple[str, str | None]] = []

    def keys_for(self, device: str, station: str | None) -> tuple[KeyBinding, ...]:
        self.asked.append((device, station))
        return self.bindings


def test_keys_are_looked_up_by_the_device_that_the_payload_names() -> None:
    lookup = _Asked(device_binding(DEVICE.public))
    open_report(VALID, lookup)
    assert lookup.asked == [(DEVICE.public.keyid, None)]


@pytest.mark.parametrize("device", ["a\0b", "a b", "../x", "é", "x" * 129, "", "a\n", "'; --"])
def test_a_hostile_device_id_never_reaches_the_lookup(device: str) -> None:
    lookup = _Asked(device_binding(DEVICE.public))
    with pytest.raises(StatementError):
        open_report(evidence(payload=dumps(statement(device=device))), lookup)
    assert lookup.asked == []


@pytest.mark.parametrize("station", ["a\0b", "", "STATION", STATION.public.keyid.upper(), 7])
def test_a_hostile_station_never_reaches_the_lookup(station: object) -> None:
    lookup = _Asked(station_binding(STATION.public))
    with pytest.raises(StatementError):
        open_report(evidence(payload=dumps(statement(grade="station", station=station)), signer=STATION), lookup)
    assert lookup.asked == []


def test_a_lookup_that_gives_too_much_still_lets_no_station_speak_in_anothers_name() -> None:
    """The rule holds in open_report, whatever a register answers."""
    payload = dumps(statement(device=PHONE_ID, grade="station", station="0" * 64))
    with pytest.raises(StatementError):
        open_report(evidence(payload=payload, signer=STATION), _Asked(station_binding(STATION.public)))
    payload = dumps(statement(device=PHONE_ID, grade="station"))
    with pytest.raises(StatementError):
        open_report(evidence(payload=payload, signer=STATION), _Asked(station_binding(STATION.public)))


def test_a_device_that_nobody_registered_is_named_safely() -> None:
    with pytest.raises(UnknownKeyError) as refused:
        open_report(VALID, Register())
    assert DEVICE.public.keyid in str(refused.value)
    assert refused.value.expected
    assert refused.value.cure


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("hardware-key", "agent-key", "agent-key"),
        ("station", "hardware-key", "station"),
        ("imported", "station", "imported"),
        ("self-declared", "imported", "self-declared"),
        ("agent-key", "agent-key", "agent-key"),
    ],
)
def test_the_weaker_grade_counts(one: str, other: str, expected: str) -> None:
    assert weaker(one, other) == weaker(other, one) == expected  # type: ignore[arg-type]


def test_no_grade_is_stronger_than_what_the_register_knows_of_the_key() -> None:
    for claimed in GRADES:
        report = open_report(evidence(payload=dumps(statement(grade=claimed))), REGISTER)
        assert GRADES.index(report.grade) >= GRADES.index("agent-key")


def test_limits_are_the_callers() -> None:
    line = VALID.index(b"\n")
    fits = Limits(envelope=line, inventory=len(INVENTORY_BYTES), nesting=4, apps=1, accounts=1, signatures=1)
    assert open_report(VALID, REGISTER, fits) == open_report(VALID, REGISTER)
    for name, value in (("envelope", line - 1), ("inventory", len(INVENTORY_BYTES) - 1), ("apps", 0), ("accounts", 0)):
        smaller = {**{field: getattr(fits, field) for field in fits.__slots__}, name: value}
        with pytest.raises(EvidenceError):
            open_report(VALID, REGISTER, Limits(**smaller))


def test_limits_of_the_statement_and_of_its_signatures_are_the_callers_too() -> None:
    payload = dumps(statement())
    double = sealed(payload, STRANGER, DEVICE) + b"\n" + INVENTORY_BYTES
    assert open_report(double, REGISTER, Limits(signatures=2)) == open_report(double, REGISTER)
    with pytest.raises(EnvelopeError):
        open_report(double, REGISTER, Limits(signatures=1))
    deep = statement()
    deep["predicate"]["later"] = {"a": {"b": {"c": {"d": 1}}}}  # type: ignore[index]
    assert open_report(evidence(payload=dumps(deep)), REGISTER, Limits(nesting=6))
    with pytest.raises(StatementError):
        open_report(evidence(payload=dumps(deep)), REGISTER, Limits(nesting=5))


@pytest.mark.parametrize(("section", "found"), [("apps", "1 apps"), ("accounts", "1 accounts")])
def test_a_list_over_the_limit_says_which_and_by_how_much(section: str, found: str) -> None:
    with pytest.raises(InventoryError) as refused:
        open_report(VALID, REGISTER, Limits(**{section: 0}))
    assert found in refused.value.got
    assert "at most 0" in refused.value.expected
    with pytest.raises(InventoryError) as unreadable:
        decode_inventory(b"{}")
    assert unreadable.value.got.startswith("inventory")
    assert "inventory-v1.json" in unreadable.value.expected


def test_a_refusal_names_the_keys_and_digests_that_would_have_been_right() -> None:
    """Support starts from these: which key signs, and which of two files was changed."""
    with pytest.raises(SignatureError) as unsigned:
        open_report(
            evidence(payload=dumps(statement()), signer=STRANGER),
            _Asked(device_binding(DEVICE.public), station_binding(STATION.public)),
        )
    assert unsigned.value.expected.endswith(f" {DEVICE.public.keyid[:16]}…, {STATION.public.keyid[:16]}…")
    assert unsigned.value.cure
    changed = INVENTORY_BYTES + b" "
    with pytest.raises(DigestError) as other:
        open_report(evidence(payload=dumps(statement())).removesuffix(INVENTORY_BYTES) + changed, REGISTER)
    assert f"{sha256(changed)[:16]}…" in other.value.got
    assert f"{sha256(INVENTORY_BYTES)[:16]}…" in other.value.expected
    assert other.value.cure


def test_a_statement_of_another_type_is_told_from_one_that_nobody_can_read() -> None:
    other = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "urn:setapart:receipt:v1"}
    with pytest.raises(StatementError) as refused:
        open_report(evidence(payload=dumps(other)), REGISTER)
    assert "urn:setapart:receipt:v1" in refused.value.got
    assert EVIDENCE in refused.value.expected
    with pytest.raises(StatementError) as unreadable:
        open_report(evidence(payload=b"{}"), REGISTER)
    assert unreadable.value.got
    assert EVIDENCE in unreadable.value.expected


def test_the_second_part_is_cut_at_the_first_line_feed_alone() -> None:
    raw = evidence(json.dumps(INVENTORY, indent=1).encode())
    assert dsse.split(raw)[1].count(b"\n") > 10
    assert open_report(raw, REGISTER).inventory == open_report(VALID, REGISTER).inventory


def test_verified_reports_are_made_in_one_place() -> None:
    makers = {
        path.relative_to(SOURCES).as_posix(): len(found)
        for folder in ("agent", "auditor")
        for path in (SOURCES / folder).rglob("*.py")
        if (found := re.findall(r"\bVerifiedReport\(|convert\([^)]*VerifiedReport", path.read_text(encoding="utf-8")))
    }
    assert makers == {"agent/setapart_evidence/open.py": 1}
    assert VerifiedReport.__dataclass_params__.frozen  # type: ignore[attr-defined]
