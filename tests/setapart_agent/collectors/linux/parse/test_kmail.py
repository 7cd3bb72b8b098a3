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


def test_broken_files_survive() -> None:
    assert_survives(kmail, "emailidentities", CONFIG.encode())
