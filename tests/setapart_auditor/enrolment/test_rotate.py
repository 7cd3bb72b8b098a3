"""Changes of keys: both sign, the id stays, the old key is over."""

import pytest

from enrolling import DAY, MINUTE, NOW, Office, new_key, request, rotation
from setapart_auditor.appraisal.freshness import TOLERANCE
from setapart_auditor.errors import ConflictError, NotAllowedError
from setapart_auditor.register.database import change_device, find_device
from setapart_auditor.register.stored_keys import AllKeys, StoredKeys
from setapart_evidence.errors import EvidenceError, SignatureError, UnknownKeyError
from setapart_evidence.keys import Ed25519Signer


@pytest.fixture
def old(office: Office) -> Ed25519Signer:
    key = new_key()
    office.enrol(request(office.fleet(), key))
    return key


def _rotation(office: Office, old: Ed25519Signer, new: Ed25519Signer, device: str = "", **changed: object) -> bytes:
    return rotation(device or old.public.keyid, office.installation.keyid, old, new, **changed)


def test_the_device_keeps_its_id_and_the_old_key_ends_now(office: Office, old: Ed25519Signer) -> None:
    new, id_ = new_key(), old.public.keyid
    raw = _rotation(office, old, new)
    answer = office.read(office.rotate(raw, NOW + DAY), raw)
    assert (answer.state, answer.device, answer.name, answer.answered_at) == ("accepted", id_, "laptop", NOW + DAY)
    with office.installation.store.read() as connection:
        assert [one.key for one in StoredKeys(connection).keys_for(id_, None)] == [new.public]
        keys = AllKeys(connection, {1: id_})
    assert keys.held_at(id_, NOW + DAY - MINUTE)
    assert not keys.held_at(id_, NOW + DAY + TOLERANCE)
    assert keys.held_at(new.public.keyid, NOW + DAY)
    third = new_key()
    assert office.rotate(_rotation(office, new, third, id_), NOW + 2 * DAY)


def test_a_rotation_that_is_sent_again_gets_the_same_answer(office: Office, old: Ed25519Signer) -> None:
    raw = _rotation(office, old, new_key())
    assert office.rotate(raw, NOW + MINUTE) == office.rotate(raw, NOW + DAY)


def test_a_key_that_was_replaced_rotates_nothing(office: Office, old: Ed25519Signer) -> None:
    office.rotate(_rotation(office, old, new_key()))
    with pytest.raises(ConflictError, match="was replaced"):
        office.rotate(_rotation(office, old, new_key()), NOW + DAY)


def test_both_keys_sign_and_belong_together(office: Office, old: Ed25519Signer) -> None:
    new, other = new_key(), new_key()
    office.enrol(request(office.fleet(), other, name="other"))
    forged = rotation(old.public.keyid, office.installation.keyid, other, new, old=old.public.keyid)
    with pytest.raises(SignatureError):
        office.rotate(forged)
    with pytest.raises(UnknownKeyError):
        office.rotate(_rotation(office, other, new, old.public.keyid))
    with pytest.raises(EvidenceError, match="same key"):
        office.rotate(_rotation(office, old, old))
    with pytest.raises(ConflictError, match="in the register already"):
        office.rotate(_rotation(office, old, other))
    with pytest.raises(NotAllowedError, match="another auditor"):
        office.rotate(_rotation(office, old, new, auditor="0" * 64))


@pytest.mark.parametrize("state", ["retired", "revoked", "replaced"])
def test_a_device_that_is_not_active_rotates_no_key(office: Office, old: Ed25519Signer, state: str) -> None:
    raw = _rotation(office, old, new_key())
    office.rotate(raw)
    with office.installation.store.write() as connection:
        change_device(connection, find_device(connection, "laptop"), {"state": state}, "ada", NOW)
    with pytest.raises(NotAllowedError, match=state):
        office.rotate(raw)


def test_nobody_vouches_for_the_hardware_of_a_rotated_key(office: Office) -> None:
    old, new = new_key(), new_key()
    office.enrol(request(office.fleet(hardware=True), old, hardware=True))
    office.rotate(_rotation(office, old, new, hardware=True))
    with office.installation.store.read() as connection:
        (binding,) = StoredKeys(connection).keys_for(old.public.keyid, None)
    assert binding.grade == "agent-key"
