"""Bearer tokens of officers."""

import datetime as dt

import pytest

from people_maker import NOW, add_officers, as_
from setapart_auditor.errors import AuditorError, NotAllowedError
from setapart_auditor.installation import Installation
from setapart_auditor.officers.changes import disable, officers
from setapart_auditor.officers.tokens import actor_of_token, issue

DAY = dt.timedelta(days=1)


def test_a_token_is_its_officer_s_until_it_expires_and_signs_nothing(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        token = issue(connection, as_(installation, connection, "boss"), "ola", NOW, days=7)
        actor = actor_of_token(connection, token, NOW + 6 * DAY)
        assert (actor.name, actor.roles, actor.signer) == ("ola", {"officer"}, None)
        with pytest.raises(NotAllowedError):
            actor_of_token(connection, token, NOW + 7 * DAY)
    written = b"".join(file.read_bytes() for file in installation.folder.rglob("*") if file.is_file())
    assert token.encode() not in written


def test_a_new_token_takes_the_place_of_the_last_one(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        ola = as_(installation, connection, "ola")
        first, second = issue(connection, ola, "ola", NOW), issue(connection, ola, "ola", NOW)
        assert actor_of_token(connection, second, NOW).name == "ola"
        with pytest.raises(NotAllowedError):
            actor_of_token(connection, first, NOW)


def test_a_disabled_officer_s_token_is_gone(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        boss = as_(installation, connection, "boss")
        token = issue(connection, boss, "ola", NOW)
        disable(connection, boss, "ola", NOW)
        with pytest.raises(NotAllowedError):
            actor_of_token(connection, token, NOW)
        with pytest.raises(AuditorError, match="disabled"):
            issue(connection, boss, "ola", NOW)
        assert [one.token_expires_at for one in officers(connection)] == [None] * 3


@pytest.mark.parametrize("token", ["", "spo1.", "spo1.x", "ø", "\ud800", "spo1." + "A" * 100_000])
def test_what_is_no_token_is_nobody(installation: Installation, token: str) -> None:
    with installation.store.read() as connection, pytest.raises(NotAllowedError):
        actor_of_token(connection, token, NOW)


def test_nobody_gets_a_token_for_another(installation: Installation) -> None:
    with installation.store.write() as connection:
        add_officers(installation, connection)
        with pytest.raises(NotAllowedError):
            issue(connection, as_(installation, connection, "ola"), "per", NOW)
        with pytest.raises(AuditorError, match="0 days"):
            issue(connection, as_(installation, connection, "ola"), "ola", NOW, days=0)
