from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import msmtp

CONFIG = """defaults
tls on
host fallback.example
# account none
account work
host  smtp.corp.example
from ada@corp.example
user\tada
account alias : work
from alias@other.example
account default : work
"""


def test_accounts_inherit_from_others_and_from_defaults() -> None:
    assert [(one.host, one.domain) for one in parsed(msmtp, CONFIG).accounts] == [
        ("smtp.corp.example", "corp.example"),
        ("smtp.corp.example", "other.example"),
    ]


def test_defaults_alone_are_an_account() -> None:
    assert [one.host for one in parsed(msmtp, "host smtp.corp.example\n").accounts] == ["smtp.corp.example"]


def test_broken_files_survive() -> None:
    assert_survives(msmtp, ".msmtprc", CONFIG.encode())
