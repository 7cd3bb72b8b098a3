import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import getmail

CONFIG = """[retriever]
type = {}
server = mail.corp.example
username = ada@corp.example
password_command: ("pass", "x")
[destination]
type = Maildir
path = ~/Mail/
"""


@pytest.mark.parametrize(("kind", "protocol"), [("SimpleIMAPSSLRetriever", "imap"), ("MultidropPOP3Retriever", "pop3")])
def test_the_retriever_is_the_account(kind: str, protocol: str) -> None:
    (account,) = parsed(getmail, CONFIG.format(kind)).accounts
    assert (account.type, account.host, account.domain) == (f"getmail:{protocol}", "mail.corp.example", "corp.example")


def test_other_files_of_the_folder_are_not_recognised() -> None:
    assert not getmail.recognise("oldmail-mail.corp.example-995-ada", b"id\x00 123\n")


def test_broken_files_survive() -> None:
    assert_survives(getmail, "getmailrc", CONFIG.format("SimpleIMAPRetriever").encode())
