import pytest

from setapart_agent.collectors.windows.parse import oeaccount
from setapart_agent.errors import ParseError
from setapart_agent.facts import AccountFact, FileSet

NAME = "account{4A18B81E-83CA-472A-8D7F-5301C0B97B8D}.oeaccount"


def accounts(body: str, encoding: str = "utf-8") -> tuple[AccountFact, ...]:
    declared = f'<?xml version="1.0" encoding="{encoding}" ?>\r\n'
    text = f"{declared}<MessageAccount>{body}</MessageAccount>"
    raw = text.encode(encoding)
    assert oeaccount.recognise(NAME, raw)
    return oeaccount.parse(FileSet(files={"main": raw}, profile="S-1", path=NAME)).accounts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("element", "kind"), [("IMAP", "imap"), ("POP3", "pop3")])
def test_a_mail_account(element: str, kind: str, encoding: str) -> None:
    body = (
        '<Connection_Type type="DWORD">00000003</Connection_Type>'
        f'<{element}_Server type="SZ">mail.agency.example</{element}_Server>'
        f'<{element}_User_Name type="SZ">ada</{element}_User_Name>'
        '<SMTP_Email_Address type="SZ">ada@agency.example</SMTP_Email_Address>'
    )
    (found,) = accounts(body, encoding)
    assert (found.type, found.services) == (f"windows-live-mail:{kind}", ("mail",))
    assert (found.domain, found.host) == ("agency.example", "mail.agency.example")


def test_news_and_the_directories_of_windows_are_no_accounts() -> None:
    assert accounts('<NNTP_Server type="SZ">news.example</NNTP_Server>') == ()
    assert accounts('<LDAP_Server type="SZ">directory.example</LDAP_Server>') == ()


@pytest.mark.parametrize("raw", [b"", b"<MessageAccount>", b"<a/>", b"<!DOCTYPE a []><MessageAccount/>"])
def test_another_document_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        oeaccount.parse(FileSet(files={"main": raw}))
