import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import goa
from setapart_agent.errors import ParseError
from setapart_evidence.model import Link

EXCHANGE = """[Account account_1388266738_0]
Provider=exchange
Identity=CORP\\ada
PresentationIdentity=ada@corp.example
Host=mail.corp.example
MailEnabled={mail}
CalendarEnabled=false
"""


def test_a_missing_switch_is_on() -> None:
    (account,) = parsed(goa, EXCHANGE.format(mail="true")).accounts
    assert (account.domain, account.host, account.services, account.enabled) == (
        "corp.example",
        "mail.corp.example",
        ("mail", "contacts"),
        True,
    )


def test_without_any_switch_the_defaults_hold_and_nothing_is_known() -> None:
    (account,) = parsed(goa, "[Account account_1]\nProvider=google\nIdentity=a@corp.example\n").accounts
    assert (account.services, account.enabled) == (("mail", "calendar", "contacts", "files"), None)


def test_an_account_that_is_switched_off_is_still_reported() -> None:
    content = EXCHANGE.format(mail="false") + "ContactsEnabled=false\n"
    (account,) = parsed(goa, content).accounts
    assert (account.services, account.enabled) == (("mail", "calendar", "contacts"), False)


@pytest.mark.parametrize("restrictions", [b"[providers]\ndisable=exchange;webdav\n", b"[providers]\nenable=google\n"])
def test_a_provider_that_is_not_allowed_is_off(restrictions: bytes) -> None:
    (account,) = parsed(goa, EXCHANGE.format(mail="true"), **{"goa.conf": restrictions}).accounts
    assert account.enabled is False


def test_a_restricted_service_is_off_unless_the_provider_has_its_own_word() -> None:
    content = EXCHANGE.format(mail="true")
    (less,) = parsed(goa, content, **{"goa.conf": b"[all]\nmail=false\n"}).accounts
    (more,) = parsed(goa, content, **{"goa.conf": b"[all]\nmail=false\n[exchange]\nmail=true\n"}).accounts
    assert (less.services, more.services) == (("contacts",), ("mail", "contacts"))


def test_imap_and_smtp_have_one_switch() -> None:
    content = "[Account account_1]\nProvider=imap_smtp\nIdentity=ada\nEnabled=false\n"
    content += "EmailAddress=ada@corp.example\nImapHost=imap.corp.example:993\n"
    (account,) = parsed(goa, content).accounts
    assert (account.type, account.host, account.domain, account.enabled) == (
        "goa:imap_smtp",
        "imap.corp.example",
        "corp.example",
        False,
    )


def test_a_ticket_is_a_link_to_the_realm() -> None:
    content = "[Account account_1]\nProvider=kerberos\nIdentity=ada@CORP.EXAMPLE\nTicketingEnabled={}\n"
    on, off = parsed(goa, content.format("true")), parsed(goa, content.format("false"))
    assert on.links == (Link(kind="kerberos", target="corp.example", profile="1000"),)
    assert off.links == ()
    assert (off.accounts[0].enabled, on.accounts[0].services) == (False, ("directory",))


def test_no_server_of_an_account_is_hidden_by_a_neighbour_and_files_elsewhere_are_a_link() -> None:
    content = "[Account account_1]\nProvider=webdav\nIdentity=ada\nUri=https://files.home.example\n"
    content += "CalDavUri=https://cal.corp.example\nCardDavUri=https://card.corp.example\n"
    facts = parsed(goa, content)
    assert [account.host for account in facts.accounts] == [
        "cal.corp.example",
        "card.corp.example",
        "files.home.example",
    ]
    assert facts.links == (Link(kind="file-share", target="files.home.example", profile="1000"),)


def test_an_unknown_provider_reaches_what_it_switches() -> None:
    content = "[Account account_1]\nProvider=newcomer\nIdentity=a@b.example\nMailEnabled=true\n"
    assert parsed(goa, content).accounts[0].services == ("mail",)


def test_another_file_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(goa, "[Desktop Entry]\nName=x\n")


def test_broken_files_survive() -> None:
    assert_survives(goa, "accounts.conf", EXCHANGE.format(mail="true").encode())
