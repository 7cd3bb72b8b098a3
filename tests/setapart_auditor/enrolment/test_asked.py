"""A request as it is kept: damage is an error of that request, and of no other."""

import msgspec
import pytest
from sqlalchemy import update

from enrolling import NOW, Office, new_key, request
from setapart_auditor.enrolment.asked import Enrolled, waiting
from setapart_auditor.enrolment.confirm import confirm
from setapart_auditor.errors import StoreError
from setapart_auditor.officers.actor import Actor
from setapart_auditor.register.database import devices
from setapart_auditor.store.schema import enrolment
from setapart_evidence.enrolment import encoded_key
from store_builder import by_hand

OFFICER = Actor(name="ada", roles=frozenset({"officer"}))
DAMAGED = [b"", b"\xff\x00", b"{}", b'{"digest": 1}', b"[" * 100_000]


def _kept(office: Office) -> tuple[Enrolled, ...]:
    with office.installation.store.read() as connection:
        return tuple(waiting(connection))


def _damage(office: Office, request_: bytes) -> None:
    with by_hand(office.installation) as connection:
        connection.execute(update(enrolment).where(enrolment.c.no == 1).values(request=request_))


@pytest.fixture
def asked_twice(office: Office) -> Office:
    """Two requests that wait; the first is the one that tests damage."""
    for name in ("one", "two"):
        office.enrol(request(office.fleet(confirm=True), new_key(), name=name))
    return office


@pytest.mark.parametrize("raw", DAMAGED, ids=lambda raw: repr(raw[:14]))
def test_a_damaged_request_is_an_error_of_that_request_and_can_be_refused(asked_twice: Office, raw: bytes) -> None:
    _damage(asked_twice, raw)
    first, second = _kept(asked_twice)
    assert (second.no, second.asked.name) == (2, "two")
    with pytest.raises(StoreError, match="request 1 to enrol is damaged"):
        _ = first.asked
    with asked_twice.installation.store.write() as connection:
        arguments = (connection, asked_twice.installation, first.words, OFFICER, NOW)
        with pytest.raises(StoreError, match="request 1 to enrol is damaged"):
            confirm(*arguments, accept=True)
        assert confirm(*arguments, accept=False).state == "refused"
    assert [one.no for one in _kept(asked_twice)] == [2]


def test_another_key_in_the_place_of_the_one_whose_words_are_compared_is_never_bound(asked_twice: Office) -> None:
    first = _kept(asked_twice)[0]
    _damage(asked_twice, msgspec.json.encode(msgspec.structs.replace(first.asked, key=encoded_key(new_key().public))))
    store = asked_twice.installation.store
    with pytest.raises(StoreError, match="request 1 to enrol is damaged"), store.write() as connection:
        confirm(connection, asked_twice.installation, first.words, OFFICER, NOW, accept=True)
    with store.read() as connection:
        assert list(devices(connection)) == []
