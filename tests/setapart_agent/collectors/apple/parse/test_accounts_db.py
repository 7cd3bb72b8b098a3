import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ios_backup_maker import accounts_db
from repository import REPOSITORY
from setapart_agent.collectors.apple.parse import account_types
from setapart_agent.collectors.apple.parse import accounts_db as parser
from setapart_agent.collectors.sqlite_snapshot import read_rows
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, Facts, FileSet

GOOGLE, EXCHANGE, ICLOUD = "com.apple.account.Google", "com.apple.account.Exchange", "com.apple.account.AppleAccount"


def facts(rows: list[dict[str, Any]], **more: Any) -> Facts:
    return read(accounts_db(rows, **more))


def read(raw: bytes, wal: bytes | None = None) -> Facts:
    assert parser.recognise(raw)
    return parser.facts_of(FileSet(files={}, rows=read_rows(raw, parser.queries, wal), profile="0"))


def only(found: Facts) -> AccountFact:
    (account,) = found.accounts
    return account


def test_what_is_switched_on_decides_and_not_what_could_be() -> None:
    every = ["Mail", "Calendars", "Contacts", "Notes", "Reminders"]
    row = {"type": EXCHANGE, "user": "a@agency.example", "enabled": ["Mail", "Notes"], "provisioned": every}
    found = only(facts([row]))
    assert (found.services, found.enabled, found.domain) == (("mail",), True, "agency.example")


@pytest.mark.parametrize(("account", "data_class"), [(2, 7), (1, 5), (10, 123)])
@pytest.mark.parametrize("plain", [False, True])
def test_tables_are_found_whatever_number_they_have(account: int, data_class: int, plain: bool) -> None:
    row = {"type": GOOGLE, "user": "a@b.example", "enabled": ["Contacts", "Calendars"]}
    found = facts([row], account_number=account, class_number=data_class, plain_names=plain)
    assert only(found).services == ("calendar", "contacts")
    assert found.coverage == ()


def test_types_without_accounts_are_no_accounts() -> None:
    found = facts([], extra_types=(EXCHANGE, GOOGLE))
    assert (found.accounts, found.coverage) == ((), ())


def test_a_parent_is_one_account_with_its_childrens_server_and_services() -> None:
    found = only(
        facts(
            [
                {"type": GOOGLE, "user": "a@agency.example", "enabled": ["Mail"]},
                {
                    "type": "com.apple.account.CalDAV",
                    "parent": 1,
                    "enabled": ["Calendars"],
                    "properties": {"DAAccountHost": "calendar.google.com"},
                },
                {
                    "type": "com.apple.account.CardDAV",
                    "parent": 1,
                    "properties": {"DAAccountHost": "contacts.google.com"},
                },
                {"type": "com.apple.account.IMAPNotes", "parent": 1},
            ]
        )
    )
    assert (found.services, found.host) == (("mail", "calendar"), "calendar.google.com")


def test_a_mailbox_below_an_account_is_mail_even_where_the_account_does_not_say_so() -> None:
    found = only(
        facts(
            [
                {"type": ICLOUD, "user": "a@b.example", "enabled": ["Contacts"]},
                {"type": "com.apple.account.IMAPMail", "parent": 1},
            ]
        )
    )
    assert found.services == ("mail", "contacts")


def test_children_alone_tell_where_nothing_is_said_to_be_on() -> None:
    child = {"type": "com.apple.account.CardDAV", "parent": 1, "properties": {"DAAccountHost": "c.agency.example"}}
    found = only(facts([{"type": GOOGLE, "user": "a@b.example"}, child]))
    assert (found.services, found.enabled) == (("contacts",), True)


@pytest.mark.parametrize("how", [{"active": 0, "enabled": ["Mail"]}, {"enabled": []}])
def test_an_account_that_is_off_is_told_with_what_it_offers(how: dict[str, Any]) -> None:
    found = only(facts([{"type": EXCHANGE, "user": "a@agency.example", **how}]))
    assert (found.services, found.enabled) == (("mail", "calendar", "contacts"), False)


def test_an_account_with_only_notes_is_on_and_reaches_none_of_the_services() -> None:
    found = only(facts([{"type": EXCHANGE, "user": "a@agency.example", "enabled": ["Notes"]}]))
    assert (found.services, found.enabled) == ((), True)


def test_a_child_that_is_off_adds_nothing() -> None:
    found = only(
        facts(
            [
                {"type": ICLOUD, "user": "a@b.example", "enabled": ["Contacts"]},
                {"type": "com.apple.account.IMAPMail", "parent": 1, "active": 0},
            ]
        )
    )
    assert found.services == ("contacts",)


@pytest.mark.parametrize(
    "kind", ["HolidayCalendar", "OnMyDevice", "SMTP", "IMAPNotes", "CloudKit", "DeviceLocator", "iTunesStore.sandbox"]
)
def test_rows_that_nobody_signs_in_to_are_no_accounts(kind: str) -> None:
    row = {"type": f"com.apple.account.{kind}", "enabled": ["Calendars"], "user": "a@agency.example"}
    assert facts([row]).accounts == ()


def test_the_local_store_account_of_every_device_is_none() -> None:
    assert facts([{"type": "com.apple.account.iTunesStore", "active": 0}]).accounts == ()


def test_an_apple_account_is_told_once_however_many_services_it_signs_in_to() -> None:
    rows = [{"type": ICLOUD, "user": "a@agency.example", "enabled": ["Contacts"]}]
    rows += [
        {"type": f"com.apple.account.{kind}", "user": "A@agency.example"}
        for kind in ("iTunesStore", "GameCenter", "idms", "AppleIDAuthentication", "IdentityServices")
    ]
    assert [account.type for account in facts(rows).accounts] == [ICLOUD]
    without = facts(rows[1:]).accounts
    assert [(one.domain, one.services, one.enabled) for one in without] == [("agency.example", (), True)]


def test_managers_and_single_sign_on_are_links() -> None:
    found = facts(
        [
            {"type": "com.apple.account.RemoteManagement", "user": "a@agency.example"},
            {"type": "com.apple.account.SingleSignOn", "properties": {"realm": "CORP.AGENCY.EXAMPLE"}},
        ]
    )
    assert found.accounts == ()
    assert [(link.kind, link.target) for link in found.links] == [
        ("mdm", "agency.example"),
        ("sso", "CORP.AGENCY.EXAMPLE"),
    ]


def test_an_address_comes_from_the_properties_where_the_user_name_is_none() -> None:
    row = {
        "type": EXCHANGE,
        "user": "AGENCY\\person",
        "enabled": ["Mail"],
        "properties": {"EmailAddresses": ["p@agency.example"], "DAAccountHost": "mail.agency.example"},
    }
    found = only(facts([row]))
    assert (found.address, found.host) == ("p@agency.example", "mail.agency.example")


@pytest.mark.parametrize(
    "properties",
    [
        {"EmailAddress": "p@agency.example"},
        {"EmailAddresses": ["p@hoster.example", "p@agency.example"]},
        {"EmailAddresses": {"p@agency.example": "P. Person"}},
        {"EmailAliases": [{"DisplayName": "P", "EmailAddresses": {"p@agency.example": "P"}}]},
    ],
)
def test_a_mailbox_of_another_domain_than_the_login_is_told(properties: dict[str, Any]) -> None:
    row = {"type": "com.apple.account.IMAP", "user": "w0123@hoster.example", "enabled": ["Mail"]}
    child = {"type": "com.apple.account.IMAPMail", "parent": 1, "properties": properties}
    found = facts([row, child]).accounts
    assert [(one.address, one.domain) for one in found] == [
        ("w0123@hoster.example", "hoster.example"),
        ("p@agency.example", "agency.example"),
    ]
    assert {one.services for one in found} == {("mail",)}


def test_mailboxes_of_icloud_are_one_account() -> None:
    row = {
        "type": ICLOUD,
        "user": "a@b.example",
        "enabled": ["Mail"],
        "properties": {"EmailAddresses": ["a@icloud.com", "a@me.com"]},
    }
    assert only(facts([row])).address == "a@b.example"


def test_more_properties_than_are_read_make_the_list_doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "_MOST_VALUES", 1)
    found = facts([{"type": EXCHANGE, "user": "a", "properties": {"Host": "a.example"}}])
    assert [(row.status, row.reason) for row in found.coverage] == [
        ("partial", "more properties of accounts than are read")
    ]


def test_servers_of_two_organisations_are_two_accounts() -> None:
    rows = [
        {"type": "com.apple.account.osxserver", "user": "a@b.example", "enabled": ["Contacts"]},
        {"type": "com.apple.account.CardDAV", "parent": 1, "properties": {"DAAccountHost": "c.agency.example"}},
        {"type": "com.apple.account.CalDAV", "parent": 1, "properties": {"DAAccountHost": "d.other.example"}},
    ]
    assert [one.host for one in facts(rows).accounts] == ["c.agency.example", "d.other.example"]


@pytest.mark.parametrize(("one", "other"), [("mail.co.uk", "other.co.uk"), ("a.gov.uk", "b.gov.uk"), ("a.uk", "b.uk")])
def test_neighbours_below_a_public_suffix_are_not_one_organisation(one: str, other: str) -> None:
    rows = [
        {"type": "com.apple.account.osxserver", "user": "a@b.example", "enabled": ["Contacts"]},
        {"type": "com.apple.account.CardDAV", "parent": 1, "properties": {"DAAccountHost": one}},
        {"type": "com.apple.account.CalDAV", "parent": 1, "properties": {"DAAccountHost": other}},
    ]
    assert {account.host for account in facts(rows).accounts} == {one, other}


def test_a_server_that_many_share_names_nobody() -> None:
    row = {"type": EXCHANGE, "enabled": ["Mail"], "properties": {"DAAccountHost": "outlook.office365.com"}}
    assert (only(facts([row])).host, only(facts([row])).domain) == (None, None)


def test_a_subscribed_calendar_is_known_by_its_address() -> None:
    url = "webcal://calendar.agency.example/team.ics"
    row = {
        "type": "com.apple.account.SubscribedCalendar",
        "enabled": ["Calendars"],
        "properties": {"SubCalSubscriptionURL": url},
    }
    assert (only(facts([row])).host, only(facts([row])).services) == ("calendar.agency.example", ("calendar",))


def test_an_account_of_an_unknown_type_is_told() -> None:
    found = only(facts([{"type": "org.example.Sync", "user": "a@agency.example", "enabled": ["Contacts"]}]))
    assert (found.type, found.services) == ("org.example.Sync", ("contacts",))


@pytest.mark.parametrize(("row", "count"), [({}, 0), ({"user": "somebody"}, 1), ({"enabled": ["Contacts"]}, 1)])
def test_a_row_of_an_unknown_type_that_nobody_signed_in_to_is_no_account(row: dict[str, Any], count: int) -> None:
    found = facts([{"type": "com.apple.account.Novelty", **row}])
    assert (len(found.accounts), found.coverage) == (count, ())


def test_without_the_table_of_what_is_on_everything_may_be() -> None:
    row = {"type": EXCHANGE, "user": "a@agency.example", "enabled": ["Mail"]}
    found = facts([row], statements=("DROP TABLE Z_2ENABLEDDATACLASSES",))
    assert (only(found).services, only(found).enabled) == (("mail", "calendar", "contacts"), None)
    assert [row.status for row in found.coverage] == ["partial"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ZDATACLASS SET ZNAME = CAST('bplist00$archiver' AS BLOB)", "DELETE FROM ZDATACLASS"],
)
def test_what_is_on_under_a_name_that_can_not_be_read_makes_the_list_doubtful(statement: str) -> None:
    found = facts([{"type": EXCHANGE, "user": "a@agency.example", "enabled": ["Mail"]}], statements=(statement,))
    assert [row.status for row in found.coverage] == ["partial"]


def test_every_table_of_what_is_on_counts() -> None:
    statements = (
        "CREATE TABLE Z_9ENABLEDDATACLASSES (Z_9ENABLEDACCOUNTS INTEGER, Z_9ENABLEDDATACLASSES INTEGER)",
        "INSERT INTO Z_9ENABLEDDATACLASSES SELECT * FROM Z_2ENABLEDDATACLASSES",
        "DELETE FROM Z_2ENABLEDDATACLASSES",
    )
    row = {"type": EXCHANGE, "user": "a@agency.example", "enabled": ["Mail"]}
    assert only(facts([row], statements=statements)).services == ("mail",)


def test_a_row_without_a_type_makes_the_list_doubtful() -> None:
    found = facts(
        [], statements=("INSERT INTO ZACCOUNT (Z_PK, ZACCOUNTTYPE, ZUSERNAME) VALUES (9, 99, 'a@b.example')",)
    )
    assert [row.status for row in found.coverage] == ["partial"]
    assert only(found).domain == "b.example"


def test_rows_that_stand_in_the_log_alone_are_read(tmp_path: Path) -> None:
    path = tmp_path / "Accounts3.sqlite"
    path.write_bytes(accounts_db([], extra_types=(EXCHANGE,)))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("INSERT INTO ZACCOUNT (Z_PK, ZACTIVE, ZACCOUNTTYPE, ZUSERNAME) VALUES (1, 1, 1, 'a@b.example')")
    connection.commit()
    main, wal = path.read_bytes(), (tmp_path / "Accounts3.sqlite-wal").read_bytes()
    connection.close()
    assert read(main, wal).accounts != ()


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE ZACCOUNT RENAME TO HIDDEN", "CREATE VIEW ZACCOUNT AS SELECT * FROM HIDDEN"),
        ("DROP TABLE ZACCOUNTTYPE",),
        ("DROP TABLE ZACCOUNT",),
    ],
    ids=["a view in its place", "no types", "no accounts"],
)
def test_a_database_without_the_tables_is_an_error_and_not_empty(statements: tuple[str, ...]) -> None:
    raw = accounts_db([{"type": EXCHANGE, "user": "a@b.example"}], statements=statements)
    with pytest.raises(ParseError):
        parser.facts_of(FileSet(files={}, rows=read_rows(raw, parser.queries), profile="0"))


def test_wrong_types_everywhere_are_survived() -> None:
    statements = (
        "UPDATE ZACCOUNT SET ZUSERNAME = x'ff00', ZPARENTACCOUNT = 'x', ZACTIVE = 'no'",
        "UPDATE ZACCOUNTPROPERTY SET ZVALUE = 5",
        "UPDATE ZDATACLASS SET ZNAME = x'62706c697374303024617263686976657200'",
        "INSERT INTO Z_2ENABLEDDATACLASSES VALUES ('x', NULL)",
        "INSERT INTO ZACCOUNTTYPE VALUES (77, NULL)",
    )
    row = {"type": EXCHANGE, "user": "a@b.example", "enabled": ["Mail"], "properties": {"DAAccountHost": "x.example"}}
    assert only(facts([row], statements=statements)).type == EXCHANGE


def test_accounts_that_are_each_others_parents_are_told() -> None:
    rows = [
        {"type": EXCHANGE, "user": f"{name}@b.example", "parent": up} for name, up in (("a", 2), ("b", 1), ("c", 3))
    ]
    assert {one.address for one in facts(rows).accounts} == {"a@b.example", "b@b.example", "c@b.example"}


def test_a_name_of_a_table_that_is_sql_is_not_run() -> None:
    statements = (
        'CREATE TABLE "Z_2ENABLEDDATACLASSES; DROP TABLE ZACCOUNT" (Z_2ENABLEDACCOUNTS, Z_7ENABLEDDATACLASSES)',
    )
    assert only(facts([{"type": EXCHANGE, "user": "a@b.example", "enabled": ["Mail"]}], statements=statements))


@pytest.mark.parametrize("platform", ["ios", "macos"])
def test_types_and_services_are_those_of_the_catalog(platform: str) -> None:
    import tomllib

    catalog = tomllib.loads((REPOSITORY / "config" / "catalog" / "accounts" / f"{platform}.toml").read_text())
    for entry in (one for one in catalog["type"] if one["id"].startswith("com.apple.")):
        assert account_types.SERVICES.get(entry["id"], ()) == tuple(entry["services"]), entry["id"]
    listed = {entry["id"] for entry in catalog["type"]}
    assert set(account_types.SERVICES) <= listed
