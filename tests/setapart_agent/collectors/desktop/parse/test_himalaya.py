import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import himalaya
from setapart_agent.errors import ParseError

NEW = """[accounts.work]
email = "ada@corp.example"
backend.type = "imap"
backend.host = "imap.corp.example"
backend.login = "ada"
message.send.backend.type = "smtp"
message.send.backend.host = "smtp.corp.example"
"""


def test_a_configuration_of_today() -> None:
    assert [(one.type, one.host, one.domain) for one in parsed(himalaya, NEW).accounts] == [
        ("himalaya:imap", "imap.corp.example", "corp.example"),
        ("himalaya:smtp", "smtp.corp.example", "corp.example"),
    ]


def test_a_configuration_before_1_0() -> None:
    content = '[work]\nemail = "ada@corp.example"\nimap-host = "imap.corp.example"\nimap-login = "ada"\n'
    assert [(one.type, one.host) for one in parsed(himalaya, content).accounts] == [
        ("himalaya:imap", "imap.corp.example")
    ]


def test_what_is_not_toml_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(himalaya, "host = ")


@pytest.mark.parametrize("part", ["a", '"a"', "'a.b'", "a-1"])
@pytest.mark.parametrize("dot", [".", " .\t"])
def test_a_key_of_endless_parts_is_refused_before_it_is_read(part: str, dot: str) -> None:
    with pytest.raises(ParseError, match="64 parts"):
        parsed(himalaya, f"{NEW}[{dot.join([part] * 70)}]\n")


def test_dots_in_a_text_or_a_remark_are_no_key() -> None:
    dotted = f'# {"." * 500}\n{NEW}signature = "{"." * 500}"\ndisplay-name = "{". " * 500}"\n'
    assert len(parsed(himalaya, dotted).accounts) == 2


def test_broken_files_survive() -> None:
    assert_survives(himalaya, "config.toml", NEW.encode())
