from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import offlineimap

CONFIG = """[general]
accounts = Work,
   Home
[Account Work]
localrepository = L
remoterepository = R
[Account Home]
localrepository: L2
remoterepository: G
[Account Old]
remoterepository = O
[Repository L]
type = Maildir
[Repository R]
type = IMAP
remotehost = imap.corp.example
remoteuser = ada@corp.example
[Repository G]
type = Gmail
remoteuser = ada@gmail.com
[Repository O]
type = IMAP
remotehost = old.example
"""


def test_remote_repositories_and_whether_their_account_is_active() -> None:
    assert [(one.type, one.host, one.domain, one.enabled) for one in parsed(offlineimap, CONFIG).accounts] == [
        ("offlineimap:imap", "imap.corp.example", "corp.example", True),
        ("offlineimap:gmail", "imap.gmail.com", "gmail.com", True),
        ("offlineimap:imap", "old.example", None, False),
    ]


def test_broken_files_survive() -> None:
    assert_survives(offlineimap, ".offlineimaprc", CONFIG.encode())
