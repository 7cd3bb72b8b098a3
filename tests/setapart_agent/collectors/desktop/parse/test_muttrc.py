import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import muttrc

CONFIG = """# set folder = imaps://no.example
set my_user = "ada@corp.example"
set imap_user=$my_user from="Ada <ada@corp.example>"
set folder = 'imaps://imap.corp.example/'
set smtp_url = "smtps://bob%40home.example@smtp.home.example:465/"
mailboxes "imaps://imap2.corp.example/INBOX"
"""


def test_servers_of_settings_and_mailboxes() -> None:
    assert [(one.type, one.host, one.domain) for one in parsed(muttrc, CONFIG).accounts] == [
        ("mutt:imap", "imap.corp.example", "corp.example"),
        ("mutt:smtp", "smtp.home.example", "home.example"),
        ("mutt:smtp", "smtp.home.example", "corp.example"),  # what is sent there says that it is of corp.example
        ("mutt:imap", "imap2.corp.example", "corp.example"),
    ]


def test_a_variable_in_a_url_is_put_in() -> None:
    content = 'set my_host="imap.corp.example"\nset folder="imaps://$my_host/"\n'
    assert [one.host for one in parsed(muttrc, content).accounts] == ["imap.corp.example"]


def test_old_style_pop() -> None:
    assert [one.type for one in parsed(muttrc, "set pop_host = pop.corp.example\n").accounts] == ["mutt:pop"]


@pytest.mark.parametrize("content", ["set my_a=$my_a$my_a\n" * 5000, "set a" + "=" * 100_000, "set " + "a" * 200_000])
def test_growing_variables_stay_small(content: str) -> None:
    assert parsed(muttrc, content).accounts == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('source "gpg -dq ~/.mutt/work.gpg |"', "settings out of a program"),
        (f'set x="{"a" * 2000}"; set folder=imaps://imap.corp.example', "a line that is too long"),
    ],
)
def test_what_is_not_read_is_said(line: str, reason: str) -> None:
    found = parsed(muttrc, f"set folder=imap://home.example\n{line}\n")
    assert [one.host for one in found.accounts] == ["home.example"]
    assert [(row.status, row.reason) for row in found.coverage] == [("partial", reason)]


def test_broken_files_survive() -> None:
    assert_survives(muttrc, ".muttrc", CONFIG.encode())
