import struct
from typing import Any

import pytest

from registry_maker import at, key_of, merged, utf16
from setapart_agent.collectors.windows.parse.outlook_profile import ACCOUNTS, read_outlook
from setapart_agent.collectors.windows.parse.reading import Reading
from setapart_agent.facts import AccountFact

MODERN = r"Microsoft\Office\16.0\Outlook\Profiles\Outlook"
OLD = r"Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles\Outlook"
POP3 = "{ED475411-B0D6-11D2-8C3B-00104B2A6676}"
IMAP = "{ED475412-B0D6-11D2-8C3B-00104B2A6676}"
MAPI = "{ED475414-B0D6-11D2-8C3B-00104B2A6676}"
MAIL = "{ED475418-B0D6-11D2-8C3B-00104B2A6676}"


def profile(entries: dict[str, Any], path: str = MODERN, **sections: Any) -> dict[str, Any]:
    return at(path, {ACCOUNTS: entries, **sections})


def accounts(tree: dict[str, Any]) -> tuple[AccountFact, ...]:
    reading = Reading("S-1")
    read_outlook(reading, key_of(tree))
    assert not reading.facts().coverage
    return reading.facts().accounts


@pytest.mark.parametrize("path", [MODERN, OLD, r"Microsoft\Windows Messaging Subsystem\Profiles\x"])
def test_pop3_in_bytes_and_in_text_for_every_version(path: str) -> None:
    entry = {
        "clsid": POP3,
        "Account Name": utf16("Mail\0"),
        "Email": utf16("ada@agency.example\0"),
        "POP3 Server": utf16("pop.agency.example\0"),
        "SMTP Server": utf16("smtp.agency.example\0"),
    }
    expected = AccountFact(
        profile="S-1",
        type="outlook:pop3",
        client="outlook",
        services=("mail",),
        address="ada@agency.example",
        domain="agency.example",
        host="pop.agency.example",
    )
    assert accounts(profile({"00000001": entry}, path)) == (expected,)
    plain = entry | {"Email": "ada@agency.example", "POP3 Server": "pop.agency.example"}
    assert accounts(profile({"00000001": plain}, path)) == (expected,)


def test_imap_by_its_user_where_no_address_is_said() -> None:
    entry = {"clsid": IMAP, "IMAP Server": "imap.agency.example", "IMAP User": "ada@agency.example"}
    (found,) = accounts(profile({"00000002": entry}))
    assert (found.type, found.domain, found.host) == ("outlook:imap", "agency.example", "imap.agency.example")


def test_a_private_address_hides_no_login_of_an_organisation() -> None:
    entry = {"clsid": IMAP, "Email": "me@home.example", "IMAP Server": "m.example", "IMAP User": "jdoe@corp.example"}
    assert {found.domain for found in accounts(profile({"00000002": entry}))} == {"home.example", "corp.example"}


def test_exchange_is_a_mapi_service_with_the_address_as_its_name() -> None:
    (found,) = accounts(
        profile({"00000002": {"clsid": MAPI, "Service Name": "MSEMS", "Account Name": utf16("ada@agency.example\0")}})
    )
    assert (found.type, found.services) == ("outlook:exchange", ("mail", "calendar", "contacts"))
    assert found.domain == "agency.example"


def test_an_old_exchange_account_takes_address_and_server_from_its_section() -> None:
    entry = {"clsid": MAPI, "Service Name": "MSEMS", "Account Name": "Microsoft Exchange"}
    section = {"001f6641": utf16("ada@agency.example\0"), "001e6602": b"EX01.agency.example\0"}
    (found,) = accounts(profile({"00000002": entry}, OLD, **{"13dbb0c8aa05101a9bb000aa002fc45a": section}))
    assert (found.address, found.host) == ("ada@agency.example", "ex01.agency.example")


def test_of_two_mailboxes_each_has_its_own_server() -> None:
    entries = {
        f"0000000{number}": {"clsid": MAPI, "Service Name": "MSEMS", "Account Name": f"ada@{name}.example"}
        for number, name in ((1, "one"), (2, "two"))
    }
    sections = {name: {"001f6641": f"ada@{name}.example", "001f662b": f"ex.{name}.example"} for name in ("one", "two")}
    found = accounts(profile(entries, **sections))
    assert {account.domain: account.host for account in found} == {
        "one.example": "ex.one.example",
        "two.example": "ex.two.example",
    }


def test_a_mailbox_that_only_a_section_knows_is_an_account() -> None:
    section = {"001f6641": utf16("SMTP:team@agency.example\0"), "001f662a": utf16("ex.agency.example\0")}
    (found,) = accounts(at(MODERN, {"0f": section}))
    assert (found.type, found.address, found.host) == ("outlook:exchange", "team@agency.example", "ex.agency.example")
    entry = {"clsid": IMAP, "IMAP Server": "imap.private.example", "Email": "ada@private.example"}
    found_both = accounts(profile({"00000002": entry}, **{"0f": section}))
    assert {account.type for account in found_both} == {"outlook:imap", "outlook:exchange"}


def test_a_server_that_only_a_section_knows_is_an_account() -> None:
    (found,) = accounts(at(OLD, {"0f": {"001e6602": b"EX01\0"}}))
    assert (found.type, found.address, found.host) == ("outlook:exchange", None, "ex01")


def test_eas_by_its_server() -> None:
    entry = {"clsid": MAPI, "EAS Server URL": "https://eas.agency.example/x", "Email": "ada@agency.example"}
    (found,) = accounts(profile({"00000003": entry}))
    assert (found.type, found.host) == ("outlook:eas", "eas.agency.example")
    assert found.services == ("mail", "calendar", "contacts")


def test_a_directory_is_an_account_of_contacts() -> None:
    (found,) = accounts(profile({"00000001": {"clsid": MAPI, "Service Name": "EMABLT", "Display Name": "ldap"}}))
    assert (found.type, found.services) == ("outlook:ldap", ("contacts", "directory"))


@pytest.mark.parametrize("service", ["CONTAB", "OMSAB", "MSUPST MS"])
def test_address_books_and_data_files_are_no_accounts(service: str) -> None:
    entry = {"clsid": MAPI, "Service Name": service, "Account Name": "ada@agency.example"}
    assert accounts(profile({"00000001": entry})) == ()


def test_another_service_counts_where_outlook_lists_it_for_mail() -> None:
    entries = {"0000000a": {"clsid": MAPI, "Service Name": "KMS"}, "0000000b": {"clsid": MAPI, "Service Name": "OTHER"}}
    (found,) = accounts(profile({MAIL: struct.pack("<II", 2, 10), **entries}))
    assert (found.type, found.domain) == ("outlook:mapi", None)


def test_autodiscover_and_office_alone_make_no_account() -> None:
    tree = merged(
        at(r"Microsoft\Office\14.0\Outlook\AutoDiscover", {"x": "ada@agency.example"}),
        at(r"Microsoft\Office\16.0\Outlook", {"Profiles": {"Outlook": {"other": {}}}}),
        at(r"Microsoft\Office\16.0\Registration", {"x": {"ProductName": "Microsoft Outlook 2016"}}),
    )
    assert accounts(tree) == ()


@pytest.mark.parametrize("value", [b"", b"\xff", 7, ("a",), "\ud83d", b"\x3d\xd8"])
def test_values_of_any_type_are_survived(value: Any) -> None:
    entry = dict.fromkeys(("clsid", "Email", "POP3 Server", "Service Name", "Account Name"), value)
    accounts(profile({MAIL: value, "zz": entry, "00000001": entry | {"Service Name": "MSEMS"}}, x={"001f6641": value}))
