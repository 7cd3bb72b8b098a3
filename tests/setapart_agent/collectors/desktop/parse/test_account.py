from types import ModuleType

import pytest

from hostile_files import parsed
from setapart_agent.collectors.desktop.parse import aerc, himalaya, msmtp, muttrc, vdirsyncer
from setapart_agent.collectors.desktop.parse.account import account, accounts, address_in, mailbox, user_of
from setapart_agent.collectors.linux.parse import akonadi, claws, evolution_source, geary, goa
from setapart_agent.collectors.macos.parse import mail_accounts
from setapart_agent.collectors.windows.parse import oeaccount


def test_a_login_name_that_is_no_address_gives_no_domain() -> None:
    made = account("1000", "isync:imap", ("mail",), user="alice", server="imap.corp.example:993")
    assert (made.address, made.domain, made.host, made.client) == (None, None, "imap.corp.example", "isync")


def test_services_come_in_order() -> None:
    assert account("0", "x:y", ("contacts", "mail"), user="A@Corp.Example").services == ("mail", "contacts")


def test_each_organisation_that_a_name_or_server_tells_of_is_a_tie() -> None:
    made = accounts(
        "0",
        "x:y",
        ("mail",),
        users=("a@home.example", None, "b", "c@corp.example", "d@corp.example"),
        servers=("h", "i"),
    )
    assert [(one.address, one.host) for one in made] == [
        ("a@home.example", "h"), ("a@home.example", "i"), ("c@corp.example", "h"), ("c@corp.example", "i"),
    ]  # fmt: skip


def test_an_account_without_any_name_is_one() -> None:
    assert [one.host for one in accounts("0", "x:y", ("mail",), users=("b", None), servers=("h",))] == ["h"]
    assert len(accounts("0", "x:y", ("mail",), users=(), servers=())) == 1


FORGED = {
    himalaya: "[accounts.a]\nemail = 'me@home.example'\nbackend.type = 'imap'\nbackend.host = 'mail.example'\n"
    "backend.login = 'jdoe@corp.example'\n",
    msmtp: "account a\nhost mail.example\nfrom me@home.example\nuser jdoe@corp.example\n",
    aerc: "[a]\nsource = imaps://jdoe%40corp.example@mail.example\nfrom = Me <me@home.example>\n",
    vdirsyncer: '[storage a]\ntype = "caldav"\nurl = "https://mail.example/dav/me%40home.example/"\n'
    'username = "jdoe@corp.example"\n[pair b]\na = "a"\nb = "c"\n',
    muttrc: "set folder=imaps://mail.example imap_user=jdoe@corp.example from='Me <me@home.example>'\n",
    akonadi: "[General]\nBaseUrl=https://mail.example/EWS\nEmail=me@home.example\nUserName=jdoe@corp.example\n",
    goa: "[Account account_1]\nProvider=imap_smtp\nEmailAddress=me@home.example\nImapHost=mail.example\n"
    "ImapUserName=jdoe@corp.example\n",
    oeaccount: "<MessageAccount><IMAP_Server>mail.example</IMAP_Server>"
    "<IMAP_User_Name>jdoe@corp.example</IMAP_User_Name><SMTP_Email_Address>me@home.example</SMTP_Email_Address></MessageAccount>",
    claws: "[Account: 1]\nprotocol=3\nreceive_server=mail.example\naddress=me@home.example\n"
    "user_id=jdoe@corp.example\n",
    geary: "[Account]\nsender_mailboxes=me@home.example\n[Incoming]\nhost=mail.example\nlogin=jdoe@corp.example\n",
    evolution_source: "[Data Source]\nEnabled=true\n[Mail Account]\nBackendName=imapx\n"
    "[Authentication]\nHost=mail.example\nUser=jdoe@corp.example\n"
    "[Ews Backend]\nEmail=me@home.example\n",
    mail_accounts: "<plist><dict><key>MailAccounts</key><array><dict><key>AccountType</key><string>IMAPAccount</string>"
    "<key>Hostname</key><string>mail.example</string><key>Username</key><string>jdoe@corp.example</string>"
    "<key>EmailAddresses</key><array><string>me@home.example</string></array></dict></array></dict></plist>",
}
"""Somebody's own address typed beside the login of the organisation's mailbox, at a provider that serves both."""


@pytest.mark.parametrize("parser", FORGED, ids=lambda one: one.__name__.rpartition(".")[2])
def test_a_private_address_hides_no_login_of_an_organisation(parser: ModuleType) -> None:
    facts = parsed(parser, FORGED[parser], "akonadi_ews_resource_0rc" if parser is akonadi else "")
    assert {one.domain for one in facts.accounts} == {"home.example", "corp.example"}


def test_mailbox_finds_the_address_in_a_name() -> None:
    assert mailbox('"Ada, L" <ada@corp.example>') == "ada@corp.example"
    assert mailbox(" ada@corp.example ") == "ada@corp.example"
    assert mailbox("Ada") is mailbox("<>") is mailbox(None) is None


def test_user_of_decodes_the_user_and_drops_the_password() -> None:
    assert user_of("imaps://ada%40corp.example:secret@imap.corp.example/") == "ada@corp.example"
    assert user_of("imap.corp.example") is user_of(None) is None
    assert user_of("imaps://imap.corp.example/a@b") is None


def test_google_puts_the_address_into_the_path() -> None:
    assert (
        address_in("https://apidata.googleusercontent.com/caldav/v2/ada%40corp.example/events/") == "ada@corp.example"
    )
    assert address_in("https://ada@corp.example/dav") is None
