import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import akonadi
from setapart_agent.facts import Facts

IMAP = "[network]\nImapServer=imap.corp.example\nUserName=ada@corp.example\n"
DAV = (
    "[General]\ndefaultUsername=ada@corp.example\n"
    "remoteUrls=$default$|CalDav|https://dav.corp.example/cal/,bob|CardDav|https://card.home.example/\n"
)


def at(kind: str) -> str:
    return f"/home/ada/.config/akonadi_{kind}_resource_0rc"


def test_imap() -> None:
    (account,) = parsed(akonadi, IMAP, at("imap")).accounts
    assert (account.type, account.services, account.host, account.domain, account.enabled) == (
        "akonadi:imap",
        ("mail",),
        "imap.corp.example",
        "corp.example",
        None,
    )


def test_a_resource_that_is_not_set_up_any_more_is_off() -> None:
    listed = b"[Instances]\nakonadi_imap_resource_0\\AgentType=akonadi_imap_resource\n"
    assert parsed(akonadi, IMAP, at("imap"), agentsrc=listed).accounts[0].enabled is True
    assert parsed(akonadi, IMAP, at("imap"), agentsrc=b"[Instances]\n").accounts[0].enabled is False


def test_dav_has_one_account_per_url() -> None:
    assert [
        (one.type, one.services, one.host, one.domain) for one in parsed(akonadi, DAV, at("davgroupware")).accounts
    ] == [
        ("akonadi:caldav", ("calendar",), "dav.corp.example", "corp.example"),
        ("akonadi:carddav", ("contacts",), "card.home.example", None),
    ]


@pytest.mark.parametrize(
    ("kind", "content", "host"),
    [
        (
            "ews",
            "[General]\nBaseUrl=https://ex.corp.example/EWS\nEmail=ada@corp.example\nDomain=CORP\n",
            "ex.corp.example",
        ),
        ("pop3", "[General]\nhost=pop.corp.example\nlogin=ada@corp.example\n", "pop.corp.example"),
        ("google", "[General]\nAccount=ada@corp.example\n", None),
    ],
)
def test_other_resources(kind: str, content: str, host: str | None) -> None:
    (account,) = parsed(akonadi, content, at(kind)).accounts
    assert (account.type, account.host, account.domain) == (f"akonadi:{kind}", host, "corp.example")


@pytest.mark.parametrize(("kind", "service"), [("ical", "calendar"), ("vcard", "contacts")])
def test_a_file_on_a_server_is_an_account_and_one_on_the_disk_is_none(kind: str, service: str) -> None:
    (account,) = parsed(akonadi, "[General]\nPath[$e]=https://dav.corp.example/a.ics\n", at(kind)).accounts
    assert (account.type, account.services, account.host) == (f"akonadi:{kind}", (service,), "dav.corp.example")
    for path in ("$HOME/.local/share/a.ics", "file:///home/ada/a.ics"):
        assert parsed(akonadi, f"[General]\nPath[$e]={path}\n", at(kind)) == Facts()


def test_what_an_administrator_fixed_is_an_account_like_any_other() -> None:
    fixed = "[network][$i]\nImapServer[$i]=imap.corp.example\nUserName[$ie]=ada@corp.example\n"
    assert parsed(akonadi, fixed, at("imap")) == parsed(akonadi, IMAP, at("imap"))


def test_local_and_empty_resources_are_no_accounts() -> None:
    assert parsed(akonadi, "[General]\nPath=/x\n", at("maildir")) == Facts()
    assert parsed(akonadi, "[network]\nSafety=None\n", at("imap")) == Facts()
    assert not akonadi.recognise("akonadi_maildir_resource_0rc", b"[General]\n")


def test_broken_files_survive() -> None:
    assert_survives(akonadi, "akonadi_davgroupware_resource_0rc", DAV.encode(), at("davgroupware"))
