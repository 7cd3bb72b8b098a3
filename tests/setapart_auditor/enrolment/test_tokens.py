"""Tokens: what may be issued, what the store keeps of them, who used them."""

from typing import Any

import pytest
from sqlalchemy import select

from enrolling import DAY, NOW, Office, new_key, request
from setapart_auditor.enrolment.tokens import find_token, list_tokens, revoke_token, tokens
from setapart_auditor.errors import AuditorError
from setapart_auditor.register.database import change_device
from setapart_auditor.store.schema import log_leaf, token
from setapart_evidence.enrolment import TokenError, parse_token


def _kinds(office: Office) -> list[str]:
    with office.installation.store.read() as connection:
        return [kind for kind in connection.execute(select(log_leaf.c.kind)).scalars() if kind != "rows"]


def test_the_store_holds_the_hash_and_never_the_secret(office: Office) -> None:
    made = office.fleet()
    with office.installation.store.read() as connection:
        assert connection.execute(select(token.c.hash)).scalar_one() == made.hash
        everything = repr(connection.execute(select(token)).all()) + repr(
            connection.execute(select(log_leaf.c.record)).all()
        )
    assert made.secret.hex() not in everything
    assert repr(made.secret)[2:-1] not in everything
    assert parse_token(made.spelled()) == made
    assert made.auditor == office.installation.keyid


def test_two_tokens_are_never_the_same(office: Office) -> None:
    assert len({office.fleet().secret for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"quota": 0}, "for 0 keys"),
        ({"quota": 100_001}, "for 100001 keys"),
        ({"days": 0}, "for 0 days"),
        ({"days": 367}, "for 367 days"),
        ({"device_class": None}, "without a class"),
        ({"device_class": "other"}, "no class"),
        ({"unit": "a\x1bb"}, "no unit"),
        ({"serial": "S1"}, "keys of one device"),
        ({"serial": " ", "quota": 1}, "no serial"),
        ({"serial": "S1", "quota": 1, "device_class": None}, "without a class"),
        ({"replaces": True}, "of no device"),
    ],
)
def test_a_choice_that_cannot_be_is_pointed_at(office: Office, choices: dict[str, Any], told: str) -> None:
    with pytest.raises(AuditorError, match=told):
        office.fleet(**choices)


def test_a_url_that_would_send_secrets_in_clear_is_refused(office: Office) -> None:
    with pytest.raises(TokenError):
        office.fleet(url="http://auditor.example")
    assert office.fleet(url="https://auditor.example/").url == "https://auditor.example"


def test_a_bound_token_contradicts_neither_itself_nor_the_register(office: Office) -> None:
    device = office.add("laptop")
    with pytest.raises(AuditorError, match="with a serial, class or unit"):
        office.issue(device=device, unit="north")
    with pytest.raises(AuditorError, match="keys of one device"):
        office.issue(device=device, quota=2)
    with pytest.raises(AuditorError, match="no key to replace"):
        office.issue(device=device, replaces=True)
    office.enrol(request(office.issue(device=device), new_key()))
    with pytest.raises(AuditorError, match="enrolled already"):
        office.issue(device=device)
    assert office.issue(device=device, replaces=True)
    with office.installation.store.write() as connection:
        retired = change_device(connection, device, {"state": "retired"}, "ada", NOW)
    with pytest.raises(AuditorError, match="is retired"):
        office.issue(device=retired, replaces=True)


def test_issuing_listing_and_revoking_are_logged(office: Office) -> None:
    office.fleet()
    device = office.add("laptop", unit="south")
    office.issue(device=device, confirm=True, hardware=True)
    with office.installation.store.write() as connection:
        assert [one.no for one in list_tokens(connection, actor_name="ada", now=NOW)] == [1, 2]
        assert [one.no for one in list_tokens(connection, actor_name="ada", now=NOW, unit="South")] == [2]
        assert [one.no for one in list_tokens(connection, actor_name="ada", now=NOW, unit="NORTH")] == [1]
        first = revoke_token(connection, 1, actor_name="ada", now=NOW, why="lost")
        assert revoke_token(connection, 1, actor_name="ada", now=NOW + DAY) == first
        with pytest.raises(AuditorError, match="no token 3"):
            revoke_token(connection, 3, actor_name="ada", now=NOW)
        assert first.refusal(NOW) == "token 1 was revoked"
        second = find_token(connection, 2)
        assert (second.device, second.confirm, second.hardware, second.replaces) == ("laptop", True, True, False)
        assert second.refusal(NOW + 7 * DAY) == "token 2 has expired"
        assert second.refusal(NOW) is None
        assert len(list(tokens(connection))) == 2
    assert [kind for kind in _kinds(office) if kind.startswith("token")] == [
        "token-issue", "token-issue", "token-list", "token-list", "token-list", "token-revoke",
    ]  # fmt: skip
