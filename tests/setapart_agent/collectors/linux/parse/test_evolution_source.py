import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import evolution_source
from setapart_agent.errors import ParseError
from setapart_agent.facts import Facts

COLLECTION = b"""[Data Source]
DisplayName=Work
Enabled=true
[Collection]
BackendName=ews
CalendarEnabled=true
ContactsEnabled=false
Identity=ada@corp.example
MailEnabled=true
[Ews Backend]
Hosturl=https://mail.corp.example/EWS/Exchange.asmx
Oauth2Tenant=11111111-2222-3333-4444-555555555555
"""
MAIL = b"""[Data Source]
DisplayName=Mail
Enabled=true
Parent=abc
[Mail Account]
BackendName=imapx
IdentityUid=def
[Authentication]
Host=imap.corp.example
User=ada
"""
IDENTITY = b"[Data Source]\nParent=abc\n[Mail Identity]\nAddress=ada@corp.example\n"
CHILD = "[Data Source]\nEnabled={on}\nParent=abc\n[{group}]\nBackendName={backend}\n"


def test_mail_takes_its_address_from_its_identity() -> None:
    (account,) = parsed(evolution_source, MAIL, identity=IDENTITY).accounts
    assert (account.type, account.services, account.host, account.domain, account.enabled) == (
        "evolution:imapx",
        ("mail",),
        "imap.corp.example",
        "corp.example",
        True,
    )
    assert evolution_source.related(MAIL) == ("abc", "def")


def test_a_collection_is_an_account_with_what_is_switched_on() -> None:
    (account,) = parsed(evolution_source, COLLECTION).accounts
    assert (account.type, account.services, account.host, account.domain) == (
        "evolution:ews",
        ("mail", "calendar"),
        "mail.corp.example",
        "corp.example",
    )
    assert account.tenant == "11111111-2222-3333-4444-555555555555"


def test_a_collection_made_by_gnome_has_its_servers_there_and_no_mail_on_a_webdav_server() -> None:
    content = (
        b"[Data Source]\nEnabled=true\n[Collection]\nBackendName=webdav\nIdentity=ada\nMailEnabled=true\nCalendarUrl=\n"
        b"[GNOME Online Accounts]\nAccountId=account_1_0\nCalendarUrl=https://ada@cloud.corp.example/caldav/\n"
    )
    (account,) = parsed(evolution_source, content).accounts
    assert (account.services, account.host) == (("calendar", "contacts"), "cloud.corp.example")


def test_a_child_takes_server_and_address_from_its_collection() -> None:
    child = CHILD.format(on="true", group="Calendar", backend="ews")
    (account,) = parsed(evolution_source, child, parent=COLLECTION).accounts
    assert (account.host, account.domain, account.services, account.enabled) == (
        "mail.corp.example",
        "corp.example",
        ("calendar",),
        True,
    )


@pytest.mark.parametrize(
    ("on", "group", "parent"),
    [
        ("false", "Calendar", COLLECTION),
        ("true", "Address Book", COLLECTION),
        ("true", "Calendar", COLLECTION.replace(b"\nEnabled=true", b"\nEnabled=false")),
    ],
)
def test_off_in_the_source_its_collection_or_the_collections_service_is_off(on: str, group: str, parent: bytes) -> None:
    (account,) = parsed(evolution_source, CHILD.format(on=on, group=group, backend="ews"), parent=parent).accounts
    assert account.enabled is False


def test_dav_takes_the_host_and_google_the_address_from_the_path() -> None:
    source = CHILD.format(on="true", group="Calendar", backend="caldav")
    source += "[Authentication]\nHost=apidata.googleusercontent.com\n"
    source += "[WebDAV Backend]\nResourcePath=/caldav/v2/ada%40corp.example/events/\n"
    (account,) = parsed(evolution_source, source).accounts
    assert (account.host, account.domain) == ("apidata.googleusercontent.com", "corp.example")


def test_an_address_book_in_a_directory_reaches_the_directory() -> None:
    source = CHILD.format(on="true", group="Address Book", backend="ldap")
    source += "[Authentication]\nHost=ldap.corp.example\n[LDAP Backend]\nRootDn=dc=corp\n"
    (account,) = parsed(evolution_source, source).accounts
    assert (account.services, account.host) == (("contacts", "directory"), "ldap.corp.example")


@pytest.mark.parametrize("backend", ["local", "contacts", "weather", "maildir", "vfolder", "none", "rss", ""])
def test_local_backends_are_no_accounts(backend: str) -> None:
    for group in ("Mail Account", "Calendar", "Address Book", "Task List"):
        assert parsed(evolution_source, CHILD.format(on="true", group=group, backend=backend)) == Facts()


def test_anybodys_tenant_is_none() -> None:
    assert (
        parsed(evolution_source, COLLECTION.replace(b"11111111-2222-3333-4444-555555555555", b"common"))
        .accounts[0]
        .tenant
        is None
    )


def test_a_desktop_entry_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(evolution_source, "[Desktop Entry]\nName=x\n")


def test_broken_files_survive() -> None:
    assert_survives(evolution_source, "abc.source", COLLECTION + MAIL)
