"""Threat 17: an identity taken over by enrolling again; with what others learnt the hard way."""

import pytest

from enrolling import NOW, Office, new_key, request, rotation
from setapart_auditor.errors import ConflictError
from setapart_auditor.installation import Installation
from setapart_auditor.register.database import devices
from setapart_auditor.register.stored_keys import StoredKeys
from setapart_evidence.enrolment import encoded_key
from setapart_evidence.errors import EvidenceError, SignatureError, UnknownKeyError
from setapart_evidence.keys import PublicKey


def _keys(office: Office, device: str) -> list[PublicKey]:
    with office.installation.store.read() as connection:
        return [one.key for one in StoredKeys(connection).keys_for(device, None)]


def test_enrolling_again_never_overwrites_an_identity(installation: Installation) -> None:
    """keylime 2025: a second registration of the same agent replaced its key."""
    office, owner, thief = Office(installation), new_key(), new_key()
    device = office.add("laptop", serial="S1")
    spare = office.issue(device=device)
    office.enrol(request(office.issue(device=device), owner, serial="S1"))
    for token in (spare, office.fleet()):
        with pytest.raises(ConflictError):
            office.enrol(request(token, thief, serial="S1"))
    office.enrol(request(office.fleet(), thief, name="laptop"))  # a record of its own, under another name
    assert _keys(office, owner.public.keyid) == [owner.public]


def test_a_new_key_needs_the_old_key_or_an_officer(installation: Installation) -> None:
    office, owner, second, third = Office(installation), new_key(), new_key(), new_key()
    device, id_ = office.add("laptop"), owner.public.keyid
    office.enrol(request(office.issue(device=device), owner))
    with pytest.raises(EvidenceError):
        office.rotate(rotation(id_, installation.keyid, third, second))
    office.rotate(rotation(id_, installation.keyid, owner, second), NOW)
    assert _keys(office, id_) == [second.public]
    answer = office.answered(request(office.issue(device=device, replaces=True), third))
    assert answer.device == id_
    assert _keys(office, id_) == [third.public]
    with installation.store.read() as connection:
        assert len(list(devices(connection))) == 1


def test_no_signature_counts_before_its_keys_binding_is_checked(installation: Installation) -> None:
    """keylime 2021: a signature was trusted that a key of the sender's choice had made."""
    office, owner, thief = Office(installation), new_key(), new_key()
    office.enrol(request(office.fleet(), owner))
    with pytest.raises(SignatureError):
        office.rotate(rotation(owner.public.keyid, installation.keyid, thief, new_key(), old=owner.public.keyid))
    with pytest.raises(UnknownKeyError):
        office.rotate(rotation(owner.public.keyid, installation.keyid, thief, new_key()))
    with pytest.raises(SignatureError):
        office.enrol(request(office.fleet(), thief, key=encoded_key(owner.public)))
    assert _keys(office, owner.public.keyid) == [owner.public]


def test_no_two_answers_carry_the_same_nonce(installation: Installation) -> None:
    """keylime 2026: the nonce was a constant. What the auditor hands out is made anew for each answer."""
    from setapart_auditor.enrolment.enrol import enrol

    office, token = Office(installation), Office(installation).fleet()
    asked: list[str] = []

    def nonce(device: str) -> str:
        asked.append(device)
        return f"{len(asked):032}"

    answers = []
    for _ in range(5):
        raw = request(token, new_key())
        with installation.store.write() as connection:
            answer = enrol(connection, installation, raw, NOW, nonce=nonce, bundle_of=lambda *_: None)
        answers.append(office.read(answer, raw))
    assert [answer.device for answer in answers] == asked
    assert len({answer.nonce for answer in answers}) == 5
