import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import mail_accounts
from setapart_agent.errors import ParseError

LIST = {
    "AccountsVersion": 3,
    "DeliveryAccounts": [{"AccountType": "SMTPAccount", "Hostname": "smtp.corp.example", "Username": "ann"}],
    "MailAccounts": [
        {"AccountType": "LocalAccount", "AccountPath": "~/Library/Mail/V2/Mailboxes"},
        {"AccountType": "RSSAccount"},
        {
            "AccountType": "IMAPAccount",
            "Hostname": "imap.corp.example",
            "Username": "ann",
            "EmailAddresses": ["Ann <ann@corp.example>"],
        },
        {"AccountType": "EWSAccount", "internalServerName": "ews.corp.example", "Username": "ann@other.example"},
        {"AccountType": "NewKindOfAccount", "Hostname": "x.example", "isActive": False},
    ],
}


@pytest.mark.parametrize("form", [xml, binary])
def test_accounts_of_servers_count_and_local_ones_do_not(form: object) -> None:
    facts = parsed(mail_accounts, form(LIST))  # type: ignore[operator]
    assert [(one.type, one.services, one.domain, one.host, one.enabled) for one in facts.accounts] == [
        ("apple-mail:imap", ("mail",), "corp.example", "imap.corp.example", None),
        ("apple-mail:exchange", ("mail", "calendar", "contacts"), "other.example", "ews.corp.example", None),
        ("apple-mail:unknown", ("mail",), None, "x.example", False),
    ]


def test_a_list_without_accounts() -> None:
    assert parsed(mail_accounts, xml({"MailAccounts": []})).accounts == ()


@pytest.mark.parametrize("value", [7, "x", [7, "x", [], None] * 0 + [7, "x", []], {"AccountType": 7}])
def test_odd_types_end_in_facts(value: object) -> None:
    parsed(mail_accounts, xml({"MailAccounts": value}))


def test_what_is_no_property_list_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(mail_accounts, b"MailAccounts")


def test_broken_files_end_in_our_error() -> None:
    assert_survives(mail_accounts, "Accounts.plist", xml(LIST))
