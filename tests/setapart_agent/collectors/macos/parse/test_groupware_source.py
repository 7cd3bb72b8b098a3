import pytest

from hostile_files import assert_survives, parsed
from macos_tree import binary, xml
from setapart_agent.collectors.macos.parse import groupware_source
from setapart_agent.errors import ParseError

CALENDAR = {
    "Title": "ann@corp.example",
    "Login": "ann",
    "ServerURL": "https://ews.corp.example/ews/exchange.asmx",
    "CalendarUserAddresses": ["urn:uuid:1", "mailto:ann@corp.example"],
}
CONTACTS = {"emailAddress": "ann@corp.example", "userName": "ann", "serverName": "dav.corp.example"}


@pytest.mark.parametrize(
    ("path", "values", "kind", "service", "host"),
    [
        ("Calendars/1.exchange/Info.plist", CALENDAR, "ical:exchange", "calendar", "ews.corp.example"),
        (
            "Calendars/1.caldav/Info.plist",
            {**CALENDAR, "ServerURL": "https://dav.corp.example/"},
            "ical:caldav",
            "calendar",
            "dav.corp.example",
        ),
        ("Sources/1/Configuration.plist", CONTACTS, "address-book:server", "contacts", "dav.corp.example"),
    ],
)
def test_a_server_is_an_account(path: str, values: object, kind: str, service: str, host: str) -> None:
    content = binary(values)
    assert groupware_source.recognise(f"/Users/ann/Library/{path}", content)
    (account,) = parsed(groupware_source, content, path).accounts
    assert (account.type, account.services, account.domain, account.host) == (kind, (service,), "corp.example", host)


def test_what_is_kept_on_the_mac_alone_is_no_account() -> None:
    assert parsed(groupware_source, xml({"Title": "Home", "Type": "Local"})).accounts == ()


@pytest.mark.parametrize("value", [7, [], {}, b"x"])
def test_odd_types_end_in_facts(value: object) -> None:
    keys = ("ServerURL", "Login", "Mailbox", "CalendarUserAddresses", "serverName")
    assert parsed(groupware_source, xml(dict.fromkeys(keys, value))).accounts == ()


def test_what_is_no_property_list_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(groupware_source, b"ServerURL")


def test_broken_files_end_in_our_error() -> None:
    assert_survives(groupware_source, "1.caldav/Info.plist", xml(CALENDAR), "Calendars/1.caldav/Info.plist")
