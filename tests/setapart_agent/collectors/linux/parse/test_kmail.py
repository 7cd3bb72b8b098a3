from hostile_files import assert_survives, parsed
from setapart_agent.collectors.linux.parse import kmail

CONFIG = """[General]
Default Identity=1
[Identity #0]
Email Address=ada@corp.example
[Identity #1]
Email Address=
[Transport 817]
host=smtp.corp.example
identifier=SMTP
user=ada@corp.example
"""


def test_identities_with_an_address_and_transports() -> None:
    assert [(one.type, one.host, one.domain) for one in parsed(kmail, CONFIG).accounts] == [
        ("kmail:identity", None, "corp.example"),
        ("kmail:smtp", "smtp.corp.example", "corp.example"),
    ]


def test_accounts_that_kmail_kept_itself_before_akonadi() -> None:
    kept = (
        "[Account 1][$i]\nType=DImap\nhost[$i]=imap.corp.example\nlogin=ada@corp.example\n"
        "[Account 2]\nType=Maildir\n[Composer]\nhost=x.example\n"
    )
    assert [(one.type, one.host, one.domain) for one in parsed(kmail, kept).accounts] == [
        ("kmail:dimap", "imap.corp.example", "corp.example")
    ]


def test_broken_files_survive() -> None:
    assert_survives(kmail, "emailidentities", CONFIG.encode())
