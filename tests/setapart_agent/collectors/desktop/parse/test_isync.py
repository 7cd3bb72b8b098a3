from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import isync

CONFIG = """# work
IMAPAccount work
Host imap.corp.example
User "ada@corp.example"
PassCmd "pass show 'x"
AuthMechs LOGIN

IMAPStore work-remote
Account work

MaildirStore local
Path ~/Mail/

IMAPStore inline
Host mail.home.example:993
User ada
Channel c
Far :inline:
"""


def test_accounts_and_stores_with_their_own_server() -> None:
    assert [(one.type, one.host, one.domain) for one in parsed(isync, CONFIG).accounts] == [
        ("isync:imap", "imap.corp.example", "corp.example"),
        ("isync:imap", "mail.home.example", None),
    ]


def test_quotes_and_backslashes_hide_no_host() -> None:
    raw = 'IMAPAccount "my work"\nHost "imap.corp".example\nUser "ada\\@corp.example\n'
    (account,) = parsed(isync, raw).accounts
    assert (account.host, account.domain) == ("imap.corp.example", "corp.example")


def test_a_server_behind_a_command_is_an_account_without_a_host() -> None:
    (account,) = parsed(isync, 'IMAPAccount x\nTunnel "ssh host imapd"\n').accounts
    assert account.host is None


def test_broken_files_survive() -> None:
    assert_survives(isync, ".mbsyncrc", CONFIG.encode())
