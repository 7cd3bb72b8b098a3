"""Confirmation: a key waits until an officer has compared its words."""

import pytest

from enrolling import MINUTE, NOW, Office, new_key, request
from setapart_auditor.enrolment.asked import Enrolled, waiting
from setapart_auditor.enrolment.confirm import confirm
from setapart_auditor.errors import AuditorError, ConflictError, NotAllowedError
from setapart_auditor.officers.actor import Actor
from setapart_auditor.register.database import devices
from setapart_evidence.words import words_of

OFFICER = Actor(name="ada", roles=frozenset({"officer"}))


def _confirm(office: Office, which: str, *, accept: bool = True, actor: Actor = OFFICER) -> Enrolled:
    with office.installation.store.write() as connection:
        return confirm(connection, office.installation, which, actor, NOW + MINUTE, accept=accept)


def _count(office: Office) -> int:
    with office.installation.store.read() as connection:
        return len(list(devices(connection)))


def test_nothing_is_in_the_register_before_the_words_were_compared(office: Office) -> None:
    key = new_key()
    raw = request(office.fleet(confirm=True), key)
    answer = office.answered(raw)
    assert (answer.state, answer.device, answer.nonce) == ("waiting", None, None)
    assert _count(office) == 0
    with office.installation.store.read() as connection:
        (found,) = waiting(connection)
    assert found.words == words_of(key.public.keyid)
    assert _confirm(office, found.words.upper().replace(" ", "-")).decided_by == "ada"
    accepted = office.answered(raw, NOW + 2 * MINUTE)
    assert (accepted.state, accepted.device, accepted.name) == ("accepted", key.public.keyid, "laptop")
    assert office.answered(raw, NOW + 3 * MINUTE) == accepted
    assert _count(office) == 1


def test_asking_again_while_waiting_uses_nothing_up(office: Office) -> None:
    token, key = office.fleet(confirm=True, quota=1), new_key()
    raw = request(token, key)
    assert office.enrol(raw) == office.enrol(raw, NOW + MINUTE)
    assert office.answered(request(token, key, name="x")).state == "waiting"


def test_a_key_that_was_refused_stays_refused(office: Office) -> None:
    key = new_key()
    raw = request(office.fleet(confirm=True), key)
    office.enrol(raw)
    assert _confirm(office, key.public.keyid[:12], accept=False).state == "refused"
    for again in (raw, request(office.fleet(), key)):
        with pytest.raises(NotAllowedError, match="refused this key"):
            office.enrol(again)
    assert _count(office) == 0
    with pytest.raises(NotAllowedError, match="nothing waits"):
        _confirm(office, "1")


@pytest.mark.parametrize("which", ["", "2", "abc", "acid acid acid acid acid acid", "one two three", "\x1b[2J"])
def test_words_of_no_waiting_key_confirm_nothing(office: Office, which: str) -> None:
    office.enrol(request(office.fleet(confirm=True), new_key()))
    with pytest.raises(NotAllowedError, match="nothing waits"):
        _confirm(office, which)


def test_only_an_officer_of_the_unit_confirms(office: Office) -> None:
    office.enrol(request(office.fleet(confirm=True), new_key()))
    for actor in (
        Actor(name="v", roles=frozenset({"viewer", "technician", "approver", "auditor"})),
        Actor(name="o", roles=frozenset({"officer"}), unit="south"),
    ):
        with pytest.raises(NotAllowedError):
            _confirm(office, "1", actor=actor)
    assert _confirm(office, "1", actor=Actor(name="n", roles=frozenset({"officer"}), unit="NORTH"))


def test_a_device_that_got_a_key_meanwhile_gets_no_second_one(office: Office) -> None:
    device = office.add("laptop")
    slow = office.issue(device=device, confirm=True)
    office.enrol(request(slow, new_key()))
    office.enrol(request(office.issue(device=device), new_key()))
    with pytest.raises(ConflictError, match="has a key"):
        _confirm(office, "1")
    assert _confirm(office, "1", accept=False).state == "refused"


def test_a_beginning_that_fits_two_keys_is_no_answer(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setapart_auditor.enrolment.confirm._SHORTEST_ID", 0)
    for _ in range(2):
        office.enrol(request(office.fleet(confirm=True), new_key()))
    with pytest.raises(AuditorError, match="2 requests like"):
        _confirm(office, "")
