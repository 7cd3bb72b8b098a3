"""Enrolling: who gets in, under which name, what they are told, and what is asked twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from enrolling import DAY, MINUTE, NOW, Office, bundle_of, digest_of, new_key, request
from evidence_maker import HARDWARE_DEVICE
from setapart_auditor.enrolment.confirm import confirm as decide
from setapart_auditor.enrolment.tokens import find_token, revoke_token
from setapart_auditor.errors import ConflictError, NotAllowedError, TokenRefusedError
from setapart_auditor.officers.actor import Actor
from setapart_auditor.register.database import (
    bind_key,
    change_device,
    devices,
    find_device,
    units_of_serial,
)
from setapart_auditor.register.stored_keys import StoredKeys
from setapart_auditor.store.schema import device as device_table
from setapart_auditor.store.schema import device_key, enrolment, log_leaf, station
from setapart_evidence.enrolment import Token, read_answer
from setapart_evidence.errors import EvidenceError, SignatureError

ADA = Actor(name="ada", roles=frozenset({"officer"}))


def _names(office: Office) -> list[str]:
    with office.installation.store.read() as connection:
        return [one.name for one in devices(connection)]


def _refusal(office: Office, raw: bytes, now: object = NOW) -> str:
    with pytest.raises(TokenRefusedError) as caught:
        office.enrol(raw, now)  # type: ignore[arg-type]
    assert str(caught.value) == str(TokenRefusedError(""))
    return caught.value.real


def test_a_bound_token_makes_the_record_the_keys(office: Office) -> None:
    device = office.add("ada's laptop", serial="S-1", platform="linux")
    key = new_key()
    answer = office.answered(request(office.issue(device=device), key, serial=" s-1 "))
    assert (answer.state, answer.device, answer.name) == ("accepted", key.public.keyid, "ada's laptop")
    assert answer.nonce is not None
    with office.installation.store.read() as connection:
        (binding,) = StoredKeys(connection).keys_for(key.public.keyid, None)
    assert (binding.key, binding.grade) == (key.public, "agent-key")


def test_an_unbound_token_makes_a_record_of_its_class_and_unit(office: Office) -> None:
    answer = office.answered(request(office.fleet(), new_key(), name="desk 1", serial="S9"))
    with office.installation.store.read() as connection:
        found = find_device(connection, "desk 1")
    registration = found.registration
    assert (registration.device_class, registration.unit, registration.holder) == ("ordinary", "north", "")
    assert (registration.id, found.serial, found.platform) == (answer.device, "S9", "linux")


def test_an_answer_names_the_bundle_of_the_devices_own_unit(office: Office) -> None:
    device = office.add("a", unit="south")
    found = [
        office.answered(request(token, new_key())).bundle for token in (office.issue(device=device), office.fleet())
    ]
    assert found == [bundle_of("south"), bundle_of("north")]


def test_names_from_outside_are_made_printable_unique_and_never_ids(office: Office) -> None:
    token, victim = office.fleet(), new_key()
    office.enrol(request(token, victim, name="laptop"))
    for name in ("LAPTOP", "", "a\x1b[2Jb", victim.public.keyid, "x" * 256, "unenrolled-1", "\ue000"):
        office.enrol(request(token, new_key(), name=name))
    names = _names(office)
    assert names[:3] == ["laptop", "LAPTOP-2", "device"]
    assert names[4] == f"device {victim.public.keyid}"
    assert all(name.isprintable() and len(name) <= 128 for name in names)
    with office.installation.store.read() as connection:
        assert find_device(connection, victim.public.keyid).name == "laptop"


def test_the_same_request_gets_the_same_answer_after_the_token_is_used_up_expired_and_revoked(office: Office) -> None:
    raw = request(office.fleet(quota=1), new_key())
    first = office.enrol(raw)
    with office.installation.store.write() as connection:
        revoke_token(connection, 1, actor_name="ada", now=NOW)
    assert office.enrol(raw, NOW + 300 * DAY) == first
    assert len(_names(office)) == 1


def test_one_statement_signed_twice_is_one_request(office: Office) -> None:
    """ECDSA signs otherwise each time; what counts is the statement."""
    from setapart_evidence.keys import EcdsaP256Signer

    token, key = office.fleet(quota=1), EcdsaP256Signer(HARDWARE_DEVICE.key)
    one, other = request(token, key), request(token, key)
    assert one != other
    assert office.enrol(one) == office.enrol(other)


def test_the_same_key_with_another_request_is_the_same_device(office: Office) -> None:
    token, key = office.fleet(quota=1), new_key()
    first = office.answered(request(token, key))
    second = office.answered(request(token, key, requested_at=NOW + MINUTE, name="other"), NOW + MINUTE)
    assert (second.device, second.name) == (first.device, first.name)
    assert second.nonce != first.nonce
    assert len(_names(office)) == 1


def test_another_good_token_is_not_used_by_a_key_that_is_enrolled(office: Office) -> None:
    key = new_key()
    office.enrol(request(office.fleet(), key))
    assert office.answered(request(office.fleet(), key)).name == "laptop"
    with office.installation.store.read() as connection:
        assert find_token(connection, 2).used == 0
    other = office.issue(device=office.add("other"))
    with pytest.raises(ConflictError, match="another device"):
        office.enrol(request(other, key))
    assert "revoked" in _refusal_of_revoked(office, key)


def _refusal_of_revoked(office: Office, key: object) -> str:
    token = office.fleet()
    with office.installation.store.write() as connection:
        revoke_token(connection, 4, actor_name="ada", now=NOW)
    return _refusal(office, request(token, key))  # type: ignore[arg-type]


def test_every_token_that_is_not_accepted_sounds_the_same(office: Office) -> None:
    device = office.add("bound", serial="S1", platform="android")
    bound = office.issue(device=device)
    unknown = Token(secret=bytes(32), auditor=office.installation.keyid, url="")
    assert "no such token" in _refusal(office, request(unknown, new_key()))
    assert "another serial" in _refusal(office, request(bound, new_key(), serial="S2"))
    assert "registered as android" in _refusal(office, request(bound, new_key()))
    assert "bound to another serial" in _refusal(
        office, request(office.fleet(quota=1, serial="S7"), new_key(), serial="S8")
    )
    assert "bound to another serial" in _refusal(office, request(office.fleet(quota=1, serial="S7"), new_key()))
    once = office.fleet(quota=1)
    assert "expired" in _refusal(office, request(once, new_key()), NOW + 7 * DAY)
    office.enrol(request(once, new_key()))
    assert "used up" in _refusal(office, request(once, new_key()))
    with office.installation.store.write() as connection:
        change_device(connection, device, {"state": "retired"}, "ada", NOW)
    assert "retired" in _refusal(office, request(bound, new_key(), platform="android"))


def test_a_serial_leads_to_its_record_and_only_with_a_token_for_it(office: Office) -> None:
    office.add("counted", serial="S1")
    with pytest.raises(ConflictError, match="in the register"):
        office.enrol(request(office.fleet(), new_key(), serial="S1"))
    token = office.issue(serial="S1")
    assert office.answered(request(token, new_key(), serial="S1")).name == "counted"
    made = office.fleet(quota=1, serial="S2")
    assert office.answered(request(made, new_key(), serial="S2", name="new")).name == "new"
    office.add("twin", serial="S3")
    office.add("other twin", serial="S3")
    with pytest.raises(ConflictError, match="several"):
        office.enrol(request(office.issue(serial="S3"), new_key(), serial="S3"))
    gone = office.add("gone", serial="S4")
    last = office.issue(serial="S4")
    with office.installation.store.write() as connection:
        change_device(connection, gone, {"state": "replaced"}, "ada", NOW)
    assert "no active device" in _refusal(office, request(last, new_key(), serial="S4"))


@pytest.mark.parametrize(
    ("registered", "asked"),
    [("S-1x", "s-1X"), ("s1", "S1"), (" S1 ", "S1"), ("S1", "  s1 "), ("Ä1", "ä1"), ("S1", "S1")],
)
def test_a_serial_is_one_in_whatever_case_and_with_whatever_space(office: Office, registered: str, asked: str) -> None:
    office.add("counted", serial=registered)
    with pytest.raises(ConflictError, match="in the register"):
        office.enrol(request(office.fleet(), new_key(), serial=asked))
    assert office.answered(request(office.issue(serial=asked), new_key(), serial=registered)).name == "counted"
    assert _names(office) == ["counted"]
    with office.installation.store.read() as connection:
        assert units_of_serial(connection, asked) == {""}
        assert units_of_serial(connection, "S") == frozenset()


def test_a_refused_request_leaves_nothing_behind(office: Office) -> None:
    device = office.add("laptop")
    office.enrol(request(office.issue(device=device), new_key()))
    token = office.issue(device=device, replaces=True)
    with office.installation.store.write() as connection:
        connection.execute(
            station.insert().values(
                name="s", folded="s", keyid=HARDWARE_DEVICE.public.keyid, spki=HARDWARE_DEVICE.public.spki,
                valid_from=NOW,
            )
        )  # fmt: skip
    with pytest.raises(ConflictError, match="in the register already"):
        office.enrol(request(token, HARDWARE_DEVICE))
    with office.installation.store.read() as connection:
        assert find_token(connection, 2).used == 0
        assert connection.execute(select(func.count()).select_from(enrolment)).scalar_one() == 1


def test_a_key_that_an_officer_had_registered_needs_no_second_record(office: Office) -> None:
    key, device = new_key(), office.add("imported")
    with office.installation.store.write() as connection:
        bind_key(connection, device.no, key.public, hardware=False, origin="registered", now=NOW)
    with pytest.raises(ConflictError, match="another device"):
        office.enrol(request(office.issue(device=office.add("other")), key))
    assert office.answered(request(office.fleet(), key)).name == "imported"
    assert len(_names(office)) == 2


def test_only_an_officer_vouches_for_hardware(office: Office) -> None:
    claims = office.answered(request(office.fleet(), new_key(), hardware=True))
    vouched = office.answered(request(office.fleet(hardware=True), new_key(), hardware=True))
    with pytest.raises(NotAllowedError, match="a key in software"):
        office.enrol(request(office.fleet(hardware=True), new_key()))
    with office.installation.store.read() as connection:
        keys = StoredKeys(connection)
        grades = [keys.keys_for(answer.device or "", None)[0].grade for answer in (claims, vouched)]
    assert grades == ["agent-key", "hardware-key"]


def test_a_device_that_is_not_active_gets_no_answer_any_more(office: Office) -> None:
    token, key = office.fleet(), new_key()
    raw = request(token, key)
    office.enrol(raw)
    with office.installation.store.write() as connection:
        change_device(connection, find_device(connection, "laptop"), {"state": "revoked"}, "ada", NOW)
    for again in (raw, request(token, key, name="x")):
        with pytest.raises(NotAllowedError, match="revoked"):
            office.enrol(again)


@pytest.mark.parametrize("confirm", [False, True])
def test_a_key_that_was_replaced_gets_no_answer_any_more_not_even_the_one_it_had(office: Office, confirm: bool) -> None:
    key, new = new_key(), new_key()
    raw = request(office.fleet(confirm=confirm), key)
    office.enrol(raw)
    with office.installation.store.write() as connection:
        if confirm:
            decide(
                connection, office.installation, "1", Actor(name="ada", roles=frozenset({"officer"})), NOW, accept=True
            )
        found = find_device(connection, "laptop")
        bind_key(connection, found.no, new.public, hardware=False, origin="enrolled", now=NOW + MINUTE)
    with pytest.raises(ConflictError, match="was replaced"):
        office.enrol(raw, NOW + DAY)


def test_a_request_for_another_auditor_is_none_for_this_one(office: Office) -> None:
    token = office.fleet()
    with pytest.raises(NotAllowedError, match="another auditor"):
        office.enrol(request(token, new_key(), auditor="0" * 64))


def test_a_stranger_cannot_enrol_somebody_elses_key(office: Office) -> None:
    from setapart_evidence.enrolment import encoded_key

    with pytest.raises(SignatureError):
        office.enrol(request(office.fleet(), new_key(), key=encoded_key(new_key().public)))
    for raw in (b"", b"{}", b"\xff\n", request(office.fleet(), new_key())[:-9]):
        with pytest.raises(EvidenceError):
            office.enrol(raw)
    assert _names(office) == []


def test_an_answer_is_for_its_request_alone(office: Office) -> None:
    token = office.fleet()
    one, other = request(token, new_key()), request(token, new_key())
    answer = office.enrol(one)
    with pytest.raises(EvidenceError, match="another request"):
        read_answer(answer, office.installation.keyid, digest_of(other))


def test_no_secret_is_in_the_store_in_an_error_or_in_an_answer(office: Office) -> None:
    token = office.fleet(quota=1)
    raw = request(token, new_key())
    answer = office.enrol(raw)
    with pytest.raises(TokenRefusedError) as caught:
        office.enrol(request(token, new_key()))
    with office.installation.store.read() as connection:
        kept = [repr(connection.execute(select(table)).all()) for table in (enrolment, device_table, device_key)]
        kept.append(repr(connection.execute(select(log_leaf.c.record)).all()))
    for text in (*kept, repr(caught.value), str(caught.value), caught.value.real, repr(answer)):
        assert token.secret.hex() not in text
        assert token.spelled() not in text


def test_racing_for_the_last_places_of_a_quota_never_exceeds_it(office: Office) -> None:
    token = office.fleet(quota=3)

    def attempt(raw: bytes) -> bool:
        try:
            office.enrol(raw)
        except TokenRefusedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, [request(token, new_key()) for _ in range(16)]))
    assert sum(results) == 3
    assert len(_names(office)) == 3
