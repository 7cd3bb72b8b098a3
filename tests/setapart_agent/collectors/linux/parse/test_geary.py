from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import geary
from setapart_agent.facts import Facts

CONFIG = """[Metadata]
version=1
status={}
[Account]
service_provider=other
sender_mailboxes=Ada <ada@corp.example>;
[Incoming]
login=ada
host=imap.corp.example
"""


def test_an_account_and_its_status() -> None:
    for status, enabled in (("enabled", True), ("disabled", False)):
        (account,) = parsed(geary, CONFIG.format(status)).accounts
        assert (account.type, account.host, account.domain, account.enabled) == (
            "geary:imap",
            "imap.corp.example",
            "corp.example",
            enabled,
        )


def test_the_old_format() -> None:
    content = "[AccountInformation]\nprimary_email=ada@gmail.com\nservice_provider=GMAIL\n"
    (account,) = parsed(geary, content).accounts
    assert (account.host, account.domain, account.enabled) == ("imap.gmail.com", "gmail.com", None)


def test_an_empty_account_is_none() -> None:
    assert parsed(geary, "[Account]\nordinal=1\n") == Facts()


def test_broken_files_survive() -> None:
    assert_survives(geary, "geary.ini", CONFIG.format("enabled").encode())
