from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import aerc

CONFIG = """[Work]
source = imaps://ada%40corp.example@imap.corp.example
outgoing = smtps+plain://ada@smtp.corp.example
carddav-source = https://dav.corp.example/card
from = Ada <ada@corp.example>
[Local]
source = maildir://~/mail
outgoing = /usr/sbin/sendmail
"""


def test_servers_of_an_account() -> None:
    assert [(one.type, one.host, one.services, one.domain) for one in parsed(aerc, CONFIG).accounts] == [
        ("aerc:imap", "imap.corp.example", ("mail",), "corp.example"),
        ("aerc:smtp", "smtp.corp.example", ("mail",), "corp.example"),
        ("aerc:carddav", "dav.corp.example", ("contacts",), "corp.example"),
    ]


def test_broken_files_survive() -> None:
    assert_survives(aerc, "accounts.conf", CONFIG.encode())
