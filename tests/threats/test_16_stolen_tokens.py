"""Threat 16: an enrolment token is stolen."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from enrolling import NOW, Office, new_key, request
from setapart_auditor.enrolment.confirm import confirm
from setapart_auditor.errors import NotAllowedError, TokenRefusedError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.actor import Actor
from setapart_auditor.register.database import devices

REDEMPTIONS = 200


def test_of_200_concurrent_redemptions_of_a_single_use_token_exactly_one_succeeds(installation: Installation) -> None:
    office = Office(installation)
    token = office.fleet(quota=1)
    requests = [request(token, new_key()) for _ in range(REDEMPTIONS)]

    def redeem(raw: bytes) -> bool:
        try:
            office.enrol(raw)
        except TokenRefusedError:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(redeem, requests)) == 1
    with installation.store.read() as connection:
        assert len(list(devices(connection))) == 1


def test_a_thief_whose_key_waits_gains_nothing_without_the_words(installation: Installation) -> None:
    office = Office(installation)
    device = office.add("laptop")
    thief, owner = new_key(), new_key()
    office.enrol(request(office.issue(device=device, confirm=True), thief))
    office.enrol(request(office.issue(device=device, confirm=True), owner))
    from setapart_evidence.words import words_of

    ada = Actor(name="ada", roles=frozenset({"officer"}))
    with installation.store.write() as connection:
        found = confirm(connection, installation, words_of(owner.public.keyid), ada, NOW, accept=True)
    assert found.keyid == owner.public.keyid
    with pytest.raises(NotAllowedError), installation.store.write() as connection:
        confirm(connection, installation, words_of(thief.public.keyid), ada, NOW, accept=True)
