import pytest

from hostile_files import assert_survives, parsed
from setapart_agent.collectors.desktop.parse import vdirsyncer
from setapart_agent.errors import ParseError

CONFIG = """[general]
status_path = "~/.vdirsyncer/status/"
[pair work]
a = "local"
b = "remote"
collections = [["x", "y", "z"],
   ["q", null, "r"]]
[storage local]
type = "filesystem"
path = "~/.calendars/"
[storage remote]
type = "caldav"
url = "https://dav.corp.example/"
username = "ada@corp.example"
[storage unused]
type = "google_contacts"
token_file = "x"
"""


def test_a_storage_that_no_pair_uses_is_off() -> None:
    assert [
        (one.type, one.host, one.domain, one.services, one.enabled) for one in parsed(vdirsyncer, CONFIG).accounts
    ] == [
        ("vdirsyncer:caldav", "dav.corp.example", "corp.example", ("calendar",), True),
        ("vdirsyncer:google_contacts", "www.googleapis.com", None, ("contacts",), False),
    ]


def test_another_file_is_refused() -> None:
    with pytest.raises(ParseError):
        parsed(vdirsyncer, "[Desktop Entry]\nName=x\n")


def test_broken_files_survive() -> None:
    assert_survives(vdirsyncer, "config", CONFIG.encode())
