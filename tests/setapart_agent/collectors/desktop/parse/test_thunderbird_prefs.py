import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import thunderbird_prefs
from setapart_agent.facts import AccountFact, Facts, FileSet


def prefs(*pairs: tuple[str, str | int | bool]) -> bytes:
    def shown(value: str | int | bool) -> str:
        return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'

    return "\n".join(f'user_pref("{key}", {shown(value)});' for key, value in pairs).encode()


def server(number: int, kind: str, host: str = "imap.corp.example", user: str = "ada") -> list[tuple[str, str]]:
    return [
        (f"mail.account.account{number}.server", f"server{number}"),
        (f"mail.account.account{number}.identities", f"id{number}"),
        (f"mail.server.server{number}.type", kind),
        (f"mail.server.server{number}.hostname", host),
        (f"mail.server.server{number}.userName", user),
    ]


LISTED = ("mail.accountmanager.accounts", "account1,account2")
IMAP = prefs(
    LISTED,
    *server(1, "imap"),
    *server(2, "none", "Local Folders", "nobody"),
    ("mail.identity.id1.useremail", "ada@corp.example"),
)


def test_an_imap_account_has_the_address_of_its_identity() -> None:
    assert parsed(thunderbird_prefs, IMAP).accounts == (
        AccountFact(
            profile="1000",
            type="thunderbird:imap",
            client="thunderbird",
            services=("mail",),
            address="ada@corp.example",
            domain="corp.example",
            host="imap.corp.example",
            enabled=True,
        ),
    )


def test_a_file_with_something_else_in_it_is_not_fully_seen() -> None:
    found = parsed(thunderbird_prefs, IMAP + b'\nuser_pref("mail.accountmanager')
    assert [account.host for account in found.accounts] == ["imap.corp.example"]
    assert [(row.section, row.status) for row in found.coverage] == [("accounts", "partial")]


def test_accounts_of_a_vendor_and_of_user_js_count() -> None:
    found = thunderbird_prefs.parse(
        FileSet(
            files={
                "main": prefs(("mail.accountmanager.appendaccounts", "account2"), *server(2, "imap", "two.example")),
                "user": prefs(("mail.accountmanager.accounts", "account1"), *server(1, "imap", "one.example")),
            }
        )
    )
    assert [account.host for account in found.accounts] == ["one.example", "two.example"]


def test_a_second_server_of_an_account_is_not_hidden_by_the_first() -> None:
    raw = prefs(LISTED, *server(1, "imap"), ("mail.server.server1.realhostname", "imap.elsewhere.example"))
    assert {account.host for account in parsed(thunderbird_prefs, raw).accounts} == {
        "imap.corp.example",
        "imap.elsewhere.example",
    }


@pytest.mark.parametrize("kind", ["none", "rss", "nntp", "im"])
def test_what_is_not_mail_is_no_account(kind: str) -> None:
    assert parsed(thunderbird_prefs, prefs(LISTED, *server(1, kind))) == Facts()


@pytest.mark.parametrize("kind", ["pop3", "ews", "graph", "owl", "somethingnew"])
def test_every_other_kind_reaches_mail(kind: str) -> None:
    (account,) = parsed(thunderbird_prefs, prefs(LISTED, *server(1, kind))).accounts
    assert account.type == f"thunderbird:{kind}"
    assert "mail" in account.services


def test_exchange_has_its_server_in_a_url() -> None:
    content = prefs(
        LISTED,
        *server(1, "ews", "corp.example"),
        ("mail.server.server1.ews_url", "https://ex.corp.example/EWS/Exchange.asmx"),
    )
    assert parsed(thunderbird_prefs, content).accounts[0].host == "ex.corp.example"


def test_an_orphan_that_is_not_listed_is_no_account() -> None:
    assert parsed(thunderbird_prefs, prefs(("mail.accountmanager.accounts", "account2"), *server(1, "imap"))) == Facts()


def test_an_identity_of_a_second_organisation_is_an_account_of_its_own() -> None:
    content = prefs(
        LISTED,
        *server(1, "imap", "imap.home.example", "ada@home.example"),
        ("mail.account.account1.identities", "id1,id2"),
        ("mail.identity.id1.useremail", "ada@home.example"),
        ("mail.identity.id2.useremail", "ada@corp.example"),
    )
    assert [account.domain for account in parsed(thunderbird_prefs, content).accounts] == [
        "home.example",
        "corp.example",
    ]


def test_remote_calendars_count_and_local_ones_do_not() -> None:
    content = prefs(
        ("calendar.registry.a.type", "caldav"),
        ("calendar.registry.a.uri", "https://dav.corp.example/cal/"),
        ("calendar.registry.a.username", "ada@corp.example"),
        ("calendar.registry.a.disabled", True),
        ("calendar.registry.b.type", "storage"),
        ("calendar.registry.b.uri", "moz-storage-calendar://"),
        ("calendar.registry.c.type", "ics"),
        ("calendar.registry.c.uri", "file:///home/ada/c.ics"),
        ("calendar.registry.d.type", "ics"),
        ("calendar.registry.d.uri", "https://web.example/d.ics"),
    )
    assert [(one.type, one.host, one.domain, one.enabled) for one in parsed(thunderbird_prefs, content).accounts] == [
        ("thunderbird:caldav", "dav.corp.example", "corp.example", False),
        ("thunderbird:ics", "web.example", None, True),
    ]


def test_remote_address_books_count_and_local_or_removed_ones_do_not() -> None:
    content = prefs(
        ("ldap_2.servers.pab.dirType", 101),
        ("ldap_2.servers.Work.dirType", 0),
        ("ldap_2.servers.Work.uri", "ldaps://ldap.corp.example:636/dc=corp??sub?(a=b)"),
        ("ldap_2.servers.gone.dirType", -1),
        ("ldap_2.servers.gone.uri", "ldap://old.corp.example/"),
        ("ldap_2.servers.dav.dirType", 102),
        ("ldap_2.servers.dav.carddav.url", "https://dav.corp.example/card/"),
        ("ldap_2.servers.dav.carddav.username", "ada"),
    )
    assert [(one.type, one.host, one.services) for one in parsed(thunderbird_prefs, content).accounts] == [
        ("thunderbird:ldap", "ldap.corp.example", ("contacts", "directory")),
        ("thunderbird:carddav", "dav.corp.example", ("contacts",)),
    ]


def test_address_books_that_cardbook_keeps_for_itself_count() -> None:
    found = prefs(
        ("extensions.cardbook.data.a1.id", "a1"),
        ("extensions.cardbook.data.a1.type", "CARDDAV"),
        ("extensions.cardbook.data.a1.url", "https://dav.corp.example/card/"),
        ("extensions.cardbook.data.a1.user", "ada@corp.example"),
        ("extensions.cardbook.data.a1.enabled", False),
        ("extensions.cardbook.data.b2.type", "GOOGLE3"),
        ("extensions.cardbook.data.b2.user", "ada@gmail.example"),
        ("extensions.cardbook.data.c3.type", "LOCALDB"),
        ("extensions.cardbook.data.d4.type", "FILE"),
        ("extensions.cardbook.data.d4.url", "file:///home/ada/a.vcf"),
    )
    assert [
        (one.type, one.services, one.host, one.domain, one.enabled) for one in parsed(thunderbird_prefs, found).accounts
    ] == [
        ("cardbook:carddav", ("contacts",), "dav.corp.example", "corp.example", False),
        ("cardbook:google3", ("contacts",), None, "gmail.example", True),
    ]


def test_a_fresh_profile_has_none() -> None:
    assert parsed(thunderbird_prefs, prefs(("mail.winsearch.firstRunDone", True))) == Facts()


def test_a_value_of_another_type_is_no_text() -> None:
    assert (
        parsed(thunderbird_prefs, prefs(("mail.accountmanager.accounts", 7), ("ldap_2.servers.x.uri", True))) == Facts()
    )


def test_broken_files_survive() -> None:
    assert_survives(thunderbird_prefs, "prefs.js", IMAP)
