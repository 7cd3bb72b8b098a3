import json
from typing import Any

import pytest

from setapart_agent.collectors.windows.parse import new_outlook
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, FileSet

PATH = r"C:\Users\ada\AppData\Local\Microsoft\Olk\UserSettings.json"


def accounts(settings: Any) -> tuple[AccountFact, ...]:
    raw = json.dumps(settings).encode()
    return new_outlook.parse(FileSet(files={"main": raw}, profile="S-1", path=PATH)).accounts


def identities(*addresses: str) -> dict[str, Any]:
    return {"Identities": {"IdentityMap": dict.fromkeys(addresses, "guid"), "IdentityProperties": {}}}


def listed(*addresses: str) -> dict[str, Any]:
    entries = [{"emailAddress": address, "accountType": "Google"} for address in addresses]
    return {"AccountLocalBackup": {"Json": json.dumps(entries)}}


def test_whoever_signed_in_has_an_account_of_everything() -> None:
    settings = identities("ada@agency.example", "ada@mail.example")
    assert new_outlook.recognise(PATH, json.dumps(settings).encode())
    assert accounts(settings)[0] == AccountFact(
        profile="S-1",
        type="outlook-new:account",
        client="outlook-new",
        services=("mail", "calendar", "contacts"),
        address="ada@agency.example",
        domain="agency.example",
    )
    assert [account.domain for account in accounts(settings)] == ["agency.example", "mail.example"]


def test_a_mailbox_elsewhere_is_listed_by_its_own_address() -> None:
    settings = listed("ada@agency.example") | identities("outlook_1@shadow.outlook.com", "ada@agency.example")
    assert [account.domain for account in accounts(settings)] == ["agency.example"]


def test_a_mailbox_of_which_only_the_shadow_is_seen_belongs_to_nobody_known() -> None:
    assert [account.domain for account in accounts(identities("outlook_1@shadow.outlook.com"))] == [None]
    assert [account.domain for account in accounts(listed("?"))] == [None]


@pytest.mark.parametrize("settings", [{}, {"Flights": {}}, identities(), listed()])
def test_nobody_signed_in(settings: dict[str, Any]) -> None:
    assert accounts(settings) == ()


@pytest.mark.parametrize(
    "settings",
    [
        [],
        {"AccountLocalBackup": {"Json": "{"}},
        {"AccountLocalBackup": {"Json": "{}"}},
        {"AccountLocalBackup": {"Json": '1,"list":2'}},
    ],
)
def test_a_list_that_can_not_be_read_is_told(settings: Any) -> None:
    with pytest.raises(ParseError):
        accounts(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"Identities": []},
        {"Identities": {"IdentityMap": [1]}},
        {"AccountLocalBackup": 7},
        {"AccountLocalBackup": {"Json": "[1, null, {}]"}},
    ],
)
def test_members_of_other_types_are_survived(settings: Any) -> None:
    assert {account.domain for account in accounts(settings)} <= {None}


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 100_000, b"\xff\xfe{"])
def test_another_file_is_refused(raw: bytes) -> None:
    assert not new_outlook.recognise(PATH, raw)
    with pytest.raises(ParseError):
        new_outlook.parse(FileSet(files={"main": raw}))
