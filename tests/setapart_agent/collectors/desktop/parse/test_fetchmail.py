from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import fetchmail

CONFIG = """# comment poll nothing
defaults proto imap
poll mail.corp.example with proto POP3 port 995
  user "ada@corp.example" there with password "poll evil.example" is ada here ssl;
  user 'bob' pass x;
skip alias via real.home.example user ada
"""


def test_every_user_of_every_server() -> None:
    assert [(one.type, one.host, one.domain, one.enabled) for one in parsed(fetchmail, CONFIG).accounts] == [
        ("fetchmail:pop3", "mail.corp.example", "corp.example", True),
        ("fetchmail:pop3", "mail.corp.example", None, True),
        ("fetchmail:imap", "real.home.example", None, False),
    ]


def test_a_server_without_a_user_is_an_account() -> None:
    assert [one.host for one in parsed(fetchmail, "poll mail.corp.example").accounts] == ["mail.corp.example"]


def test_broken_files_survive() -> None:
    assert_survives(fetchmail, ".fetchmailrc", CONFIG.encode())
