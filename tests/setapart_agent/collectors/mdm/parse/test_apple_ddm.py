import pytest

from hostile_files import assert_survives
from mdm_maker import IPHONE, MAC, encoded, status_report
from setapart_agent.collectors.mdm.parse import apple_ddm
from setapart_agent.collectors.mdm.parse.export import Export
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, DeviceFacts, FileSet

EXCHANGE = {
    "identifier": "1", "declaration-identifier": "d", "hostname": "mail.agency.example", "port": 443,
    "username": "kari@agency.example", "is-mail-enabled": True, "are-calendars-enabled": False,
    "are-reminders-enabled": False, "are-contacts-enabled": True,
}  # fmt: skip


def one(value: object) -> Export:
    (found,) = apple_ddm.devices(encoded(value))
    return found


def statuses(found: Export) -> dict[str, str]:
    return {row.section: row.status for row in found.facts.coverage}


def accounts(**lists: object) -> tuple[AccountFact, ...]:
    return one(status_report(IPHONE, account={"list": lists})).facts.accounts


def test_the_device() -> None:
    assert one(status_report(IPHONE)).facts.device == DeviceFacts(
        platform="ios",
        os_version="17.6.1",
        manufacturer="Apple",
        model="iPhone14,5",
        form_factor="phone",
        serial="F2LXK0ABCD12",
    )
    assert [profile.id for profile in one(status_report(MAC)).facts.profiles] == ["system"]


def test_a_report_without_lists_shows_nothing() -> None:
    assert statuses(one(status_report(IPHONE))) == dict.fromkeys(("apps", "accounts", "links"), "unsupported")


def test_an_account_with_its_server_and_what_is_switched_on() -> None:
    assert accounts(exchange=[EXCHANGE]) == (
        AccountFact(
            profile="0",
            type="com.apple.account.Exchange",
            services=("mail", "contacts"),
            address="kari@agency.example",
            host="mail.agency.example",
            enabled=True,
        ),
    )


@pytest.mark.parametrize(
    ("lists", "type_", "services"),
    [
        ({"mail": {"incoming": [{"identifier": "1", "hostname": "h.example"}]}}, "com.apple.account.IMAP", ("mail",)),
        ({"caldav": [{"identifier": "1", "hostname": "h.example"}]}, "com.apple.account.CalDAV", ("calendar",)),
        ({"carddav": [{"identifier": "1", "hostname": "h.example"}]}, "com.apple.account.CardDAV", ("contacts",)),
        ({"ldap": [{"identifier": "1", "hostname": "h.example"}]}, "com.apple.account.LDAP", ("contacts",)),
        (
            {"subscribed-calendar": [{"identifier": "1", "calendar-url": "https://h.example/c.ics"}]},
            "com.apple.account.SubscribedCalendar",
            ("calendar",),
        ),
    ],
)
def test_every_list_of_accounts(lists: dict[str, object], type_: str, services: tuple[str, ...]) -> None:
    (found,) = accounts(**lists)
    assert (found.type, found.services, found.host, found.enabled) == (type_, services, "h.example", True)


def test_google_accounts_are_known_by_their_address() -> None:
    (found,) = accounts(google=[{"identifier": "1", "username": "a@agency.example", "are-calendars-enabled": True}])
    assert (found.address, found.services) == ("a@agency.example", ("mail", "calendar", "contacts"))


def test_removed_and_switched_off_accounts() -> None:
    off = {"identifier": "2", "username": "b@c.example", "is-mail-enabled": False}
    (found,) = accounts(mail={"incoming": [{"identifier": "1", "_removed": True}, off]})
    assert (found.address, found.enabled) == ("b@c.example", False)


def test_what_is_not_listed_proves_nothing() -> None:
    for lists in ({"exchange": [EXCHANGE]}, {"exchange": []}):
        assert statuses(one(status_report(IPHONE, account={"list": lists})))["accounts"] == "partial"


def test_managed_apps_are_not_all_apps() -> None:
    app = {"managed": {"list": [{"identifier": "a.b", "name": "B", "short-version": "2", "state": "managed"}]}}
    by_protocol = {
        "app": [
            {"identifier": "c.d", "state": "managed-but-uninstalled"},
            {"identifier": "e.f", "state": "queued"},
            {"identifier": "g.h", "_removed": True},
        ]
    }
    found = one(status_report(IPHONE, app=app, mdm=by_protocol))
    assert [(one.identifier, one.version, one.state) for one in found.facts.apps] == [
        ("a.b", "2", "installed"),
        ("c.d", None, "removed-trace"),
    ]
    assert statuses(found)["apps"] == "partial"


def test_flat_names_of_items_are_read_as_well() -> None:
    report = status_report(IPHONE, **{"account.list.exchange": [EXCHANGE]})
    assert len(one(report).facts.accounts) == 1


@pytest.mark.parametrize("value", [{"StatusItems": []}, {"StatusItems": None, "Errors": []}, {"Status": {}}, 5])
def test_other_documents_are_refused(value: object) -> None:
    with pytest.raises(ParseError, match="StatusItems"):
        one(value)


def test_odd_types_in_items_are_nothing() -> None:
    found = one(status_report(IPHONE, account={"list": {"exchange": [5, "x", {}], "caldav": "x"}}, app=7))
    assert statuses(found)["accounts"] == "partial"


def test_broken_files() -> None:
    assert_survives(
        apple_ddm, "status.json", encoded(status_report(IPHONE, account={"list": {"exchange": [EXCHANGE]}}))
    )


def test_broken_files_with_many_lists() -> None:
    google, caldav = {"identifier": "2", "username": "a@b.example"}, {"identifier": "3", "hostname": "h.example"}
    app = {"managed": {"list": [{"identifier": "a.b", "name": "B", "state": "managed"}]}}
    report = status_report(MAC, account={"list": {"google": [google], "caldav": [caldav]}}, app=app)
    assert_survives(apple_ddm, "apps.json", encoded(report))


def test_parse_shows_a_report() -> None:
    assert apple_ddm.parse(FileSet(files={"main": encoded(status_report(MAC))})).device.platform == "macos"
